// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.ChainLeaves;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A disk of the point that stays, over the images of the points that go. Its chain has, topmost first: the image of the
 * point that stays, those of points that go down to the oldest, and what these build on.
 */
final class DiskRun implements Closeable {
    /** Takes changed blocks on several threads. */
    @FunctionalInterface
    interface ChangedBlock {
        /** The block at {@code index}, whose digest is the bench's expected one. */
        void take(long index, Workers.Bench bench) throws IOException;
    }

    private final ManifestDisk disk;
    private final DiskChain chain;
    private final int run;

    /**
     * Of a chain whose first {@code run} layers become one; it is closed with this.
     *
     * @param disk the disk of the point that stays
     */
    DiskRun(ManifestDisk disk, DiskChain chain, int run) {
        this.disk = disk;
        this.chain = chain;
        this.run = run;
    }

    /** The disk of the point that stays. */
    ManifestDisk disk() {
        return disk;
    }

    DiskChain chain() {
        return chain;
    }

    /** The layer of the oldest point that goes. */
    DiskLayer oldest() {
        return chain.layers().get(run - 1);
    }

    /** The layers that become one. */
    List<DiskLayer> merged() {
        return chain.layers().subList(0, run);
    }

    /** The layers that become one, but for the oldest. */
    List<DiskLayer> upper() {
        return chain.layers().subList(0, run - 1);
    }

    /** What is left when the others have become one with the oldest: it, and what it builds on. */
    List<DiskLayer> left() {
        return chain.layers().subList(run - 1, chain.layers().size());
    }

    /** What the oldest builds on; empty if it stands alone. */
    List<DiskLayer> base() {
        return chain.layers().subList(run, chain.layers().size());
    }

    /** The content's leaves of the layers that become one: inherited is what they leave to the base. */
    Leaves mergedLeaves() {
        return leaves(merged());
    }

    /** The leaves of what the merged image builds on, or null if it stands alone. */
    @Nullable
    Leaves baseLeaves() {
        return base().isEmpty() ? null : leaves(base());
    }

    /** The image that the oldest builds on, as it names it, or null. */
    @Nullable
    String backing() {
        return oldest().image().backing();
    }

    /** The root over the disk's content, which a merge does not change. */
    String contentRoot() {
        return requireNonNull(disk.content(), "content").root();
    }

    /**
     * Takes the blocks in which a layer above the oldest has something, by all {@code workers}: there the oldest is
     * shadowed, as far as they do.
     */
    void forEachChanged(Workers workers, ChangedBlock work) throws IOException {
        Changed changed = new Changed();
        workers.run(bench -> {
            long index;
            synchronized (changed) {
                index = changed.next(bench.expected());
            }
            if (index < 0) {
                return false;
            }
            work.take(index, bench);
            return true;
        });
    }

    private static Leaves leaves(List<DiskLayer> layers) {
        return ChainLeaves.of(layers.stream().map(DiskLayer::content).toList());
    }

    @Override
    public void close() throws IOException {
        chain.close();
    }

    private final class Changed {
        private final Leaves leaves = leaves(upper());
        private long cursor;

        /** The next changed block, whose digest goes to {@code digest}, or -1. */
        long next(byte[] digest) throws IOException {
            while (cursor < leaves.count()) {
                leaves.seek(cursor);
                if (leaves.kind() == LeafKind.INHERITED) {
                    cursor = leaves.end();
                } else {
                    if (leaves.kind() == LeafKind.ZERO) {
                        System.arraycopy(BlockTree.zeroLeaf(), 0, digest, 0, BlockTree.DIGEST);
                    } else {
                        leaves.digest(digest);
                    }
                    return cursor++;
                }
            }
            return -1;
        }
    }
}
