// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * The deadline passed before the result came. The server may still be at work on the call.
 *
 * @since 0.1
 */
public final class CallTimeoutException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public CallTimeoutException(String message) {
        super(message, null);
    }

    /** Creates the error with what caused it. */
    public CallTimeoutException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
