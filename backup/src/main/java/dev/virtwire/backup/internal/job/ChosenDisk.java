// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.manifest.DiskEncryption;
import dev.virtwire.repository.manifest.DiskSource;
import org.jspecify.annotations.Nullable;

/**
 * A disk that is backed up.
 *
 * @param target the guest's name for it
 * @param source where it lies
 */
public record ChosenDisk(String target, DiskSource source) {
    /**
     * The libvirt secret that its image is encrypted with, by UUID or {@code type:usage}; null if it is not encrypted.
     */
    public @Nullable String secret() {
        DiskEncryption encryption = source.encryption();
        return encryption == null ? null : encryption.secret();
    }

    /** Whether its image can keep a bitmap of changed blocks. */
    public boolean keepsBitmaps() {
        return source.format().equals("qcow2");
    }
}
