// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.image.ImageExtent;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.digest.BlockLookup;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads one disk through its chain and writes it flattened. What is written is right, block by block, whatever else is
 * damaged. Blocks of the image files that were seen on the way count as read, and the rest of the files is read
 * afterwards, so that damage anywhere in the chain is told.
 */
public final class DiskRestore implements ContentReader.Sink {
    private final ContentReader content;
    private final DataWriter writer;
    private final CopyMeter meter;
    private final boolean salvage;
    private final byte[] stored = new byte[BlockTree.DIGEST];
    private final List<@Nullable BlockLookup> lookups = new ArrayList<>();
    private final List<BitSet> seen;
    private final BitSet lost = new BitSet();

    private DiskRestore(
            DiskChain chain,
            ContentReader content,
            List<BitSet> seen,
            TargetDisk target,
            CopyMeter meter,
            boolean salvage)
            throws IOException {
        this.content = content;
        this.seen = seen;
        this.writer = new DataWriter(target, meter);
        this.meter = meter;
        this.salvage = salvage;
        for (DiskLayer layer : chain.layers()) {
            lookups.add(layer.provesFile() ? layer.digests().lookup() : null);
        }
    }

    /**
     * Writes the disk; the target is finished by the caller.
     *
     * @param losses gets what is damaged in the files of the chain, and what of the disk is lost by that
     * @throws DamagedException if a block is lost, unless the losses are salvaged
     * @throws IOException if the target cannot be written
     */
    public static void run(
            DomainStore domain,
            Point point,
            ManifestDisk disk,
            TargetDisk target,
            Workers workers,
            CopyMeter meter,
            Losses losses)
            throws IOException {
        List<Finding> problems = new ArrayList<>();
        try (DiskChain chain = DiskChain.openAnyhow(domain, point, disk, problems)) {
            List<BitSet> seen = new ArrayList<>();
            chain.layers().forEach(layer -> seen.add(new BitSet()));
            DamagedException failure = null;
            boolean wrong = true;
            try (ContentReader content = ContentReader.openAnyhow(chain)) {
                DiskRestore restore = new DiskRestore(chain, content, seen, target, meter, losses.salvages());
                content.readAll(workers, new Prefix(0), restore);
                losses.lost(disk, restore.lost);
                wrong = !restore.lost.isEmpty();
            } catch (DamagedException e) {
                failure = e;
            }
            List<Finding> found = losses.check(chain, problems, seen, wrong, workers);
            if (failure != null) {
                throw found.isEmpty() ? failure : new DamagedException(found);
            }
        }
    }

    @Override
    public void block(long index, ByteBuffer block, byte[] digest) throws IOException {
        remember(index * BlockTree.BLOCK, block.limit(), digest);
        int length = block.limit();
        writer.write(index * BlockTree.BLOCK, block);
        meter.passed(length);
    }

    @Override
    public void zeros(long first, long end) {
        meter.passed(Math.min(end * BlockTree.BLOCK, content.size()) - first * BlockTree.BLOCK);
    }

    @Override
    public void lost(long index, DamagedException why) {
        if (!salvage) {
            throw why;
        }
        synchronized (lost) {
            lost.set((int) index);
        }
        meter.passed(BlockTree.blockLength(index, content.size()));
    }

    /** A block of a file that was just read whole, and whose digest is the same, needs no second reading. */
    private void remember(long offset, int length, byte[] digest) throws IOException {
        List<ImageExtent> extents = content.images().extents(offset, length);
        ImageExtent first = extents.get(0);
        BlockLookup lookup = lookups.get(first.depth());
        if (lookup != null
                && extents.size() == 1
                && length == BlockTree.BLOCK
                && first.kind() == ImageExtent.Kind.DATA
                && first.hostOffset() >= 0
                && first.hostOffset() % BlockTree.BLOCK == 0) {
            long block = first.hostOffset() / BlockTree.BLOCK;
            synchronized (this) {
                lookup.digest(block, stored);
                if (Arrays.equals(stored, digest)) {
                    seen.get(first.depth()).set((int) block);
                }
            }
        }
    }
}
