// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call that failed. The class says who failed: the server ({@link RemoteException}), the way to it
 * ({@link ConnectFailedException}, {@link ConnectionLostException}), the credentials ({@link AuthenticationException}),
 * a file of this side ({@link ConfigurationException}), what the server sent ({@link ProtocolException}), the deadline
 * ({@link CallTimeoutException}), or the caller ({@link CallRefusedException}, {@link InvalidUriException}, {@link
 * EventsLostException}, {@link StreamOverflowException}). The message names host, procedure and what to do.
 *
 * @since 0.1
 */
public abstract sealed class LibvirtException extends RuntimeException
        permits RemoteException,
                ConnectFailedException,
                ConnectionLostException,
                AuthenticationException,
                ConfigurationException,
                ProtocolException,
                CallTimeoutException,
                CallRefusedException,
                EventsLostException,
                StreamOverflowException,
                InvalidUriException {
    private static final long serialVersionUID = 1L;

    LibvirtException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /**
     * What a future failed with, out of the wrappers that {@code join()} and {@code get()} put around it.
     *
     * @param failure what was caught
     */
    public static Throwable unwrap(Throwable failure) {
        Throwable inner = failure;
        while ((inner instanceof CompletionException || inner instanceof ExecutionException)) {
            Throwable cause = inner.getCause();
            if (cause == null) {
                break;
            }
            inner = cause;
        }
        return inner;
    }
}
