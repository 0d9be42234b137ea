// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.ImageReader;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.internal.chain.BlockListener;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.digest.BlockLookup;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Compares what a guest would read from a point's disk with the digests of the disk's content, and finds the blocks
 * that differ.
 *
 * <p>A full check reads every block of the disk through its chain, as a restore does. The other believes the digests of
 * the image file where its bytes were found right: a block that lies whole in one of the file is known by its digest
 * there, and only the rest is read. What a point inherits is its parent's to check, and must only be left to the
 * parent; the caller names those blocks that are wrong there.
 */
public final class ContentCheck {
    private final ContentReader content;
    private final BitSet badInFile;
    private final Prefix prefix;
    private final Workers workers;
    private final BlockListener listener;
    private final BitSet wrong = new BitSet();

    private ContentCheck(
            ContentReader content, BitSet badInFile, Prefix prefix, Workers workers, BlockListener listener) {
        this.content = content;
        this.badInFile = badInFile;
        this.prefix = prefix;
        this.workers = workers;
        this.listener = listener;
    }

    /**
     * Reads every block of the topmost point's disk.
     *
     * @param prefix up to where all blocks were found right already; it grows from there
     * @param listener told of each block that was read
     * @return the blocks that the guest would not read as it wrote them
     */
    public static BitSet everything(ContentReader content, Prefix prefix, Workers workers, BlockListener listener)
            throws IOException {
        ContentCheck check = new ContentCheck(content, new BitSet(), prefix, workers, listener);
        content.readAll(workers, prefix, check.new Everything());
        return check.wrong;
    }

    /**
     * Checks the blocks of the topmost point that its image file does not answer for.
     *
     * @param chain the chain that {@code content} reads, with the topmost digest file right
     * @param badInFile blocks of the topmost image file that are wrong
     * @param suspects blocks of the disk that are wrong at the parent
     * @param prefix up to where all blocks were found right already; it grows from there
     * @param listener told of each block that was read
     * @return the blocks that the guest would not read as it wrote them
     */
    public static BitSet own(
            ContentReader content,
            DiskChain chain,
            BitSet badInFile,
            BitSet suspects,
            Prefix prefix,
            Workers workers,
            BlockListener listener)
            throws IOException {
        ContentCheck check = new ContentCheck(content, badInFile, prefix, workers, listener);
        OwnBlocks own = check.new OwnBlocks(chain);
        workers.run(own);
        BitSet rest = own.toRead;
        rest.or(suspects);
        if (!rest.isEmpty()) {
            check.wrong.or(content.lost(rest, workers, listener));
        }
        return check.wrong;
    }

    private void wrong(long index) {
        synchronized (wrong) {
            wrong.set((int) index);
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
            if (!areZeros(first, end)) {
                prefix.take(first);
                for (long index = first; index < end; index++) {
                    if (!areZeros(index, index + 1)) {
                        wrong(index);
                    }
                }
            }
        }

        @Override
        public void lost(long index, DamagedException why) {
            wrong(index);
            listener.checked(index, BlockTree.blockLength(index, content.size()), false);
        }
    }

    /** Those blocks of the topmost point that its image file's digests do not answer for. */
    private final class OwnBlocks implements Workers.Work {
        private final Leaves leaves;
        private final BlockLookup lookup;
        private final byte[] stored = new byte[BlockTree.DIGEST];
        private final BitSet toRead = new BitSet();
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
            boolean right = true;
            try {
                content.read(index, bench);
                prefix.finish(index);
            } catch (DamagedException e) {
                wrong(index);
                right = false;
            }
            listener.checked(index, length, right);
            return true;
        }

        /** Steps to the next block that has to be read, and checks on the way what can be without reading. */
        private synchronized long take(byte[] expected) throws IOException {
            while (cursor < leaves.count()) {
                long index = cursor;
                leaves.seek(index);
                LeafKind kind = leaves.kind();
                cursor = kind == LeafKind.DATA ? index + 1 : leaves.end();
                if (kind == LeafKind.DATA) {
                    leaves.digest(expected);
                    if (!isKnownByFile(index, expected)) {
                        prefix.take(index);
                        return index;
                    }
                } else if (kind == LeafKind.INHERITED ? !areLeftToTheParent(index, cursor) : !areZeros(index, cursor)) {
                    prefix.take(index);
                    for (long each = index; each < cursor; each++) {
                        if (kind == LeafKind.INHERITED && !areLeftToTheParent(each, each + 1)) {
                            toRead.set((int) each);
                        } else if (kind == LeafKind.ZERO && !areZeros(each, each + 1)) {
                            wrong(each);
                        }
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
            List<ImageExtent> extents;
            try {
                extents = content.images().extents(index * BlockTree.BLOCK, BlockTree.BLOCK);
            } catch (ImageException e) {
                refuseUnknown(e);
                return false;
            }
            ImageExtent first = extents.get(0);
            if (extents.size() > 1
                    || first.depth() != 0
                    || first.kind() != ImageExtent.Kind.DATA
                    || first.hostOffset() < 0
                    || first.hostOffset() % BlockTree.BLOCK != 0
                    || badInFile.get((int) (first.hostOffset() / BlockTree.BLOCK))) {
                return false;
            }
            lookup.digest(first.hostOffset() / BlockTree.BLOCK, stored);
            return Arrays.equals(stored, expected);
        }

        private boolean areLeftToTheParent(long first, long end) throws IOException {
            ImageReader top = content.images().images().get(0);
            boolean[] left = {true};
            try {
                top.forEachExtent(first * BlockTree.BLOCK, length(first, end), extent -> {
                    left[0] &= extent.kind() == ImageExtent.Kind.UNALLOCATED;
                });
            } catch (ImageException e) {
                refuseUnknown(e);
                return false;
            }
            return left[0];
        }
    }

    private long length(long first, long end) {
        return Math.min(end * BlockTree.BLOCK, content.size()) - first * BlockTree.BLOCK;
    }

    private boolean areZeros(long first, long end) throws IOException {
        boolean[] zeros = {true};
        try {
            content.images().forEachExtent(first * BlockTree.BLOCK, length(first, end), extent -> {
                if (extent.kind() == ImageExtent.Kind.DATA && zeros[0]) {
                    zeros[0] = areZeroBytes(extent.offset(), extent.end());
                }
            });
        } catch (ImageException e) {
            refuseUnknown(e);
            return false;
        }
        return zeros[0];
    }

    /** Our writer keeps no zeros, so this is rare enough to be done while the others wait. */
    private boolean areZeroBytes(long begin, long end) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
        ByteBuffer zeros = ByteBuffer.allocate(buffer.capacity());
        for (long at = begin; at < end; at += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
            content.images().read(at, buffer);
            if (buffer.flip().mismatch(zeros.limit(buffer.limit())) >= 0) {
                return false;
            }
        }
        return true;
    }

    private static void refuseUnknown(ImageException e) throws ImageException {
        if (Problems.saysNothingOfTheFile(e)) {
            throw e;
        }
    }
}
