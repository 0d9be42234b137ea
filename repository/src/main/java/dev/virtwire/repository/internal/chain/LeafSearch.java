// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.ChainLeaves;
import dev.virtwire.repository.internal.digest.ComputedLeaves;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.LeafMemory;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ContentDigest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out the leaves that damaged digest files do not give. If an image's digest file is damaged, what the image
 * holds itself is hashed. If the file is right, its leaves are taken. So every layer above damage has leaves of the
 * whole disk that may be right. They are if they have the root that the layer's manifest names: what is wrong in an
 * image beneath does not matter to a layer that has overwritten it.
 */
final class LeafSearch {
    private static final Logger LOG = LoggerFactory.getLogger(LeafSearch.class);

    /** Opens the images of a part of the chain, whatever is wrong with them. */
    @FunctionalInterface
    interface Images {
        /** Those of {@code part}, topmost first. */
        ImageChain open(List<DiskLayer> part) throws IOException;
    }

    private final List<DiskLayer> layers;
    private final Images images;
    private final long size;
    private final int count;
    /** Blocks of which nobody can tell the leaf at the layer that was taken last. */
    private final BitSet unknown = new BitSet();

    private @Nullable LeafMemory memory;

    /** In a whole chain, topmost first. */
    LeafSearch(List<DiskLayer> layers, Images images) {
        this.layers = layers;
        this.images = images;
        this.size = layers.get(0).disk().virtualSize();
        this.count = Math.toIntExact(BlockTree.blocks(size));
    }

    /** Tries every layer that has damage beneath it, from the lowest on, once as long as it is open. */
    void run() throws IOException {
        boolean doubtful = false;
        for (int i = layers.size() - 1, last = lastToTry(); i >= last; i--) {
            DiskLayer layer = layers.get(i);
            if (!doubtful && (layer.wrong() == null || layer.isLearnt())) {
                continue;
            }
            if (layer.isLearnt()) {
                doubtful = false;
                continue;
            }
            if (!doubtful && !begin(layers.subList(i + 1, layers.size()))) {
                return;
            }
            doubtful = true;
            if (!take(i)) {
                return;
            }
            if (layer.isToBeLearnt()) {
                layer.learn(proven(layer));
                doubtful = !layer.isLearnt();
            }
        }
    }

    /** The topmost layer that may be learnt; what is beneath it is needed for that. */
    private int lastToTry() {
        boolean doubtful = false;
        int last = layers.size();
        for (int i = layers.size() - 1; i >= 0; i--) {
            DiskLayer layer = layers.get(i);
            doubtful = !layer.isLearnt() && (doubtful || layer.wrong() != null);
            if (doubtful && layer.isToBeLearnt()) {
                last = i;
            }
        }
        return last;
    }

    /** Begins with what the layers beneath the damage have, whose leaves are right. */
    private boolean begin(List<DiskLayer> beneath) throws IOException {
        unknown.clear();
        Leaves known = beneath.isEmpty()
                ? new Zeros()
                : ChainLeaves.of(beneath.stream().map(DiskLayer::content).toList());
        memory = LeafMemory.of(known, new LeafMemory.Room(Long.MAX_VALUE));
        return memory != null;
    }

    /** Goes to the next layer. */
    private boolean take(int index) throws IOException {
        DiskLayer layer = layers.get(index);
        if (layer.wrong() == null) {
            Leaves own = layer.content();
            for (long at = 0; at < count; at = own.end()) {
                own.seek(at);
                if (own.kind() != LeafKind.INHERITED) {
                    unknown.clear((int) at, (int) own.end());
                }
            }
            return take(layer.content());
        }
        try (ImageChain part = images.open(layers.subList(index, layers.size()))) {
            try {
                return take(new Held(part));
            } catch (ImageException e) {
                refuseUnknown(e);
                LOG.debug("nobody can tell what {} holds", layer.file(), e);
                unknown.set(0, count);
                return true;
            }
        }
    }

    private boolean take(Leaves own) throws IOException {
        return memory != null && memory.take(own);
    }

    private @Nullable ComputedLeaves proven(DiskLayer layer) throws IOException {
        ContentDigest content = layer.disk().content();
        if (content == null || memory == null || !unknown.isEmpty()) {
            return null;
        }
        if (!DigestFile.rootOf(memory.leaves()).equals(content.root())) {
            return null;
        }
        Leaves leaves = memory.leaves();
        BitSet data = new BitSet();
        for (long at = 0; at < count; at = leaves.end()) {
            leaves.seek(at);
            if (leaves.kind() == LeafKind.DATA) {
                data.set((int) at, (int) leaves.end());
            }
        }
        if (data.cardinality() > ComputedLeaves.most()) {
            return null;
        }
        Leaves again = memory.leaves();
        byte[] digest = new byte[BlockTree.DIGEST];
        return ComputedLeaves.of(count, data, index -> {
            again.seek(index);
            again.digest(digest);
            return digest;
        });
    }

    private static void refuseUnknown(ImageException e) throws ImageException {
        if (Problems.saysNothingOfTheFile(e)) {
            throw e;
        }
    }

    /** The leaves of a disk that nobody has written to. */
    private final class Zeros implements Leaves {
        @Override
        public long count() {
            return count;
        }

        @Override
        public void seek(long index) {
            // All are the same.
        }

        @Override
        public LeafKind kind() {
            return LeafKind.ZERO;
        }

        @Override
        public long end() {
            return count;
        }

        @Override
        public void digest(byte[] target) {
            System.arraycopy(BlockTree.zeroLeaf(), 0, target, 0, BlockTree.DIGEST);
        }
    }

    /** The leaves of what the topmost image holds itself: of blocks that it has something of. */
    private final class Held implements Leaves {
        private final ImageChain part;
        private final BitSet own = new BitSet();
        private final BlockTree.LeafHasher hasher = new BlockTree.LeafHasher();
        private final ByteBuffer block = ByteBuffer.allocate(BlockTree.BLOCK);
        private int at;

        Held(ImageChain part) throws IOException {
            this.part = part;
            part.images().get(0).forEachExtent(0, size, extent -> {
                if (extent.kind() != ImageExtent.Kind.UNALLOCATED) {
                    own.set(
                            Math.toIntExact(extent.offset() / BlockTree.BLOCK),
                            Math.toIntExact(BlockTree.blocks(extent.end())));
                }
            });
        }

        @Override
        public long count() {
            return count;
        }

        @Override
        public void seek(long index) {
            at = (int) index;
        }

        @Override
        public LeafKind kind() {
            return own.get(at) ? LeafKind.DATA : LeafKind.INHERITED;
        }

        @Override
        public long end() {
            int end = own.get(at) ? own.nextClearBit(at) : own.nextSetBit(at);
            return end < 0 ? count : Math.min(end, count);
        }

        @Override
        public void digest(byte[] target) throws IOException {
            Workers.refuseInterrupted();
            byte[] digest = BlockTree.zeroLeaf();
            try {
                part.read((long) at * BlockTree.BLOCK, block.clear().limit(BlockTree.blockLength(at, size)));
                digest = hasher.hash(block.flip());
                unknown.clear(at);
            } catch (ImageException e) {
                refuseUnknown(e);
                LOG.debug("block {} cannot be read", at, e);
                unknown.set(at);
            }
            System.arraycopy(digest, 0, target, 0, BlockTree.DIGEST);
        }
    }
}
