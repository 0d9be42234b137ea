// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * One side did not convince the other of who it is: the server wants authentication that this connection cannot give, or
 * refused what it gave; or the server's own certificate is not to be believed.
 */
public final class AuthenticationException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    private final boolean isFinal;

    /** Creates the error. */
    public AuthenticationException(String message) {
        this(message, null);
    }

    /** Creates the error with what caused it; it is final if that was the server. */
    public AuthenticationException(String message, @Nullable Throwable cause) {
        this(message, cause, cause instanceof RemoteException);
    }

    /** Creates the error with what caused it, and says whether it is final. */
    public AuthenticationException(String message, @Nullable Throwable cause, boolean isFinal) {
        super(message, cause);
        this.isFinal = isFinal;
    }

    /**
     * Whether one side has decided against the other: the server has refused what it was given, or has shown what is not to
     * be believed. A connection is not made again then, by whatever {@link ReconnectPolicy}: it would be refused again, and
     * a user may be locked out.
     */
    public boolean isFinal() {
        return isFinal;
    }
}
