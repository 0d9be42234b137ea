// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.manifest.DiskSource;

/**
 * A disk that is backed up.
 *
 * @param target the guest's name for it
 * @param source where it lies
 */
record ChosenDisk(String target, DiskSource source) {
    /** Whether its image can keep a bitmap of changed blocks. */
    boolean keepsBitmaps() {
        return source.format().equals("qcow2");
    }
}
