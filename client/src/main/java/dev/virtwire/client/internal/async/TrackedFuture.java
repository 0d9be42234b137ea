// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A future that knows what it waits for: cancelling what {@code thenApply} or {@code thenCompose} made of it cancels the
 * call at the root. On a thread that the result itself needs (an event loop, a running callback of the same connection)
 * {@code join()} and {@code get()} throw instead of hanging the connection.
 *
 * @param <T> the result
 */
public class TrackedFuture<T> extends CompletableFuture<T> {
    /** Knows the threads on which waiting would never end. */
    @FunctionalInterface
    public interface WaitGuard {
        /** Throws {@link IllegalStateException} on such a thread. */
        void check();
    }

    private final WaitGuard guard;
    private volatile @Nullable Future<?> upstream;

    /** A future of its own, which may be waited for on any thread. */
    public TrackedFuture() {
        this(() -> {});
    }

    /** A future that asks {@code guard} before a thread waits. */
    public TrackedFuture(WaitGuard guard) {
        this.guard = guard;
    }

    /** A tracked view of {@code source}: completes with it and cancels it. */
    public static <T> TrackedFuture<T> of(CompletableFuture<T> source) {
        TrackedFuture<T> view = new TrackedFuture<>();
        view.upstream = source;
        view.follow(source);
        return view;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        TrackedFuture<U> dependent = new TrackedFuture<>(guard);
        dependent.upstream = this;
        return dependent;
    }

    /** A view that completes with this one; cancelling it does nothing to this one. */
    @Override
    public CompletableFuture<T> copy() {
        TrackedFuture<T> copy = new TrackedFuture<>(guard);
        copy.follow(this);
        return copy;
    }

    @Override
    public CompletableFuture<T> exceptionallyCompose(Function<Throwable, ? extends CompletionStage<T>> next) {
        return handle((value, failure) -> failure == null
                        ? CompletableFuture.completedFuture(value)
                        : next.apply(failure).toCompletableFuture())
                .thenCompose(stage -> stage);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        Future<?> source = upstream;
        if (source != null) {
            source.cancel(mayInterruptIfRunning);
        }
        return cancelled;
    }

    @Override
    public <U> CompletableFuture<U> thenCompose(Function<? super T, ? extends CompletionStage<U>> next) {
        return tracked(next, super::thenCompose);
    }

    @Override
    public <U> CompletableFuture<U> thenComposeAsync(Function<? super T, ? extends CompletionStage<U>> next) {
        return tracked(next, super::thenComposeAsync);
    }

    @Override
    public <U> CompletableFuture<U> thenComposeAsync(
            Function<? super T, ? extends CompletionStage<U>> next, Executor executor) {
        return tracked(next, step -> super.thenComposeAsync(step, executor));
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        checkWait();
        awaitHandOver(this);
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        checkWait();
        return super.get(timeout, unit);
    }

    @Override
    public T join() {
        checkWait();
        awaitHandOver(this);
        return super.join();
    }

    /**
     * Waits in a way of its own, before the usual one; returns when {@code target} is done, or at any time to go on with
     * the usual one. Passed on to the future at the root.
     */
    protected void awaitHandOver(CompletableFuture<?> target) {
        if (upstream instanceof TrackedFuture<?> source && !isDone()) {
            source.awaitHandOver(target);
        }
    }

    private void checkWait() {
        if (!isDone()) {
            guard.check();
        }
    }

    private <U> CompletableFuture<U> tracked(
            Function<? super T, ? extends CompletionStage<U>> next,
            Function<Function<T, CompletionStage<U>>, CompletableFuture<U>> compose) {
        TrackedFuture<U> result = new TrackedFuture<>(guard);
        result.upstream = this;
        CompletableFuture<U> composed = compose.apply(value -> {
            CompletionStage<U> stage = next.apply(value);
            CompletableFuture<U> second = stage.toCompletableFuture();
            result.upstream = second;
            if (result.isCancelled()) {
                second.cancel(true);
            }
            return stage;
        });
        result.follow(composed);
        return result;
    }

    private void follow(CompletableFuture<T> source) {
        source.whenComplete((value, failure) -> {
            if (failure != null) {
                completeExceptionally(failure);
            } else {
                complete(value);
            }
        });
    }
}
