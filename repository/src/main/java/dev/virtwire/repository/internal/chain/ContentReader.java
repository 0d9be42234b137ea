// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.image.ImageChain;
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
    }

    private final DiskChain chain;
    private final ImageChain images;
    private final Leaves leaves;
    private final long size;

    private ContentReader(DiskChain chain, ImageChain images) {
        this.chain = chain;
        this.images = images;
        this.leaves = chain.leaves();
        this.size = chain.top().disk().virtualSize();
    }

    /**
     * Opens the images of a chain, which stays the caller's.
     *
     * @throws DamagedException if an image does not say of itself what the manifest says
     */
    public static ContentReader open(DiskChain chain) throws IOException {
        return new ContentReader(chain, chain.openImages());
    }

    /** The disk's size in bytes. */
    public long size() {
        return size;
    }

    /** The images, for who wants to know where a block lies. */
    public ImageChain images() {
        return images;
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
        images.read(index * BlockTree.BLOCK, buffer.clear().limit(length));
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
     * Reads the disk by all {@code workers}; blocks of zeros are not read.
     *
     * @param prefix up to where all blocks are done; it grows from there
     * @throws DamagedException if a block is not what the guest had there
     */
    public void readAll(Workers workers, Prefix prefix, Sink sink) throws IOException {
        workers.run(new Walk(workers, prefix, sink));
    }

    @Override
    public void close() throws IOException {
        images.close();
    }

    private final class Walk implements Workers.Work {
        private final Workers workers;
        private final Prefix prefix;
        private final Sink sink;
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
            sink.block(index, read(index, bench), bench.expected());
            prefix.finish(index);
            return true;
        }

        private long take(byte[] expected) throws IOException {
            synchronized (leaves) {
                while (cursor < leaves.count()) {
                    long index = cursor;
                    leaves.seek(index);
                    if (leaves.kind() == LeafKind.ZERO) {
                        cursor = leaves.end();
                        sink.zeros(index, cursor);
                        prefix.pass(cursor);
                    } else {
                        leaves.digest(expected);
                        cursor = index + 1;
                        prefix.take(index);
                        return index;
                    }
                }
                return -1;
            }
        }
    }
}
