// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.work.Workers;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The content of a point's disk, as the guest had it. Each block is compared with its digest before anybody gets it:
 * what this gives is right, and what is wrong it does not give. For several threads.
 */
public final class ContentReader implements Closeable {
    /** Told of the disk from its beginning to its end. */
    public interface Sink {
        /**
         * The bytes of block {@code index}, from position 0 to the limit, and their digest; called by several threads.
         */
        void block(long index, ByteBuffer content, byte[] digest) throws IOException;

        /**
         * The blocks from {@code first} up to {@code end}, without it, are zeros by their digests; one call at a time.
         */
        void zeros(long first, long end) throws IOException;

        /**
         * Block {@code index} cannot be given as the guest had it; called by several threads. What this throws ends the
         * reading.
         */
        default void lost(long index, DamagedException why) {
            throw why;
        }
    }

    private final DiskChain chain;
    private final ImageChain images;
    private final long size;
    private final boolean proven;

    private ContentReader(DiskChain chain, ImageChain images, boolean proven) {
        this.chain = chain;
        this.images = images;
        this.size = chain.top().disk().virtualSize();
        this.proven = proven;
    }

    /**
     * Opens the images of a chain whose digest files were found right. The chain stays the caller's.
     *
     * @throws DamagedException if an image does not say of itself what the manifest says
     */
    public static ContentReader open(DiskChain chain) throws IOException {
        return new ContentReader(chain, chain.openImages(), true);
    }

    /**
     * Opens the same disk in other images, which are closed with this.
     *
     * @param chain whose topmost disk it is
     */
    public static ContentReader of(DiskChain chain, ImageChain images) {
        return new ContentReader(chain, images, true);
    }

    /**
     * Opens a chain whatever is wrong in it, for who takes what is right. If its leaves are not proven, the images with
     * damaged digest files are read to find them out. A block counts as right if its bytes have its digest; that it is
     * zeros is believed only if the leaves are proven or the images say so too.
     */
    public static ContentReader openAnyhow(DiskChain chain) throws IOException {
        ImageChain images = chain.openImagesAnyhow();
        try {
            boolean proven = chain.provesContent();
            if (!proven && chain.learnLeaves()) {
                proven = chain.provesContent();
            }
            return new ContentReader(chain, images, proven);
        } catch (IOException | RuntimeException e) {
            images.close();
            throw e;
        }
    }

    /** The disk's size in bytes. */
    public long size() {
        return size;
    }

    /** The images, for who wants to know where a block lies. */
    public ImageChain images() {
        return images;
    }

    /** Whether every leaf of the disk is known to be right. */
    public boolean isProven() {
        return proven;
    }

    /**
     * Reads one block, whose digest is the bench's {@link Workers.Bench#expected}.
     *
     * @return the bench's buffer, from position 0 to its limit
     * @throws DamagedException if it is not what the guest had there
     */
    public ByteBuffer read(long index, Workers.Bench bench) throws IOException {
        ByteBuffer buffer = bench.buffer(BlockTree.BLOCK);
        read(index, buffer, bench.expected(), bench.hasher());
        return buffer;
    }

    /**
     * Reads one block, for who has no bench.
     *
     * @param buffer has room for a block; afterwards the block is what is from position 0 to its limit
     * @param expected the block's digest
     * @throws DamagedException if it is not what the guest had there
     */
    void read(long index, ByteBuffer buffer, byte[] expected, BlockTree.LeafHasher hasher) throws IOException {
        int length = BlockTree.blockLength(index, size);
        try {
            images.read(index * BlockTree.BLOCK, buffer.clear().limit(length));
        } catch (ImageException e) {
            throw DiskChain.damage(e);
        }
        if (!Arrays.equals(hasher.hash(buffer.flip()), expected)) {
            throw different(index * BlockTree.BLOCK, length);
        }
    }

    /** The error of who finds that a range of the disk is not what it was. */
    public DamagedException different(long offset, long length) {
        return new DamagedException(Finding.of(
                chain.top().file(),
                "bytes " + offset + " to " + (offset + length - 1) + " of the disk are not what the guest had there"));
    }

    /**
     * Reads the disk by all {@code workers}; blocks that are known to be zeros are not read.
     *
     * @param prefix up to where all blocks are done; it grows from there
     * @throws DamagedException as the sink says, if a block is not what the guest had there
     */
    public void readAll(Workers workers, Prefix prefix, Sink sink) throws IOException {
        workers.run(new Walk(workers, prefix, sink));
    }

    /**
     * Reads these blocks, and returns those that cannot be given as the guest had them. Zeros have to be zeros in the
     * images too.
     */
    public BitSet lost(BitSet blocks, Workers workers, BlockListener listener) throws IOException {
        Trial trial = new Trial(blocks, workers, listener);
        workers.run(trial);
        return trial.lost;
    }

    @Override
    public void close() throws IOException {
        images.close();
    }

    private final class Walk implements Workers.Work {
        private final Workers workers;
        private final Prefix prefix;
        private final Sink sink;
        private final Leaves leaves = chain.leaves();
        private long cursor;

        Walk(Workers workers, Prefix prefix, Sink sink) {
            this.workers = workers;
            this.prefix = prefix;
            this.sink = sink;
            this.cursor = prefix.length();
        }

        @Override
        public boolean next(Workers.Bench bench) throws IOException {
            long index = take(bench.expected());
            if (index < 0) {
                return false;
            }
            workers.pace(BlockTree.blockLength(index, size));
            ByteBuffer content;
            try {
                content = read(index, bench);
            } catch (DamagedException e) {
                sink.lost(index, e);
                return true;
            }
            sink.block(index, content, bench.expected());
            prefix.finish(index);
            return true;
        }

        private long take(byte[] expected) throws IOException {
            synchronized (leaves) {
                while (cursor < leaves.count()) {
                    long index = cursor;
                    leaves.seek(index);
                    if (leaves.kind() == LeafKind.ZERO && proven) {
                        cursor = leaves.end();
                        sink.zeros(index, cursor);
                        prefix.pass(cursor);
                        continue;
                    }
                    cursor = index + 1;
                    prefix.take(index);
                    if (leaves.kind() == LeafKind.INHERITED) {
                        sink.lost(index, unknown(index));
                        continue;
                    }
                    expect(leaves, expected);
                    return index;
                }
                return -1;
            }
        }
    }

    private static void expect(Leaves leaves, byte[] expected) throws IOException {
        if (leaves.kind() == LeafKind.ZERO) {
            System.arraycopy(BlockTree.zeroLeaf(), 0, expected, 0, BlockTree.DIGEST);
        } else {
            leaves.digest(expected);
        }
    }

    private DamagedException unknown(long index) {
        long offset = index * BlockTree.BLOCK;
        return new DamagedException(Finding.of(
                chain.top().file(),
                "of bytes " + offset + " to " + (offset + BlockTree.blockLength(index, size) - 1)
                        + " of the disk the digest is lost"));
    }

    private final class Trial implements Workers.Work {
        private final BitSet blocks;
        private final Workers workers;
        private final BlockListener listener;
        private final Leaves leaves = chain.leaves();
        private final BitSet lost = new BitSet();
        private int cursor;

        Trial(BitSet blocks, Workers workers, BlockListener listener) {
            this.blocks = blocks;
            this.workers = workers;
            this.listener = listener;
        }

        @Override
        public boolean next(Workers.Bench bench) throws IOException {
            int index;
            boolean known;
            synchronized (leaves) {
                index = blocks.nextSetBit(cursor);
                if (index < 0 || index >= leaves.count()) {
                    return false;
                }
                cursor = index + 1;
                leaves.seek(index);
                known = leaves.kind() != LeafKind.INHERITED;
                if (known) {
                    expect(leaves, bench.expected());
                }
            }
            int length = BlockTree.blockLength(index, size);
            workers.pace(length);
            boolean right = known && isRight(index, bench);
            if (!right) {
                synchronized (lost) {
                    lost.set(index);
                }
            }
            listener.checked(index, length, right);
            return true;
        }

        private boolean isRight(long index, Workers.Bench bench) throws IOException {
            try {
                read(index, bench);
                return true;
            } catch (DamagedException e) {
                return false;
            }
        }
    }
}
