// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.internal.async.TrackedFuture;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * A call's future. Tells the call when its caller gives up, and lets a thread that waits in {@code join()} or
 * {@code get()} complete the future itself: the event loop wakes that thread and no other, which saves a blocking caller
 * the way over the callback executor.
 *
 * @param <R> the result
 */
final class CallFuture<R> extends TrackedFuture<R> {
    /** A completion on its way to a waiting thread. (A thread is a {@link Runnable} too, hence a type of its own.) */
    private record HandedOver(Runnable completion) {}

    private final Runnable onCancel;

    /** Null, the waiting {@link Thread}, or what was {@link HandedOver} to it. */
    private final AtomicReference<Object> waiter = new AtomicReference<>();

    CallFuture(WaitGuard guard, Runnable onCancel) {
        super(guard);
        this.onCancel = onCancel;
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled) {
            onCancel.run();
        }
        return cancelled;
    }

    /** Gives the completion to a waiting thread; false where none waits. */
    boolean handOver(Runnable completion) {
        Object current = waiter.get();
        if (current instanceof Thread thread && waiter.compareAndSet(thread, new HandedOver(completion))) {
            LockSupport.unpark(thread);
            return true;
        }
        return false;
    }

    @Override
    protected void awaitHandOver(CompletableFuture<?> target) {
        Thread me = Thread.currentThread();
        if (isDone() || !waiter.compareAndSet(null, me)) {
            return;
        }
        // Something else may complete the target: a cancel, or the callback executor a moment before.
        target.whenComplete((value, failure) -> LockSupport.unpark(me));
        while (true) {
            if (waiter.get() instanceof HandedOver handedOver) {
                handedOver.completion().run();
                return;
            }
            if ((target.isDone() || me.isInterrupted()) && waiter.compareAndSet(me, null)) {
                return;
            }
            LockSupport.park(this);
        }
    }
}
