// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.repository.Patience;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Waits for what the client does asynchronously. Interruption is not a way to end a backup: cancelling is. */
public final class Waiting {
    /** Each try waits until the connection is made again: so often in a row it fails only if that has ended. */
    private static final int LOST = 3;

    /** A connection that was lost is in the way as well, and may be made again. */
    private static final class Lost extends RuntimeException implements Patience.Obstacle {
        private static final long serialVersionUID = 1;

        private final ConnectionLostException connection;

        Lost(ConnectionLostException connection) {
            super(connection);
            this.connection = connection;
        }

        @Override
        public String reason() {
            return String.valueOf(connection.getMessage());
        }

        @Override
        public Lost withAdvice(String advice) {
            return this;
        }
    }

    private Waiting() {}

    /** The result, or what it failed with; calls have deadlines of their own. */
    public static <T> T await(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (RuntimeException e) {
            throw cause(e);
        }
    }

    /**
     * As {@link #await(CompletableFuture)}, for what has no deadline of its own.
     *
     * @throws BackupException if it takes longer
     */
    public static <T> T await(CompletableFuture<T> future, Duration longest, String what) {
        long end = System.nanoTime() + longest.toNanos();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException e) {
                    throw new BackupException(what + " did not happen within " + longest.toSeconds() + " s");
                } catch (ExecutionException e) {
                    throw cause(e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Lets some time pass. */
    public static void pause(Duration time) {
        Executor later = CompletableFuture.delayedExecutor(time.toMillis(), TimeUnit.MILLISECONDS);
        CompletableFuture.runAsync(() -> {}, later).join();
    }

    /**
     * Does some work. If another run or job is in its way, tries again until it is not; and if the connection was lost
     * while nothing was begun, when it is made again.
     *
     * @param tell is told once what is waited for
     * @param cancelled completes if nobody wants it any more
     * @throws RepositoryBusyException if another run is in the way, and was for so long
     * @throws DomainBusyException if another job is
     * @throws ConnectionLostException if the connection was lost for good, or there is no time to wait
     * @throws CopyCancelledException if it was cancelled while it waited
     */
    public static <T> T whenFree(
            Supplier<T> work, Patience patience, Consumer<String> tell, CompletableFuture<Void> cancelled) {
        AtomicInteger lost = new AtomicInteger();
        try {
            return patience.whenFree(
                    () -> {
                        try {
                            return work.get();
                        } catch (ConnectionLostException e) {
                            if (lost.incrementAndGet() == LOST) {
                                throw e;
                            }
                            throw new Lost(e);
                        } catch (RuntimeException e) {
                            lost.set(0);
                            throw e;
                        }
                    },
                    tell,
                    time -> {
                        if (isDoneWithin(cancelled, time.toNanos())) {
                            throw new CopyCancelledException();
                        }
                    });
        } catch (Lost e) {
            throw e.connection;
        }
    }

    private static boolean isDoneWithin(CompletableFuture<Void> future, long nanos) {
        try {
            future.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        } catch (ExecutionException e) {
            throw cause(e);
        }
    }

    private static RuntimeException cause(Exception e) {
        Throwable cause = LibvirtException.unwrap(e);
        return cause instanceof RuntimeException known ? known : new BackupException(String.valueOf(cause), cause);
    }
}
