// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import java.nio.file.Path;

/**
 * One change to a file or folder, or one wait until changes are durable.
 *
 * @param kind what it is
 * @param path what it is done to, as a path of the default file system; for a rename the new name
 * @param from the old name of a rename, otherwise {@code path}
 * @param offset where a write begins, or the size that a file is cut to
 * @param length how many bytes a write writes
 */
public record Change(Kind kind, Path path, Path from, long offset, int length) {
    /** The kinds of changes. */
    public enum Kind {
        CREATE,
        CREATE_FOLDER,
        WRITE,
        TRUNCATE,
        SYNC,
        SYNC_FOLDER,
        RENAME,
        DELETE
    }

    static Change of(Kind kind, Path path) {
        return new Change(kind, path, path, 0, 0);
    }

    /** Kind and name, for a person. */
    @Override
    public String toString() {
        Path folder = path.getParent();
        return kind.name().toLowerCase().replace('_', ' ') + " "
                + (folder == null ? path : folder.getFileName() + "/" + path.getFileName());
    }
}
