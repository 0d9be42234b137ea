// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import dev.virtwire.repository.Operation;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** An operation on a thread of its own. */
public final class ThreadOperation<T> implements Operation<T> {
    /** What callers hold of the result: whoever completes it by himself no longer wants the operation. */
    private static final class View<T> extends CompletableFuture<T> {
        private final Runnable givenUp;

        View(Runnable givenUp) {
            this.givenUp = givenUp;
        }

        void follow(CompletableFuture<T> result) {
            result.whenComplete((value, failure) -> {
                if (failure != null) {
                    super.completeExceptionally(failure);
                } else {
                    super.complete(value);
                }
            });
        }

        @Override
        public boolean complete(T value) {
            return tell(super.complete(value));
        }

        @Override
        public boolean completeExceptionally(Throwable failure) {
            return tell(super.completeExceptionally(failure));
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            return tell(super.cancel(mayInterruptIfRunning));
        }

        private boolean tell(boolean byThis) {
            if (byThis) {
                givenUp.run();
            }
            return byThis;
        }

        @Override
        public <U> CompletableFuture<U> newIncompleteFuture() {
            return new View<>(givenUp);
        }
    }

    private final CompletableFuture<T> result = new CompletableFuture<>();
    private final Runnable canceller;
    private final AtomicBoolean cancelled = new AtomicBoolean();

    private ThreadOperation(Runnable canceller) {
        this.canceller = canceller;
    }

    /**
     * Starts {@code work}, which is ended by interrupting its thread.
     *
     * @param name of the thread
     */
    public static <T> Operation<T> start(String name, Supplier<T> work) {
        Thread[] thread = new Thread[1];
        ThreadOperation<T> operation = new ThreadOperation<>(() -> thread[0].interrupt());
        thread[0] = new Thread(() -> operation.run(work), name);
        thread[0].start();
        return operation;
    }

    /** Starts {@code work}, which {@code canceller} ends. */
    public static <T> Operation<T> start(String name, Supplier<T> work, Runnable canceller) {
        ThreadOperation<T> operation = new ThreadOperation<>(canceller);
        new Thread(() -> operation.run(work), name).start();
        return operation;
    }

    private void run(Supplier<T> work) {
        try {
            result.complete(work.get());
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }

    @Override
    public CompletableFuture<T> result() {
        View<T> view = new View<>(this::cancel);
        view.follow(result);
        return view;
    }

    @Override
    public CompletableFuture<Void> cancel() {
        // Once: a second interruption would hit the clean-up that the first one has begun.
        if (cancelled.compareAndSet(false, true)) {
            canceller.run();
        }
        return result.handle((done, failure) -> null);
    }

    @Override
    public T join() {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return result.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                    cancel();
                } catch (ExecutionException e) {
                    if (e.getCause() instanceof RuntimeException failure) {
                        throw failure;
                    }
                    throw (Error) e.getCause();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
