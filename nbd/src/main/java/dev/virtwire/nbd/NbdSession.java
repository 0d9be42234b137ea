// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import dev.virtwire.nbd.internal.Closing;
import dev.virtwire.nbd.internal.Deadline;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A connection to one export that is opened again when it breaks, or when the server has been silent for too long.
 * Requests that were pending are sent again. Safe for use by several threads.
 *
 * <p>It is opened again at once, and then after pauses of 1 to 15 seconds. If nothing has come for as long as the
 * session has patience, counted from the first failure on, the requests that are pending fail, and so does each later
 * one that nobody answers. What the server refuses is never asked for again: an export that is gone or has become
 * another one, TLS that fails, an error of a read.
 *
 * <p><b>Threads.</b> Futures complete on a connection's reader thread, as {@link NbdConnection} says, or on the
 * session's own thread after a connection broke.
 *
 * @since 0.1
 */
public final class NbdSession implements NbdReader {
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final String CLOSED = "the session has been closed";

    private final NbdOptions options;
    private final Duration patience;
    private final NbdExport export;
    private final NbdUri uri;
    private final ExecutorService healer;
    private final Object lock = new Object();
    /** How often it was opened without an answer since; back to 0 with the next answer. */
    private final AtomicInteger failures = new AtomicInteger();

    private volatile NbdConnection current;
    /** When the storm began, by {@link System#nanoTime()}; counts only if there are failures. */
    private volatile long began;

    private volatile boolean closed;
    /** The healer's thread; null until a connection breaks. */
    private volatile @Nullable Thread healing;

    private NbdSession(NbdConnection first, NbdOptions options, Duration patience) {
        this.options = options;
        this.patience = patience;
        this.export = first.export();
        this.uri = first.uri();
        this.current = first;
        this.healer = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "nbd session " + uri);
            thread.setDaemon(true);
            healing = thread;
            return thread;
        });
    }

    /**
     * Connects and negotiates, once; blocks as {@link NbdConnection#open} does.
     *
     * @param exportName empty for the server's default export
     * @param patience for how long without an answer a broken connection is opened again; 0 for never
     * @throws NbdException when nobody answers, or the server refuses
     */
    public static NbdSession open(NbdAddress address, String exportName, NbdOptions options, Duration patience) {
        if (patience.isNegative()) {
            throw new IllegalArgumentException("the patience is " + patience + ", less than no time");
        }
        return new NbdSession(NbdConnection.open(address, exportName, options), options, patience);
    }

    @Override
    public NbdExport export() {
        return export;
    }

    @Override
    public NbdUri uri() {
        return uri;
    }

    @Override
    public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
        return ask(connection -> connection.read(offset, destination));
    }

    @Override
    public CompletableFuture<Map<String, ExtentList>> blockStatus(long offset, long length) {
        return ask(connection -> connection.blockStatus(offset, length));
    }

    /** Whether this thread reads the replies of its connection, so that it cannot wait for one. */
    boolean isReader(Thread thread) {
        return current.isReader(thread);
    }

    private <T> CompletableFuture<T> ask(Function<NbdConnection, CompletableFuture<T>> request) {
        CompletableFuture<T> result = new CompletableFuture<>();
        ask(request, current, result);
        return result;
    }

    private <T> void ask(
            Function<NbdConnection, CompletableFuture<T>> request,
            NbdConnection connection,
            CompletableFuture<T> result) {
        CompletableFuture<T> asked;
        try {
            asked = request.apply(connection);
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
            return;
        }
        asked.whenComplete((answer, failure) -> {
            if (failure == null) {
                failures.set(0);
                result.complete(answer);
            } else if (failure instanceof NbdException broken && !closed && mayPass(broken)) {
                later(request, connection, broken, result);
            } else {
                result.completeExceptionally(failure);
            }
        });
    }

    private <T> void later(
            Function<NbdConnection, CompletableFuture<T>> request,
            NbdConnection broken,
            NbdException failure,
            CompletableFuture<T> result) {
        try {
            healer.execute(() -> {
                NbdConnection next;
                try {
                    next = successor(broken, failure);
                } catch (RuntimeException | Error e) {
                    result.completeExceptionally(e);
                    return;
                }
                ask(request, next, result);
            });
        } catch (RejectedExecutionException e) {
            result.completeExceptionally(failure);
        } catch (RuntimeException | Error e) {
            // No thread can be had: whoever waits has to know.
            result.completeExceptionally(e);
        }
    }

    private boolean mayPass(NbdException failure) {
        return !patience.isZero() && failure.kind().mayPass();
    }

    /** The connection that takes the place of a broken one; on the healer's thread, which waits here. */
    private NbdConnection successor(NbdConnection broken, NbdException failure) {
        if (current != broken) {
            return current;
        }
        broken.close();
        NbdException last = failure;
        while (true) {
            int earlier = failures.getAndIncrement();
            if (earlier == 0) {
                began = System.nanoTime();
            }
            if (!isOver()) {
                pause(earlier);
            }
            if (closed) {
                throw failure(NbdException.Kind.CLOSED, CLOSED, last);
            }
            if (isOver()) {
                throw failure(
                        last.kind(),
                        "nothing has come for " + Deadline.text(patience)
                                + ", however often it was opened again; at last: " + last.getMessage(),
                        last);
            }
            try {
                return replace();
            } catch (NbdException e) {
                if (!mayPass(e)) {
                    throw e;
                }
                last = e;
            }
        }
    }

    private boolean isOver() {
        return System.nanoTime() - began > patience.toNanos();
    }

    private void pause(int earlier) {
        if (earlier == 0) {
            return;
        }
        long most = Math.min(1000L << Math.min(earlier - 1, 10), LONGEST_PAUSE.toMillis());
        long end = System.nanoTime() + Math.min(most * 1_000_000, patience.toNanos());
        synchronized (lock) {
            long left = end - System.nanoTime();
            while (left > 0 && !closed) {
                try {
                    lock.wait(left / 1_000_000 + 1);
                } catch (InterruptedException e) {
                    // Only closing interrupts.
                    Thread.currentThread().interrupt();
                    return;
                }
                left = end - System.nanoTime();
            }
        }
    }

    private NbdConnection replace() {
        NbdConnection next = NbdConnection.open(uri.address(), uri.exportName(), options);
        if (!next.export().equals(export)) {
            next.close();
            throw new NbdException(
                    NbdException.Kind.REFUSED,
                    uri,
                    null,
                    null,
                    "the server has another export under this name now: " + next.export() + " in place of " + export,
                    null);
        }
        synchronized (lock) {
            if (!closed) {
                current = next;
                return next;
            }
        }
        next.close();
        throw new NbdException(NbdException.Kind.CLOSED, uri, null, null, CLOSED, null);
    }

    private NbdException failure(NbdException.Kind kind, String text, NbdException last) {
        return new NbdException(kind, uri, last.request().orElse(null), null, text, last);
    }

    @Override
    public void close() {
        NbdConnection open;
        synchronized (lock) {
            closed = true;
            open = current;
            lock.notifyAll();
        }
        // What was to be sent again runs here, and fails, since the session is closed.
        healer.shutdownNow().forEach(Runnable::run);
        open.close();
        Thread thread = healing;
        if (thread != null) {
            Closing.join(thread);
        }
    }
}
