// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A file or block device of the host that a backup writes to: push mode's target, pull mode's scratch.
 *
 * @param kind file or block device
 * @param path its absolute path on the host; null if libvirt is to choose one
 * @param labels how it is labelled
 * @param encryption how it is encrypted, or null
 * @since 0.1
 */
public record BackupStorage(
        Kind kind,
        @Nullable String path,
        List<SecurityLabel> labels,
        @Nullable LuksEncryption encryption) {
    /**
     * What the storage is.
     *
     * @since 0.1
     */
    public enum Kind {
        /** A regular file. */
        FILE,
        /** A block device. */
        BLOCK
    }

    /** Checks the path. */
    public BackupStorage {
        labels = List.copyOf(labels);
        if (path != null && !path.startsWith("/")) {
            throw new IllegalArgumentException("'" + path + "' is no absolute path");
        }
    }

    /** A file. */
    public static BackupStorage file(String path) {
        return new BackupStorage(Kind.FILE, path, List.of(), null);
    }

    /** A block device. */
    public static BackupStorage block(String path) {
        return new BackupStorage(Kind.BLOCK, path, List.of(), null);
    }

    /** The same, encrypted. */
    public BackupStorage encrypted(LuksEncryption with) {
        return new BackupStorage(kind, path, labels, with);
    }

    /** The same with these labels. */
    public BackupStorage labelled(List<SecurityLabel> with) {
        return new BackupStorage(kind, path, with, encryption);
    }
}
