// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import org.jspecify.annotations.Nullable;

/**
 * A backup, verification or restore that its user cancelled. Its message says whether anything was left behind, and
 * where.
 *
 * @since 0.1
 */
public final class BackupCancelledException extends BackupException {
    private static final long serialVersionUID = 1;

    /** A cancellation; {@code cause} is what went wrong while cleaning up, if anything. */
    public BackupCancelledException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
