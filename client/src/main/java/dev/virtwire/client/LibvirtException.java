// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import io.netty.util.concurrent.FastThreadLocalThread;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A call that failed. The class says who failed: the server ({@link RemoteException}), the way to it
 * ({@link ConnectFailedException}, {@link ConnectionLostException}), the credentials ({@link AuthenticationException}),
 * a file of this side ({@link ConfigurationException}), what the server sent ({@link ProtocolException}), the deadline
 * ({@link CallTimeoutException}), one of two servers ({@link MigrationException}), or the caller ({@link
 * CallRefusedException}, {@link InvalidUriException}, {@link EventsLostException}, {@link StreamOverflowException}).
 * The message names host, procedure and what to do.
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
                MigrationException,
                InvalidUriException {
    private static final long serialVersionUID = 1L;

    private static final StackWalker WALKER = StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);

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

    /**
     * Most errors come about on an event loop: no frame there says who has called. So the frames of Netty are left out,
     * and not even looked at: a connection that is lost makes an error for each of its calls, and other connections
     * wait meanwhile.
     */
    @Override
    public synchronized Throwable fillInStackTrace() {
        if (!(Thread.currentThread() instanceof FastThreadLocalThread)) {
            return super.fillInStackTrace();
        }
        setStackTrace(WALKER.walk(frames -> frames.dropWhile(LibvirtException::isOfErrors)
                .takeWhile(frame -> !frame.getClassName().startsWith("io.netty."))
                .map(StackWalker.StackFrame::toStackTraceElement)
                .toArray(StackTraceElement[]::new)));
        return this;
    }

    /** Whether a frame belongs to the making of an error, which no trace tells of. */
    private static boolean isOfErrors(StackWalker.StackFrame frame) {
        return Throwable.class.isAssignableFrom(frame.getDeclaringClass());
    }
}
