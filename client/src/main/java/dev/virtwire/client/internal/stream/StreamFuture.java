// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.internal.async.TrackedFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The future of a read or a write. Whoever holds it may complete it at any time and so give it up; from then on nothing
 * is taken from the stream for it, and the caller's buffer is not touched. What the stream has taken for it before, it
 * gets.
 *
 * @param <T> the result
 */
final class StreamFuture<T> extends TrackedFuture<T> {
    private final Runnable onGivenUp;
    private final Object lock = new Object();

    /** Whether it is clear who completes it: the stream or a holder. */
    private boolean decided;

    StreamFuture(StreamLink link, Runnable onGivenUp) {
        super(link.waitGuard());
        this.onGivenUp = onGivenUp;
    }

    /**
     * Does a step that may touch the caller's buffer; null if the future was given up before, or the step gives that.
     */
    <P> @Nullable P step(Supplier<@Nullable P> step) {
        synchronized (lock) {
            return decided ? null : step.get();
        }
    }

    /** As {@link #step}; what the step gives is how the future ends, whatever a holder does from now on. */
    @Nullable
    T decide(Supplier<@Nullable T> step) {
        synchronized (lock) {
            T result = step(step);
            decided |= result != null;
            return result;
        }
    }

    @Override
    public boolean complete(@Nullable T value) {
        return decideHere() && super.complete(value);
    }

    @Override
    public boolean completeExceptionally(Throwable cause) {
        return decideHere() && super.completeExceptionally(cause);
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        return decideHere() && super.cancel(mayInterruptIfRunning);
    }

    private boolean decideHere() {
        synchronized (lock) {
            boolean mine = !decided;
            decided = true;
            return mine;
        }
    }

    @Override
    protected void givenUp() {
        onGivenUp.run();
    }
}
