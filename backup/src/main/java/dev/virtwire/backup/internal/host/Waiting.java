// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for what the client does asynchronously. Interruption is not a way to end a backup: cancelling is. */
public final class Waiting {
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
     * Lets some time pass for somebody who may be cancelled meanwhile.
     *
     * @param cancelled completes if nobody wants it any more
     * @throws CopyCancelledException if that happens
     */
    public static void pause(Duration time, CompletableFuture<Void> cancelled) {
        if (isDoneWithin(cancelled, time.toNanos())) {
            throw new CopyCancelledException();
        }
    }

    /**
     * Throws if it is cancelled.
     *
     * @param cancelled completes if nobody wants something any more
     * @throws CopyCancelledException if that has happened
     */
    public static void requireNot(CompletableFuture<Void> cancelled) {
        if (cancelled.isDone()) {
            throw new CopyCancelledException();
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
