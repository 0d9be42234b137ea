// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.verify;

import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.internal.Workers;
import dev.virtwire.backup.internal.digest.BlockLookup;
import dev.virtwire.backup.internal.digest.BlockTree;
import dev.virtwire.backup.internal.digest.LeafKind;
import dev.virtwire.backup.internal.digest.Leaves;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageExtent;
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
public final class ContentCheck implements Workers.Work {
    private final DiskChain chain;
    private final ImageChain images;
    private final boolean full;
    private final Prefix prefix;
    private final Workers workers;
    private final BlockListener listener;
    private final long size;
    private final Leaves leaves;
    private final BlockLookup lookup;
    private final byte[] stored = new byte[BlockTree.DIGEST];
    private long cursor;

    private ContentCheck(
            DiskChain chain, ImageChain images, boolean full, Prefix prefix, Workers workers, BlockListener listener)
            throws IOException {
        this.chain = chain;
        this.images = images;
        this.full = full;
        this.workers = workers;
        this.listener = listener;
        this.size = chain.top().disk().virtualSize();
        this.leaves = full ? chain.leaves() : chain.top().digests().content();
        this.lookup = chain.top().digests().lookup();
        this.prefix = prefix;
        this.cursor = prefix.length();
    }

    /**
     * Checks the topmost point's disk.
     *
     * @param full whether to read everything
     * @param prefix up to where all blocks were found right already; goes on from there
     * @param listener told of each block that was read
     * @throws DamagedException where the guest would not read what it wrote
     */
    public static void run(DiskChain chain, boolean full, Prefix prefix, Workers workers, BlockListener listener)
            throws IOException {
        try (ImageChain images = chain.openImages()) {
            workers.run(new ContentCheck(chain, images, full, prefix, workers, listener));
        }
    }

    @Override
    public boolean next(Workers.Bench bench) throws IOException {
        long index = take(bench.expected());
        if (index < 0) {
            return false;
        }
        int length = BlockTree.blockLength(index, size);
        workers.pace(length);
        ByteBuffer buffer = bench.buffer(length);
        images.read(index * BlockTree.BLOCK, buffer);
        boolean good = Arrays.equals(bench.hasher().hash(buffer.flip()), bench.expected());
        require(good, index * BlockTree.BLOCK, length);
        prefix.finish(index);
        listener.checked(index, length, true);
        return true;
    }

    /** Goes on to the next block that has to be read, and checks on the way what can be without reading. */
    private synchronized long take(byte[] expected) throws IOException {
        while (cursor < leaves.count()) {
            long index = cursor;
            leaves.seek(index);
            if (leaves.kind() != LeafKind.DATA) {
                zerosOrInherited(leaves.kind(), index, leaves.end());
                cursor = leaves.end();
                prefix.pass(cursor);
                continue;
            }
            leaves.digest(expected);
            cursor = index + 1;
            if (full || !isKnownByFile(index, expected)) {
                prefix.take(index);
                return index;
            }
            prefix.pass(cursor);
        }
        return -1;
    }

    private boolean isKnownByFile(long index, byte[] expected) throws IOException {
        if (BlockTree.blockLength(index, size) < BlockTree.BLOCK) {
            return false;
        }
        List<ImageExtent> extents = images.extents(index * BlockTree.BLOCK, BlockTree.BLOCK);
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

    private void zerosOrInherited(LeafKind kind, long begin, long end) throws IOException {
        long offset = begin * BlockTree.BLOCK;
        long length = Math.min(end * BlockTree.BLOCK, size) - offset;
        if (kind == LeafKind.INHERITED) {
            images.images().get(0).forEachExtent(offset, length, extent -> {
                boolean left = extent.kind() == ImageExtent.Kind.UNALLOCATED;
                require(left, extent.offset(), extent.length());
            });
        } else {
            images.forEachExtent(offset, length, extent -> {
                if (extent.kind() == ImageExtent.Kind.DATA) {
                    requireZeros(extent.offset(), extent.end());
                }
            });
        }
    }

    /** Our writer keeps no zeros, so this is rare enough to be done while the others wait. */
    private void requireZeros(long begin, long end) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(64 << 10);
        ByteBuffer zeros = ByteBuffer.allocate(buffer.capacity());
        for (long at = begin; at < end; at += buffer.limit()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
            images.read(at, buffer);
            int different = buffer.flip().mismatch(zeros.limit(buffer.limit()));
            require(different < 0, at, buffer.limit());
        }
    }

    private void require(boolean right, long guestOffset, long length) {
        if (!right) {
            throw new DamagedException(Finding.of(
                    chain.top().file(),
                    "bytes " + guestOffset + " to " + (guestOffset + length - 1)
                            + " of the disk are not what the guest had there"));
        }
    }
}
