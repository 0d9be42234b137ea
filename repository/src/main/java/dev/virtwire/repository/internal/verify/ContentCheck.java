// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.internal.chain.BlockListener;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.digest.BlockLookup;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * Compares what a guest would read from a point's disk with the digests of the disk's content, whose image files have
 * been found right already.
 *
 * <p>A full check reads every block of the disk through its chain, as a restore does. The other believes the digests of
 * the files: a block that lies whole in one is known by its digest there, and only the rest is read; what a point
 * inherits is its parent's to check, and must only be left to the parent.
 */
public final class ContentCheck {
    private final ContentReader content;
    private final Prefix prefix;
    private final Workers workers;
    private final BlockListener listener;

    private ContentCheck(ContentReader content, Prefix prefix, Workers workers, BlockListener listener) {
        this.content = content;
        this.prefix = prefix;
        this.workers = workers;
        this.listener = listener;
    }

    /**
     * Checks the topmost point's disk.
     *
     * @param full whether to read everything
     * @param prefix up to where all blocks were found right already; it grows from there
     * @param listener told of each block that was read
     * @throws DamagedException if the guest would not read what it wrote
     */
    public static void run(DiskChain chain, boolean full, Prefix prefix, Workers workers, BlockListener listener)
            throws IOException {
        try (ContentReader content = ContentReader.open(chain)) {
            ContentCheck check = new ContentCheck(content, prefix, workers, listener);
            if (full) {
                content.readAll(workers, prefix, check.new Everything());
            } else {
                workers.run(check.new OwnBlocks(chain));
            }
        }
    }

    /** Every block: the reader has compared it. */
    private final class Everything implements ContentReader.Sink {
        @Override
        public void block(long index, ByteBuffer block, byte[] digest) {
            listener.checked(index, block.limit(), true);
        }

        @Override
        public void zeros(long first, long end) throws IOException {
            requireZeros(first, end);
        }
    }

    /** Those blocks of the topmost point that its image file's digests do not answer for. */
    private final class OwnBlocks implements Workers.Work {
        private final Leaves leaves;
        private final BlockLookup lookup;
        private final byte[] stored = new byte[BlockTree.DIGEST];
        private long cursor = prefix.length();

        OwnBlocks(DiskChain chain) throws IOException {
            leaves = chain.top().digests().content();
            lookup = chain.top().digests().lookup();
        }

        @Override
        public boolean next(Workers.Bench bench) throws IOException {
            long index = take(bench.expected());
            if (index < 0) {
                return false;
            }
            int length = BlockTree.blockLength(index, content.size());
            workers.pace(length);
            content.read(index, bench);
            prefix.finish(index);
            listener.checked(index, length, true);
            return true;
        }

        /** Steps to the next block that has to be read, and checks on the way what can be without reading. */
        private synchronized long take(byte[] expected) throws IOException {
            while (cursor < leaves.count()) {
                long index = cursor;
                leaves.seek(index);
                LeafKind kind = leaves.kind();
                cursor = kind == LeafKind.DATA ? index + 1 : leaves.end();
                if (kind == LeafKind.INHERITED) {
                    requireLeftToTheParent(index, cursor);
                } else if (kind == LeafKind.ZERO) {
                    requireZeros(index, cursor);
                } else {
                    leaves.digest(expected);
                    if (!isKnownByFile(index, expected)) {
                        prefix.take(index);
                        return index;
                    }
                }
                prefix.pass(cursor);
            }
            return -1;
        }

        private boolean isKnownByFile(long index, byte[] expected) throws IOException {
            if (BlockTree.blockLength(index, content.size()) < BlockTree.BLOCK) {
                return false;
            }
            List<ImageExtent> extents = content.images().extents(index * BlockTree.BLOCK, BlockTree.BLOCK);
            ImageExtent first = extents.get(0);
            if (extents.size() > 1
                    || first.depth() != 0
                    || first.kind() != ImageExtent.Kind.DATA
                    || first.hostOffset() < 0
                    || first.hostOffset() % BlockTree.BLOCK != 0) {
                return false;
            }
            lookup.digest(first.hostOffset() / BlockTree.BLOCK, stored);
            return Arrays.equals(stored, expected);
        }

        private void requireLeftToTheParent(long first, long end) throws IOException {
            long offset = first * BlockTree.BLOCK;
            content.images().images().get(0).forEachExtent(offset, length(first, end), extent -> {
                boolean left = extent.kind() == ImageExtent.Kind.UNALLOCATED;
                require(left, extent.offset(), extent.length());
            });
        }
    }

    private long length(long first, long end) {
        return Math.min(end * BlockTree.BLOCK, content.size()) - first * BlockTree.BLOCK;
    }

    private void requireZeros(long first, long end) throws IOException {
        content.images().forEachExtent(first * BlockTree.BLOCK, length(first, end), extent -> {
            if (extent.kind() == ImageExtent.Kind.DATA) {
                requireZeroBytes(extent.offset(), extent.end());
            }
        });
    }

    /** Our writer keeps no zeros, so this is rare enough to be done while the others wait. */
    private void requireZeroBytes(long begin, long end) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
        ByteBuffer zeros = ByteBuffer.allocate(buffer.capacity());
        for (long at = begin; at < end; at += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
            content.images().read(at, buffer);
            int different = buffer.flip().mismatch(zeros.limit(buffer.limit()));
            require(different < 0, at, buffer.limit());
        }
    }

    private void require(boolean right, long guestOffset, long length) {
        if (!right) {
            throw content.different(guestOffset, length);
        }
    }
}
