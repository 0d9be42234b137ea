// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * One side did not convince the other of who it is: the server wants authentication that this connection cannot give, or
 * refused what it gave; or the server's own certificate is not to be believed.
 */
public final class AuthenticationException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    /** Creates the error. */
    public AuthenticationException(String message) {
        super(message, null);
    }

    /** Creates the error with what caused it. */
    public AuthenticationException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
