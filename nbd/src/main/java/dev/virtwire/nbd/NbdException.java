// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.io.Serial;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An NBD connection or request failed; the message names the server, the export, the request and what was wrong.
 *
 * @since 0.1
 */
public final class NbdException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /**
     * Who failed.
     *
     * @since 0.1
     */
    public enum Kind {
        /** Nobody could be reached at the address. */
        UNREACHABLE,
        /** The server refused what was negotiated: unknown export, TLS required, policy. */
        REFUSED,
        /** TLS failed: the server is not who it should be, does not accept this side, or sent what is no TLS. */
        TLS,
        /** The caller asked for something that cannot be: beyond the end, unaligned, a context not negotiated. */
        INVALID,
        /** The server answered the request with an error; the connection stays usable. */
        SERVER,
        /** The server broke the protocol; the connection is closed. */
        PROTOCOL,
        /** The server was silent for too long; the connection is closed. */
        TIMEOUT,
        /** The connection was cut, or the server closed it. */
        DISCONNECTED,
        /** The caller closed the connection. */
        CLOSED;

        /**
         * Whether it may pass, so that another connection may fare better: a broken network, storage that stands still.
         */
        public boolean mayPass() {
            return switch (this) {
                case UNREACHABLE, TIMEOUT, DISCONNECTED -> true;
                case REFUSED, TLS, INVALID, SERVER, PROTOCOL, CLOSED -> false;
            };
        }
    }

    private final Kind kind;
    private final transient NbdUri uri;
    private final transient @Nullable NbdRequest request;
    private final transient @Nullable NbdServerError serverError;

    /** Composes the message from its parts; {@code text} says what was wrong. */
    public NbdException(
            Kind kind,
            NbdUri uri,
            @Nullable NbdRequest request,
            @Nullable NbdServerError serverError,
            String text,
            @Nullable Throwable cause) {
        super(uri + ": " + (request == null ? "" : request + " failed: ") + text, cause);
        this.kind = kind;
        this.uri = uri;
        this.request = request;
        this.serverError = serverError;
    }

    /** Who failed. */
    public Kind kind() {
        return kind;
    }

    /** The server and the export. */
    public NbdUri uri() {
        return uri;
    }

    /** The request that failed, as the caller made it; empty when the connection could not be opened. */
    public Optional<NbdRequest> request() {
        return Optional.ofNullable(request);
    }

    /** The error that the server sent; only with {@link Kind#SERVER}. */
    public Optional<NbdServerError> serverError() {
        return Optional.ofNullable(serverError);
    }
}
