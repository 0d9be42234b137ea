// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.codec;

import java.io.Closeable;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Supplier;

/** Keeps what is costly to make: as many as were ever in use at once. Safe for several threads. */
final class Pool<T extends Pool.Member> implements AutoCloseable {
    /** Frees native memory. */
    interface Member extends Closeable {
        @Override
        void close();
    }

    private final Supplier<T> make;
    private final Deque<T> idle = new ArrayDeque<>();
    private boolean closed;

    Pool(Supplier<T> make) {
        this.make = make;
    }

    /** One that nobody else has; {@link #release} must follow. */
    T take() {
        synchronized (this) {
            if (!idle.isEmpty()) {
                return idle.removeFirst();
            }
        }
        return make.get();
    }

    void release(T member) {
        synchronized (this) {
            if (!closed) {
                idle.addFirst(member);
                return;
            }
        }
        member.close();
    }

    /** Frees the idle ones now and the others as they come back. */
    @Override
    public synchronized void close() {
        closed = true;
        idle.forEach(Member::close);
        idle.clear();
    }
}
