// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.digest.BlockTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A few threads that read and hash blocks for one that waits. Their memory is a block each, whatever there is to do.
 *
 * <p>Interrupting the thread that waits ends the work. The workers themselves are never interrupted while they read or
 * write: that would close files under them.
 */
public final class Workers implements AutoCloseable {
    /** Hashing scales with the processors; disks are busy with as many readers. */
    private static final int MOST = Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors()));

    /** What one worker has for itself. */
    public static final class Bench {
        private final BlockTree.LeafHasher hasher = new BlockTree.LeafHasher();
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(BlockTree.BLOCK);
        private final byte[] expected = new byte[BlockTree.DIGEST];

        private Bench() {}

        /** Hashes for this worker. */
        public BlockTree.LeafHasher hasher() {
            return hasher;
        }

        /** Room for a block, cleared and cut to {@code length} bytes. */
        public ByteBuffer buffer(int length) {
            return buffer.clear().limit(length);
        }

        /** Room for the digest that a block should have. */
        public byte[] expected() {
            return expected;
        }
    }

    /** Work in pieces, most of them a block. */
    @FunctionalInterface
    public interface Work {
        /**
         * Takes the next piece and does it; called by several threads at once.
         *
         * @return whether there was one
         */
        boolean next(Bench bench) throws IOException;
    }

    private final List<Bench> benches = new ArrayList<>();
    private final ExecutorService threads;
    private final RateLimit limit;

    /**
     * Starts them.
     *
     * @param name what they are for, in the names of the threads
     * @param limit how fast they may read together
     */
    public Workers(String name, RateLimit limit) {
        this(name, limit, MOST);
    }

    /** As the other, so many; one does its pieces in their order. */
    public Workers(String name, RateLimit limit, int count) {
        this.limit = limit;
        for (int i = 0; i < count; i++) {
            benches.add(new Bench());
        }
        threads = Executors.newFixedThreadPool(count, task -> {
            Thread thread = new Thread(task, "virtwire " + name);
            thread.setDaemon(true);
            return thread;
        });
    }

    /** How fast they may read together. */
    public RateLimit limit() {
        return limit;
    }

    /**
     * Waits until {@code bytes} more may be read.
     *
     * @throws OperationCancelledException if the worker was told to end meanwhile
     */
    public void pace(long bytes) {
        try {
            limit.acquire(bytes);
        } catch (InterruptedException e) {
            throw cancelled();
        }
    }

    /**
     * Has all threads do the work, and returns when every piece is done or one has failed. No thread is at it any more
     * then. One call at a time.
     *
     * @throws IOException the first that a piece threw; unchecked exceptions likewise
     * @throws OperationCancelledException if this thread was interrupted, which it then still is
     */
    public void run(Work work) throws IOException {
        Round round = new Round(work, benches.size());
        benches.forEach(bench -> threads.execute(() -> round.run(bench)));
        if (round.await(limit)) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
        round.rethrow();
    }

    /**
     * For the thread that waits, between one round and the next.
     *
     * @throws OperationCancelledException if it was interrupted, which it then still is
     */
    public static void refuseInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw cancelled();
        }
    }

    /**
     * Has the thread that waits do nothing for a while.
     *
     * @throws OperationCancelledException if it was interrupted, which it then still is
     */
    public static void pause(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw cancelled();
        }
    }

    private static OperationCancelledException cancelled() {
        return new OperationCancelledException("interrupted", null);
    }

    @Override
    public void close() {
        threads.shutdown();
    }

    private static final class Round {
        private final Work work;
        private final CountDownLatch over;
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private volatile boolean stopped;

        Round(Work work, int workers) {
            this.work = work;
            this.over = new CountDownLatch(workers);
        }

        void run(Bench bench) {
            try {
                boolean more = true;
                while (more && !stopped) {
                    more = work.next(bench);
                }
            } catch (IOException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
                stopped = true;
            } finally {
                over.countDown();
            }
        }

        /** Whether the waiting thread was interrupted. */
        boolean await(RateLimit limit) {
            boolean interrupted = false;
            while (true) {
                try {
                    over.await();
                    return interrupted;
                } catch (InterruptedException e) {
                    interrupted = true;
                    stopped = true;
                    limit.lift();
                }
            }
        }

        void rethrow() throws IOException {
            Throwable first = failure.get();
            if (first instanceof IOException io) {
                throw io;
            } else if (first instanceof RuntimeException runtime) {
                throw runtime;
            } else if (first instanceof Error error) {
                throw error;
            } else if (first != null) {
                throw new RepositoryException(String.valueOf(first), first);
            }
        }
    }
}
