// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import dev.virtwire.repository.internal.digest.BlockTree;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/** Direct buffers of a block each, a fixed number at most: what bounds a copy's memory. */
public final class BufferPool {
    /** Enough to keep 4 connections × 16 requests × 256 KiB busy while as many blocks are hashed and written. */
    public static final int DEFAULT = 32;

    private final Semaphore permits;
    private final Deque<ByteBuffer> idle = new ArrayDeque<>();
    private final @Nullable BufferPool whole;

    /** At most {@code buffers} of a block each. */
    public BufferPool(int buffers) {
        this(buffers, null);
    }

    private BufferPool(int buffers, @Nullable BufferPool whole) {
        this.permits = new Semaphore(buffers);
        this.whole = whole;
    }

    /**
     * A part of this pool, for one of several copies: at most {@code buffers} of its buffers, so that a copy that stands
     * still does not keep all of them from the others.
     */
    public BufferPool part(int buffers) {
        return new BufferPool(buffers, this);
    }

    /** Waits for a buffer; it is cleared, its content is anything. */
    public ByteBuffer take() {
        permits.acquireUninterruptibly();
        if (whole != null) {
            return whole.take();
        }
        synchronized (idle) {
            ByteBuffer buffer = idle.pollFirst();
            return buffer != null ? buffer.clear() : ByteBuffer.allocateDirect(BlockTree.BLOCK);
        }
    }

    /** Takes a buffer back that nobody uses any more. */
    public void give(ByteBuffer buffer) {
        if (whole != null) {
            whole.give(buffer);
        } else {
            synchronized (idle) {
                idle.addFirst(buffer);
            }
        }
        permits.release();
    }
}
