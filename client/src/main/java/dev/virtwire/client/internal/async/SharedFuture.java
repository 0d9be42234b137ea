// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A future that many hold: nobody but its owner completes it, and whoever gives it up changes nothing for the others.
 * So it can be handed out without a copy for each, which it would remember until it is complete.
 *
 * @param <T> the result
 */
public final class SharedFuture<T> extends TrackedFuture<T> {
    /** A future that asks {@code guard} before a thread waits. */
    public SharedFuture(WaitGuard guard) {
        super(guard);
    }

    @Override
    public boolean complete(@Nullable T value) {
        return false;
    }

    @Override
    public boolean completeExceptionally(Throwable cause) {
        return false;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return false;
    }

    @Override
    public CompletableFuture<T> orTimeout(long timeout, TimeUnit unit) {
        return copy().orTimeout(timeout, unit);
    }

    @Override
    public CompletableFuture<T> completeOnTimeout(T value, long timeout, TimeUnit unit) {
        return copy().completeOnTimeout(value, timeout, unit);
    }
}
