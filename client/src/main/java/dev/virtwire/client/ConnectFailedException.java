// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * No connection came about: the host is unknown, the port refused, the socket missing, or it took too long.
 *
 * @since 0.1
 */
public final class ConnectFailedException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public ConnectFailedException(String message) {
        super(message, null);
    }

    /** Creates the error with what caused it. */
    public ConnectFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
