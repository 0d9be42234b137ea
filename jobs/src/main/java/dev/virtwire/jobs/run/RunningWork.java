// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.repository.Operation;
import dev.virtwire.repository.OperationCancelledException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The operations of a run that are under way, so that they can be ended together. For any thread. */
final class RunningWork {
    private final Set<Operation<?>> operations = new HashSet<>();
    private boolean cancelled;

    /** Whether the run was ended. */
    synchronized boolean isCancelled() {
        return cancelled;
    }

    /** Ends all of it, and begins no other. */
    void cancel() {
        List<Operation<?>> toCancel;
        synchronized (this) {
            cancelled = true;
            toCancel = List.copyOf(operations);
            notifyAll();
        }
        toCancel.forEach(Operation::cancel);
    }

    /**
     * Waits so long, or until the run is ended.
     *
     * @throws OperationCancelledException if this thread was interrupted
     */
    synchronized void pause(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        try {
            for (long left = time.toNanos(); left > 0 && !cancelled; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("interrupted while it waited for another run", e);
        }
    }

    /**
     * Begins an operation and waits for its result.
     *
     * @throws RuntimeException what the operation fails with
     */
    <T> T join(Supplier<Operation<T>> begin) {
        return run(begin, Operation::join);
    }

    /**
     * The same, for so long at most; an operation that takes longer is cancelled.
     *
     * @param limit null for as long as it takes
     * @return the result, or null if the limit was over
     */
    <T> @Nullable T join(Supplier<Operation<T>> begin, @Nullable Duration limit) {
        return limit == null ? join(begin) : run(begin, operation -> within(operation, limit));
    }

    private <T, R extends @Nullable Object> R run(Supplier<Operation<T>> begin, Function<Operation<T>, R> waiting) {
        Operation<T> operation;
        synchronized (this) {
            if (cancelled) {
                throw new OperationCancelledException("it was not begun: the job was ended", null);
            }
            operation = begin.get();
            operations.add(operation);
        }
        try {
            return waiting.apply(operation);
        } finally {
            synchronized (this) {
                operations.remove(operation);
            }
        }
    }

    private <T> @Nullable T within(Operation<T> operation, Duration limit) {
        try {
            // A stage of its own: giving the result itself up would be taken for a wish to cancel.
            operation.result().handle((result, failure) -> null).get(limit.toNanos(), TimeUnit.NANOSECONDS);
            return operation.join();
        } catch (TimeoutException e) {
            operation.cancel().join();
            return isCancelled() ? operation.join() : null;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            operation.cancel().join();
            return operation.join();
        }
    }
}
