// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import org.jspecify.annotations.Nullable;

/**
 * A repository, or an operation on one, that did not do what was asked. Its message says why, and where.
 *
 * @since 0.1
 */
public class RepositoryException extends RuntimeException {
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
