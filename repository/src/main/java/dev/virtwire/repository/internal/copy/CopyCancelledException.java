// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.RepositoryException;

/** A copy that was cancelled while it ran. */
public final class CopyCancelledException extends RepositoryException {
    private static final long serialVersionUID = 1;

    /** Cancelled. */
    public CopyCancelledException() {
        super("the copy was cancelled");
    }
}
