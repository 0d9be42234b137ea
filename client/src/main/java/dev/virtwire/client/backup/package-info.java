// SPDX-License-Identifier: Apache-2.0
/**
 * libvirt's backup jobs: what to back up ({@link dev.virtwire.client.backup.BackupSpec}) and the job that does it
 * ({@link dev.virtwire.client.backup.BackupJob}).
 */
@NullMarked
package dev.virtwire.client.backup;

import org.jspecify.annotations.NullMarked;
