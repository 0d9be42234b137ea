// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * The server sent what the protocol does not allow. The connection is closed, since nothing after it can be trusted.
 *
 * @since 0.1
 */
public final class ProtocolException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public ProtocolException(String message) {
        super(message, null);
    }

    /** Creates the error with what caused it. */
    public ProtocolException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
