// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * The connection ended before the result came: cut, silent for too long, or closed by this side. What the server was
 * told continues there.
 *
 * @since 0.1
 */
public final class ConnectionLostException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public ConnectionLostException(String message) {
        super(message, null);
    }

    /** Creates the error with what caused it. */
    public ConnectionLostException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
