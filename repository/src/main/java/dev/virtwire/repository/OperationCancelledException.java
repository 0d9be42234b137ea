// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import org.jspecify.annotations.Nullable;

/**
 * A verification, pruning or restore that its user cancelled. Its message says whether anything was left behind.
 *
 * @since 0.1
 */
public final class OperationCancelledException extends RepositoryException {
    private static final long serialVersionUID = 1;

    /** A cancellation; {@code cause} is what went wrong while cleaning up, if anything. */
    public OperationCancelledException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
