// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.DigestFileWriter;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.work.CopyMeter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Phaser;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Copies one disk. */
public final class DiskCopy {
    /** Bytes of one request: many small ones are faster than few large ones. */
    private static final int REQUEST = 256 << 10;

    private final SourceDisk source;
    private final CopyTarget target;
    private final Buffers buffers;
    private final Executor workers;
    private final CopyMeter meter;
    private final BooleanSupplier cancelled;
    private final DigestFileWriter.Ordered leaves;
    private final ThreadLocal<BlockWriter> writers;
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Phaser inFlight = new Phaser(1);

    /**
     * A copy of {@code source} into {@code target}.
     *
     * @param buffers the memory that it may use
     * @param workers threads that hash and write; at least one
     * @param cancelled asked before each block
     */
    public DiskCopy(
            SourceDisk source,
            CopyTarget target,
            Buffers buffers,
            Executor workers,
            CopyMeter meter,
            BooleanSupplier cancelled) {
        this.source = source;
        this.target = target;
        this.buffers = buffers;
        this.workers = workers;
        this.meter = meter;
        this.cancelled = cancelled;
        this.leaves = new DigestFileWriter.Ordered(target.leaves());
        this.writers = ThreadLocal.withInitial(() -> new BlockWriter(target));
    }

    /**
     * Copies the disk; every byte was read, hashed and written when this returns. No buffer and no file is used any
     * more after it has returned or thrown.
     *
     * @throws IOException if the image or the digests cannot be written
     * @throws RuntimeException what the source fails with if it cannot be read
     * @throws CopyCancelledException if it was cancelled
     */
    public void run() throws IOException {
        try {
            walk(source.extents());
        } catch (IOException | RuntimeException e) {
            fail(e);
        }
        if (failure.get() != null) {
            // Reads that are pending fail at once, so that their buffers come back.
            source.close();
        }
        inFlight.arriveAndAwaitAdvance();
        rethrow(failure.get());
    }

    private static void rethrow(@Nullable Throwable failure) throws IOException {
        if (failure instanceof IOException io) {
            throw io;
        } else if (failure instanceof RuntimeException runtime) {
            throw runtime;
        } else if (failure instanceof Error error) {
            throw error;
        } else if (failure != null) {
            throw new RepositoryException("the copy failed: " + failure, failure);
        }
    }

    private void fail(Throwable reason) {
        failure.compareAndSet(null, reason);
    }

    private void walk(SourceDisk.Extents extents) throws IOException {
        long size = source.size();
        long position = 0;
        long extentEnd = 0;
        while (position < size && failure.get() == null) {
            if (cancelled.getAsBoolean()) {
                throw new CopyCancelledException();
            }
            if (extentEnd <= position) {
                extentEnd = next(extents, position);
            }
            long whole = wholeBlocks(position, extentEnd, size);
            if (whole > 0 && (extents.isZero() || !extents.isChanged())) {
                skip(extents, position, whole);
                position += whole;
            } else {
                int length = (int) Math.min(BlockTree.BLOCK, size - position);
                BlockWriter.Plan plan =
                        new BlockWriter.Plan(position, length, target.image().clusterSize(), parentLeaf(position));
                extentEnd = plan(plan, extents, extentEnd);
                copy(plan);
                position += length;
            }
        }
    }

    private static long next(SourceDisk.Extents extents, long position) {
        if (!extents.next() || extents.end() <= position) {
            throw new RepositoryException("the source's extents end at byte " + position);
        }
        return extents.end();
    }

    /** How many bytes of whole blocks lie from {@code position} to {@code end}; the disk's last block is whole. */
    private static long wholeBlocks(long position, long end, long size) {
        return end >= size ? size - position : (end - position) / BlockTree.BLOCK * BlockTree.BLOCK;
    }

    private void skip(SourceDisk.Extents extents, long position, long length) throws IOException {
        if (!extents.isChanged()) {
            leaves.run(LeafKind.INHERITED, BlockTree.blocks(length));
        } else if (target.comparison() != null) {
            compareZeros(target.comparison(), position, length);
        } else {
            if (target.increment()) {
                target.image().writeZeroes(position, length);
            }
            leaves.run(LeafKind.ZERO, BlockTree.blocks(length));
        }
        meter.passed(length);
    }

    /** Of blocks of zeros, those that are zeros in the parent too are inherited. */
    private void compareZeros(Comparison comparison, long position, long length) throws IOException {
        long block = position / BlockTree.BLOCK;
        long last = block + BlockTree.blocks(length);
        while (block < last) {
            boolean same = comparison.isZero(block);
            long end = block + 1;
            while (end < last && comparison.isZero(end) == same) {
                end++;
            }
            if (same) {
                leaves.run(LeafKind.INHERITED, end - block);
            } else {
                long offset = block * BlockTree.BLOCK;
                target.image().writeZeroes(offset, Math.min(end * BlockTree.BLOCK, position + length) - offset);
                leaves.run(LeafKind.ZERO, end - block);
            }
            block = end;
        }
    }

    private byte @Nullable [] parentLeaf(long position) throws IOException {
        Comparison comparison = target.comparison();
        return comparison == null ? null : comparison.leaf(position / BlockTree.BLOCK);
    }

    /** Gathers what the extents say of the block, and returns where the last one of them ends. */
    private static long plan(BlockWriter.Plan plan, SourceDisk.Extents extents, long firstEnd) {
        long end = firstEnd;
        int at = 0;
        while (true) {
            int until = (int) Math.min(plan.length, end - plan.offset);
            plan.range(at, until, extents.isZero(), extents.isChanged());
            at = until;
            if (at == plan.length) {
                return end;
            }
            end = next(extents, plan.offset + at);
        }
    }

    private void copy(BlockWriter.Plan plan) throws IOException {
        CopyLog log = target.log();
        CopyLog.Entry earlier = log == null ? null : log.find(plan.offset / BlockTree.BLOCK);
        ByteBuffer buffer = buffers.take();
        if (failure.get() != null) {
            buffers.give(buffer);
            return;
        }
        inFlight.register();
        DigestFileWriter.Ordered.Place place = leaves.block();
        if (earlier == null) {
            fetch(plan, buffer, place);
        } else {
            execute(buffer, () -> adopt(plan, earlier, buffer, place));
        }
    }

    private void execute(ByteBuffer buffer, Runnable task) {
        try {
            workers.execute(task);
        } catch (RuntimeException e) {
            done(buffer, e);
        }
    }

    private void adopt(
            BlockWriter.Plan plan, CopyLog.Entry earlier, ByteBuffer buffer, DigestFileWriter.Ordered.Place place) {
        try {
            if (failure.get() == null) {
                if (!writers.get().adopt(plan, earlier, buffer)) {
                    fetch(plan, buffer, place);
                    return;
                }
                leaves.fill(place, earlier.digest());
                meter.passed(plan.length);
            }
            done(buffer, null);
        } catch (IOException | RuntimeException | Error e) {
            done(buffer, e);
        }
    }

    private void fetch(BlockWriter.Plan plan, ByteBuffer buffer, DigestFileWriter.Ordered.Place place) {
        read(plan, buffer).whenComplete((nothing, error) -> {
            if (error != null) {
                done(
                        buffer,
                        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error);
                return;
            }
            execute(buffer, () -> write(plan, buffer, place));
        });
    }

    /** Fills the buffer's first {@code plan.length} bytes: zeros for what need not be read. */
    private CompletableFuture<Void> read(BlockWriter.Plan plan, ByteBuffer buffer) {
        buffer.clear().limit(plan.length);
        CompletableFuture<Void> all = CompletableFuture.completedFuture(null);
        int at = 0;
        while (at < plan.length) {
            int begin = plan.nextData(at);
            zero(buffer, at, begin);
            int end = plan.nextHole(begin);
            for (int piece = begin; piece < end; piece += REQUEST) {
                int length = Math.min(REQUEST, end - piece);
                // Combined, not chained: the buffer must not come back before every read has ended.
                all = all.thenCombine(request(plan.offset + piece, buffer.slice(piece, length)), (one, other) -> null);
                meter.moved(source.readFromHost(plan.offset + piece, length));
            }
            at = end;
        }
        return all;
    }

    private CompletableFuture<Void> request(long offset, ByteBuffer destination) {
        try {
            return source.read(offset, destination);
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static void zero(ByteBuffer buffer, int begin, int end) {
        int at = begin;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            buffer.putLong(at, 0);
        }
        for (; at < end; at++) {
            buffer.put(at, (byte) 0);
        }
    }

    private void write(BlockWriter.Plan plan, ByteBuffer buffer, DigestFileWriter.Ordered.Place place) {
        try {
            if (failure.get() == null) {
                byte[] digest = writers.get().write(plan, buffer);
                if (plan.isInherited(digest)) {
                    leaves.inherit(place);
                } else {
                    leaves.fill(place, digest);
                    meter.written(plan.length);
                }
                meter.passed(plan.length);
            }
            done(buffer, null);
        } catch (IOException | RuntimeException | Error e) {
            done(buffer, e);
        }
    }

    private void done(ByteBuffer buffer, @Nullable Throwable error) {
        if (error != null) {
            fail(error);
        }
        buffers.give(buffer);
        inFlight.arriveAndDeregister();
    }

    /** Direct buffers of a block each, a fixed number at most: what bounds a copy's memory. */
    public static final class Buffers {
        /** Enough to keep 4 connections × 16 requests × 256 KiB busy while as many blocks are hashed and written. */
        public static final int DEFAULT = 32;

        private final Semaphore permits;
        private final Deque<ByteBuffer> idle = new ArrayDeque<>();
        private final @Nullable Buffers whole;

        /** At most {@code buffers} of a block each. */
        public Buffers(int buffers) {
            this(buffers, null);
        }

        private Buffers(int buffers, @Nullable Buffers whole) {
            this.permits = new Semaphore(buffers);
            this.whole = whole;
        }

        /**
         * A part of this pool, for one of several copies: at most {@code buffers} of its buffers, so that a copy that
         * stands still does not keep all of them from the others.
         */
        public Buffers part(int buffers) {
            return new Buffers(buffers, this);
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
}
