// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import org.jspecify.annotations.Nullable;

/**
 * A backup, verification, restore or clean-up that did not do what was asked. Its message says why, and where.
 *
 * @since 0.1
 */
public class BackupException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** An error in our own words. */
    public BackupException(String message) {
        super(message);
    }

    /** An error that another one caused. */
    public BackupException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
