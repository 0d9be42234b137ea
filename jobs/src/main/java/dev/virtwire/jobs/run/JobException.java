// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import org.jspecify.annotations.Nullable;

/**
 * A job cannot be run; nothing was begun.
 *
 * @since 0.1
 */
public final class JobException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With one sentence, and the cause if there is any. */
    public JobException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
