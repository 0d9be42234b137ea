// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.manifest.ManifestDisk;
import java.util.List;

/**
 * The disks' data, where it is kept.
 *
 * @param disks the disks, as the manifest has them
 * @param bytesRead bytes read from the host
 * @param bytesStored bytes of the images
 */
record Copied(List<ManifestDisk> disks, long bytesRead, long bytesStored) {}
