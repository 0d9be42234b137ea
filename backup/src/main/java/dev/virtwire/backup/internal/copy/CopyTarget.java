// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.copy;

import dev.virtwire.backup.internal.digest.BlockSpool;
import dev.virtwire.backup.internal.digest.DigestFileWriter;
import dev.virtwire.image.ImageWriter;

/**
 * Where a disk is copied to.
 *
 * @param image the image
 * @param leaves the digests of the disk's blocks, in order
 * @param spool the digests of the image file's blocks, in any order
 * @param increment whether a parent lies beneath, so that zeros have to be written
 */
public record CopyTarget(ImageWriter image, DigestFileWriter leaves, BlockSpool spool, boolean increment) {}
