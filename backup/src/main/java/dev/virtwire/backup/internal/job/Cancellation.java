// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.repository.internal.copy.CopyCancelledException;
import java.util.ArrayList;
import java.util.List;

/** Whether the user has cancelled, and what then has to be woken up. */
final class Cancellation {
    private final List<Runnable> wakers = new ArrayList<>();
    private volatile boolean cancelled;

    /** Cancels, and runs what was registered. */
    void cancel() {
        List<Runnable> toRun;
        synchronized (wakers) {
            cancelled = true;
            toRun = List.copyOf(wakers);
        }
        toRun.forEach(Runnable::run);
    }

    /** Whether the user has cancelled. */
    boolean isCancelled() {
        return cancelled;
    }

    /** Throws where the user has cancelled. */
    void check() {
        if (cancelled) {
            throw new CopyCancelledException();
        }
    }

    /** Runs {@code waker} on cancellation, at once if that has been; the result takes it back. */
    AutoUnregister onCancel(Runnable waker) {
        boolean now;
        synchronized (wakers) {
            wakers.add(waker);
            now = cancelled;
        }
        if (now) {
            waker.run();
        }
        return () -> {
            synchronized (wakers) {
                wakers.remove(waker);
            }
        };
    }

    /** Takes a registration back. */
    interface AutoUnregister extends AutoCloseable {
        @Override
        void close();
    }
}
