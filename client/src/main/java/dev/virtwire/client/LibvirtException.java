// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.util.Arrays;
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
 * <p>Code that waits by {@link Libvirt#await} catches it as it is, with the trace of the thread that waited. {@code
 * join()} and {@code get()} wrap it, as those of every {@code CompletableFuture} do; {@link #unwrap} takes it out.
 *
 * @since 0.1
 */
public abstract sealed class LibvirtException extends RuntimeException implements Cloneable
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

    /** What this is a copy of: see {@link #thrownHere}. */
    private @Nullable LibvirtException original;

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

    /** This error for a thread that has waited for it: the trace says who waited, and the cause is this one. */
    final LibvirtException thrownHere() {
        LibvirtException copy;
        try {
            copy = (LibvirtException) clone();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
        copy.original = this;
        copy.fillInStackTrace();
        return copy;
    }

    @Override
    public synchronized @Nullable Throwable getCause() {
        return original == null ? super.getCause() : original;
    }

    /** Most errors come about on an event loop: no frame there says who has called. So those of Netty are left out. */
    @Override
    public synchronized Throwable fillInStackTrace() {
        super.fillInStackTrace();
        StackTraceElement[] frames = getStackTrace();
        for (int i = 1; i < frames.length; i++) {
            if (frames[i].getClassName().startsWith("io.netty.")) {
                setStackTrace(Arrays.copyOf(frames, i));
                break;
            }
        }
        return this;
    }
}
