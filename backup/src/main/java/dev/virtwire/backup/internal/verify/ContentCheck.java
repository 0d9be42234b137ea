// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.verify;

import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.internal.digest.BlockHasher;
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
 * Compares what a guest would read from a point's disk with the digests of the disk's content. The bytes of the image
 * files have to be right already: a block that lies whole in one is then known by its digest there, and only the rest is
 * read. What a point inherits is its parent's to check; here it must only be left to the parent.
 */
final class ContentCheck {
    private final DiskChain chain;
    private final ImageChain images;
    private final long size;
    private final BlockLookup lookup;
    private final BlockHasher hasher = new BlockHasher();
    private final ByteBuffer buffer = ByteBuffer.allocate(BlockTree.BLOCK);
    private final byte[] expected = new byte[BlockTree.DIGEST];
    private final byte[] stored = new byte[BlockTree.DIGEST];

    private ContentCheck(DiskChain chain, ImageChain images) throws IOException {
        this.chain = chain;
        this.images = images;
        this.size = chain.top().disk().virtualSize();
        this.lookup = chain.top().digests().lookup();
    }

    /**
     * Checks the topmost point's disk.
     *
     * @throws DamagedException where the guest would not read what it wrote
     */
    static void run(DiskChain chain) throws IOException {
        try (ImageChain images = chain.openImages()) {
            new ContentCheck(chain, images).run();
        }
    }

    private void run() throws IOException {
        Leaves own = chain.top().digests().content();
        for (long i = 0; i < own.count(); ) {
            own.seek(i);
            if (own.kind() == LeafKind.DATA) {
                own.digest(expected);
                block(i);
                i++;
            } else {
                zerosOrInherited(own.kind(), i, own.end());
                i = own.end();
            }
        }
    }

    private void block(long index) throws IOException {
        int length = BlockTree.blockLength(index, size);
        List<ImageExtent> extents = images.extents(index * BlockTree.BLOCK, length);
        ImageExtent first = extents.get(0);
        boolean whole = extents.size() == 1
                && first.depth() == 0
                && first.kind() == ImageExtent.Kind.DATA
                && first.hostOffset() >= 0
                && first.hostOffset() % BlockTree.BLOCK == 0
                && length == BlockTree.BLOCK;
        if (whole) {
            lookup.digest(first.hostOffset() / BlockTree.BLOCK, stored);
        }
        if (!whole || !Arrays.equals(stored, expected)) {
            buffer.clear().limit(length);
            images.read(index * BlockTree.BLOCK, buffer);
            require(Arrays.equals(hasher.hash(buffer.flip()), expected), index * BlockTree.BLOCK, length);
        }
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

    private void requireZeros(long begin, long end) throws IOException {
        for (long at = begin; at < end; at += buffer.capacity()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), end - at));
            images.read(at, buffer);
            require(BlockTree.isZero(hasher.hash(buffer.flip())), at, buffer.limit());
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
