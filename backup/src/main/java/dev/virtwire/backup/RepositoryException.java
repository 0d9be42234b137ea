// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import org.jspecify.annotations.Nullable;

/** A repository that cannot be used as asked: not one, of a newer version, busy, or of another domain. */
public final class RepositoryException extends BackupException {
    private static final long serialVersionUID = 1;

    /** An error in our own words. */
    public RepositoryException(String message) {
        super(message);
    }

    /** An error that another one caused. */
    public RepositoryException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
