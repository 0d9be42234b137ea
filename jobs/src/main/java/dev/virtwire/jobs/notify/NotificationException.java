// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import org.jspecify.annotations.Nullable;

/** Somebody was not told; the message says why, and has no secret in it. */
final class NotificationException extends Exception {
    private static final long serialVersionUID = 1L;

    NotificationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
