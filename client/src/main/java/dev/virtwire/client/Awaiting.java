// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for a future on behalf of code that blocks, and throws what it failed with as that code can catch it. */
final class Awaiting {
    private Awaiting() {}

    static <T> T await(CompletableFuture<T> future) throws InterruptedException {
        try {
            return future.get();
        } catch (InterruptedException e) {
            return giveUp(future, e);
        } catch (ExecutionException e) {
            throw thrown(LibvirtException.unwrap(e));
        }
    }

    static <T> T await(CompletableFuture<T> future, Duration longest) throws InterruptedException {
        try {
            return future.get(nanos(longest), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            return giveUp(future, e);
        } catch (TimeoutException e) {
            if (isGivenUp(future)) {
                throw new CallTimeoutException(
                        "no result within %s, and nobody waits for it any more".formatted(longest));
            }
            return await(future);
        } catch (ExecutionException e) {
            throw thrown(LibvirtException.unwrap(e));
        }
    }

    private static <T> T giveUp(CompletableFuture<T> future, InterruptedException interrupt)
            throws InterruptedException {
        if (isGivenUp(future) || future.isCompletedExceptionally()) {
            throw interrupt;
        }
        Thread.currentThread().interrupt();
        return future.join();
    }

    /**
     * Not if a result came in this very moment: a connection, say, that nobody else could close. Some futures cannot be
     * cancelled ({@link Libvirt#closed}), and are left alone.
     */
    private static boolean isGivenUp(CompletableFuture<?> future) {
        return future.cancel(true) || !future.isDone();
    }

    private static long nanos(Duration time) {
        return time.compareTo(ConnectOptions.LONGEST) > 0 ? ConnectOptions.LONGEST.toNanos() : time.toNanos();
    }

    /** Errors are thrown here; all else is returned, for the compiler to see that something is thrown. */
    private static RuntimeException thrown(Throwable failure) {
        if (failure instanceof Error error) {
            throw error;
        }
        if (failure instanceof LibvirtException known) {
            return known.thrownHere();
        }
        if (failure instanceof TimeoutException) {
            return new CallTimeoutException("no result within the time that orTimeout() gave it", failure);
        }
        return failure instanceof RuntimeException unchecked ? unchecked : new CompletionException(failure);
    }
}
