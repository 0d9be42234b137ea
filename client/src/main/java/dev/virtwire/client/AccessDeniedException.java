// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.protocol.error.ErrorCode;

/**
 * The server does not let this user do it, or the connection is read-only. A connection that is not let in at all is
 * an {@link AuthenticationException}. libvirt's codes are {@link ErrorCode#ACCESS_DENIED}, {@link
 * ErrorCode#OPERATION_DENIED}, {@link ErrorCode#AUTH_FAILED}, {@link ErrorCode#AUTH_CANCELLED}, {@link
 * ErrorCode#AUTH_UNAVAILABLE}.
 *
 * @since 0.1
 */
public final class AccessDeniedException extends RemoteException {
    private static final long serialVersionUID = 1L;

    AccessDeniedException(String host, String procedure, int serial, Details details) {
        super(host, procedure, serial, details);
    }
}
