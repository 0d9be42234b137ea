// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.chain.BlockListener;
import dev.virtwire.repository.internal.chain.ContentReader;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.chain.FileBlocks;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.digest.BlockLookup;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Reads one disk through its chain and writes it flattened. Blocks of the image files that were seen on the way count
 * as read, and the rest of the files is read afterwards, so that nothing is restored from a repository with any damage
 * in the chain.
 */
public final class DiskRestore implements ContentReader.Sink {
    private final ContentReader content;
    private final DataWriter writer;
    private final CopyMeter meter;
    private final byte[] stored = new byte[BlockTree.DIGEST];
    private final List<BlockLookup> lookups = new ArrayList<>();
    private final List<BitSet> seen = new ArrayList<>();

    private DiskRestore(DiskChain chain, ContentReader content, TargetDisk target, CopyMeter meter) throws IOException {
        this.content = content;
        this.writer = new DataWriter(target, meter);
        this.meter = meter;
        for (DiskLayer layer : chain.layers()) {
            lookups.add(layer.digests().lookup());
            seen.add(new BitSet());
        }
    }

    /**
     * Writes the disk; the target is finished by the caller.
     *
     * @throws DamagedException if anything in the chain is damaged
     * @throws IOException if the target cannot be written
     */
    public static void run(DiskChain chain, TargetDisk target, Workers workers, CopyMeter meter) throws IOException {
        requireIntact(chain, read(chain, target, workers, meter), workers);
    }

    /**
     * Writes the disk and returns which blocks of the files were seen to be right; or finds out what is damaged in
     * them.
     */
    private static List<BitSet> read(DiskChain chain, TargetDisk target, Workers workers, CopyMeter meter)
            throws IOException {
        try (ContentReader content = ContentReader.open(chain)) {
            DiskRestore restore = new DiskRestore(chain, content, target, meter);
            content.readAll(workers, new Prefix(0), restore);
            return restore.seen;
        } catch (DamagedException e) {
            requireIntact(chain, unseen(chain), workers);
            throw e;
        } catch (ImageException e) {
            if (!belongsTo(chain, e) || e.isReplaced()) {
                throw e;
            }
            requireIntact(chain, unseen(chain), workers);
            throw new DamagedException(DiskChain.finding(e));
        }
    }

    private static boolean belongsTo(DiskChain chain, ImageException e) {
        return chain.layers().stream().anyMatch(layer -> layer.file().equals(e.file()));
    }

    private static List<BitSet> unseen(DiskChain chain) {
        return chain.layers().stream().map(layer -> new BitSet()).toList();
    }

    private static void requireIntact(DiskChain chain, List<BitSet> known, Workers workers) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < known.size(); i++) {
            findings.addAll(
                    FileBlocks.check(chain.layers().get(i), known.get(i), new Prefix(0), workers, BlockListener.NONE));
        }
        if (!findings.isEmpty()) {
            throw new DamagedException(findings);
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

    /** A block of a file that was just read whole, and whose digest is the same, needs no second reading. */
    private void remember(long offset, int length, byte[] digest) throws IOException {
        List<ImageExtent> extents = content.images().extents(offset, length);
        ImageExtent first = extents.get(0);
        if (extents.size() == 1
                && length == BlockTree.BLOCK
                && first.kind() == ImageExtent.Kind.DATA
                && first.hostOffset() >= 0
                && first.hostOffset() % BlockTree.BLOCK == 0) {
            long block = first.hostOffset() / BlockTree.BLOCK;
            synchronized (this) {
                lookups.get(first.depth()).digest(block, stored);
                if (Arrays.equals(stored, digest)) {
                    seen.get(first.depth()).set((int) block);
                }
            }
        }
    }
}
