// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * The call was not sent: an argument breaks a bound of the protocol, the queue is full, or the connection is closed.
 *
 * @since 0.1
 */
public final class CallRefusedException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public CallRefusedException(String message) {
        super(message, null);
    }

    /** Creates the error with what caused it. */
    public CallRefusedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
