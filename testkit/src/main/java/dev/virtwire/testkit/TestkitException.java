// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import org.jspecify.annotations.Nullable;

/**
 * What a test needs could not be set up or commanded: a tool that is missing, a command that failed, a late answer.
 *
 * @since 0.1
 */
public final class TestkitException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public TestkitException(String message) {
        super(message);
    }

    /** Creates the error with what led to it. */
    public TestkitException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
