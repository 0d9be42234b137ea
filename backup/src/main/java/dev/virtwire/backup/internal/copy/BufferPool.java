// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.copy;

import dev.virtwire.backup.internal.digest.BlockTree;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Semaphore;

/** Direct buffers of a block each, a fixed number at most: what bounds a copy's memory. */
public final class BufferPool {
    /** Enough to keep 4 connections × 16 requests × 256 KiB busy while as many blocks are hashed and written. */
    public static final int DEFAULT = 32;

    private final Semaphore permits;
    private final Deque<ByteBuffer> idle = new ArrayDeque<>();

    /** At most {@code buffers} of a block each. */
    public BufferPool(int buffers) {
        permits = new Semaphore(buffers);
    }

    /** Waits for a buffer; it is cleared, its content is anything. */
    ByteBuffer take() {
        permits.acquireUninterruptibly();
        synchronized (idle) {
            ByteBuffer buffer = idle.pollFirst();
            return buffer != null ? buffer.clear() : ByteBuffer.allocateDirect(BlockTree.BLOCK);
        }
    }

    /** Takes a buffer back that nobody uses any more. */
    void give(ByteBuffer buffer) {
        synchronized (idle) {
            idle.addFirst(buffer);
        }
        permits.release();
    }
}
