// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A future that knows what it waits for. Whoever holds it may give it up, by {@code cancel}, {@code orTimeout},
 * {@code completeOnTimeout}, {@code complete} or {@code completeExceptionally}: that cancels what it waits for, up to
 * the call at the root. Its owner completes it by {@link #succeed} and {@link #fail}, which give up nothing.
 *
 * <p>On a thread that the result itself needs (an event loop, a callback of the same connection) {@code join()} and
 * {@code get()} throw instead of hanging the connection. What they throw has the trace of the thread that waits.
 *
 * @param <T> the result
 */
public class TrackedFuture<T> extends CompletableFuture<T> {
    /** Knows the threads on which waiting would never end. */
    @FunctionalInterface
    public interface WaitGuard {
        /** Throws {@link IllegalStateException} on such a thread. */
        void checkMayWait();
    }

    private final WaitGuard guard;
    private volatile @Nullable Future<?> upstream;
    private volatile @Nullable Consumer<? super T> undo;

    /** A future of its own, which may be waited for on any thread. */
    public TrackedFuture() {
        this(() -> {});
    }

    /** A future that asks {@code guard} before a thread waits. */
    public TrackedFuture(WaitGuard guard) {
        this.guard = guard;
    }

    /** A tracked view of {@code source}: completes with it, and cancels it if it is given up. */
    public static <T> TrackedFuture<T> of(CompletableFuture<T> source) {
        TrackedFuture<T> view = new TrackedFuture<>();
        view.upstream = source;
        view.follow(source);
        return view;
    }

    /** Completes it with its result; false if it was complete before. */
    @SuppressWarnings("NullAway") // Void's only value is null.
    public final boolean succeed(@Nullable T value) {
        return super.complete(value);
    }

    /** Completes it with an error; false if it was complete before. */
    public final boolean fail(Throwable cause) {
        return super.completeExceptionally(cause);
    }

    /**
     * What undoes a result that reaches nobody: it came when the stage that a caller composed with this one, and waits
     * for, had just been given up.
     */
    public final void ifLost(Consumer<? super T> newUndo) {
        undo = newUndo;
    }

    /** Whoever holds it has completed it: nobody waits for the result any more. */
    protected void givenUp() {
        Future<?> source = upstream;
        if (source != null) {
            source.cancel(true);
        }
    }

    @Override
    @SuppressWarnings("NullAway")
    public boolean complete(@Nullable T value) {
        return tell(super.complete(value));
    }

    @Override
    public boolean completeExceptionally(Throwable cause) {
        return tell(super.completeExceptionally(cause));
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return tell(super.cancel(mayInterruptIfRunning));
    }

    private boolean tell(boolean byThis) {
        if (byThis) {
            givenUp();
        }
        return byThis;
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        TrackedFuture<U> dependent = new TrackedFuture<>(guard);
        dependent.upstream = this;
        return dependent;
    }

    /** A view that completes with this one; giving it up does nothing to this one. */
    @Override
    public CompletableFuture<T> copy() {
        TrackedFuture<T> copy = new TrackedFuture<>(guard);
        copy.follow(this);
        return copy;
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
    public CompletableFuture<T> exceptionallyCompose(Function<Throwable, ? extends CompletionStage<T>> next) {
        return tracked(next, super::exceptionallyCompose);
    }

    @Override
    public CompletableFuture<T> exceptionallyComposeAsync(Function<Throwable, ? extends CompletionStage<T>> next) {
        return tracked(next, super::exceptionallyComposeAsync);
    }

    @Override
    public CompletableFuture<T> exceptionallyComposeAsync(
            Function<Throwable, ? extends CompletionStage<T>> next, Executor executor) {
        return tracked(next, step -> super.exceptionallyComposeAsync(step, executor));
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
        try {
            return super.join();
        } catch (CompletionException e) {
            // A later stage fails with a wrapper that another thread has made: nothing in it says who waits here.
            throw e.getClass() == CompletionException.class && e.getCause() != null
                    ? new CompletionException(e.getMessage(), e.getCause())
                    : e;
        }
    }

    /**
     * Waits in a way of its own, before the usual one; returns when {@code target} is done, or at any time to continue
     * in the usual way. Passed on to the future at the root.
     */
    protected void awaitHandOver(CompletableFuture<?> target) {
        if (upstream instanceof TrackedFuture<?> source && !isDone()) {
            source.awaitHandOver(target);
        }
    }

    private void checkWait() {
        if (!isDone()) {
            guard.checkMayWait();
        }
    }

    /** What a step of two futures gives: it waits for the first, then for the second. */
    private <S, U> CompletableFuture<U> tracked(
            Function<? super S, ? extends CompletionStage<U>> next,
            Function<Function<S, CompletionStage<U>>, CompletableFuture<U>> compose) {
        TrackedFuture<U> result = new TrackedFuture<>(guard);
        result.upstream = this;
        CompletableFuture<U> composed = compose.apply(value -> {
            CompletionStage<U> stage = next.apply(value);
            CompletableFuture<U> second = stage.toCompletableFuture();
            if (second instanceof TrackedFuture<U> tracked) {
                result.undo = tracked.undo;
            }
            result.upstream = second;
            if (result.isDone()) {
                second.cancel(true);
            }
            return stage;
        });
        result.follow(composed);
        return result;
    }

    private void follow(CompletableFuture<T> source) {
        source.whenComplete((value, failure) -> {
            Consumer<? super T> lost = undo;
            if (failure != null) {
                fail(failure);
            } else if (!succeed(value) && lost != null) {
                lost.accept(value);
            }
        });
    }
}
