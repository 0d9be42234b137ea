// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.copy;

import dev.virtwire.backup.BackupException;

/** A copy that was cancelled while it ran. */
public final class CopyCancelledException extends BackupException {
    private static final long serialVersionUID = 1;

    /** Cancelled. */
    public CopyCancelledException() {
        super("the copy was cancelled");
    }
}
