// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.DomainBusyException;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Waits for what the client does asynchronously. Interruption is not a way to end a backup: cancelling is. */
public final class Waiting {
    private static final Duration AGAIN = Duration.ofSeconds(2);
    /** Each try waits until the connection is made again: so often in a row it fails only if that has ended. */
    private static final int LOST = 3;

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
     * @param longest for how long; 0 to try once
     * @param tell is told once what is waited for
     * @param cancelled completes if nobody wants it any more
     * @throws RepositoryBusyException if another run is in the way, and was for so long
     * @throws DomainBusyException if another job is
     * @throws ConnectionLostException if the connection was lost for good, or there is no time to wait
     * @throws CopyCancelledException if it was cancelled while it waited
     */
    public static <T> T whenFree(
            Supplier<T> work, Duration longest, Consumer<String> tell, CompletableFuture<Void> cancelled) {
        long began = System.nanoTime();
        int lost = 0;
        for (boolean first = true; ; first = false) {
            String reason;
            try {
                return work.get();
            } catch (RepositoryBusyException e) {
                if (System.nanoTime() - began >= longest.toNanos()) {
                    throw longest.isZero() ? e : new RepositoryBusyException(e.reason(), after(longest));
                }
                reason = e.reason();
                lost = 0;
            } catch (DomainBusyException e) {
                if (System.nanoTime() - began >= longest.toNanos()) {
                    throw longest.isZero() ? e : new DomainBusyException(e.reason(), after(longest), e.getCause());
                }
                reason = e.reason();
                lost = 0;
            } catch (ConnectionLostException e) {
                lost++;
                if (lost == LOST || System.nanoTime() - began >= longest.toNanos()) {
                    throw e;
                }
                reason = String.valueOf(e.getMessage());
            }
            if (first) {
                tell.accept("it waits for at most " + text(longest) + ", because " + reason);
            }
            long left = longest.toNanos() - (System.nanoTime() - began);
            if (isDoneWithin(cancelled, Math.min(left, AGAIN.toNanos()))) {
                throw new CopyCancelledException();
            }
        }
    }

    private static String after(Duration waited) {
        return ". It was waited for, " + text(waited);
    }

    private static String text(Duration time) {
        return time.toSeconds() % 60 == 0 ? time.toMinutes() + " min" : time.toSeconds() + " s";
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
