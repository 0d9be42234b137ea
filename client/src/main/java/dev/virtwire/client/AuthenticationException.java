// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import org.jspecify.annotations.Nullable;

/**
 * One side did not convince the other of who it is: the server wants authentication that this connection cannot give,
 * or refused what it gave; or the server's own certificate is not to be believed.
 *
 * @since 0.1
 */
public final class AuthenticationException extends LibvirtException {
    private static final long serialVersionUID = 1L;

    private final boolean isFinal;

    /** Creates the error. */
    public AuthenticationException(String message) {
        this(message, null, false);
    }

    /** Creates the error with what caused it. */
    public AuthenticationException(String message, @Nullable Throwable cause) {
        this(message, cause, false);
    }

    /**
     * Creates the error with what caused it.
     *
     * @param isFinal as {@link #isFinal()} says
     */
    public AuthenticationException(String message, @Nullable Throwable cause, boolean isFinal) {
        super(message, cause);
        this.isFinal = isFinal;
    }

    /**
     * Whether one side has looked at what the other showed and refused it: a login, a host's key, a certificate. To try
     * again would look like an attack, and could lock a user out.
     */
    public boolean isFinal() {
        return isFinal;
    }
}
