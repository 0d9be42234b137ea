// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.internal.Workers;
import dev.virtwire.backup.internal.copy.CopyMeter;
import dev.virtwire.backup.internal.digest.BlockLookup;
import dev.virtwire.backup.internal.digest.BlockTree;
import dev.virtwire.backup.internal.digest.LeafKind;
import dev.virtwire.backup.internal.digest.Leaves;
import dev.virtwire.backup.internal.verify.BlockListener;
import dev.virtwire.backup.internal.verify.DiskChain;
import dev.virtwire.backup.internal.verify.DiskLayer;
import dev.virtwire.backup.internal.verify.FileBlocks;
import dev.virtwire.backup.internal.verify.Prefix;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.image.ImageWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Reads one disk through its chain and writes it flattened. Every block of the disk is compared with its digest before
 * it is written; blocks of the image files that were seen on the way count as read, and the rest of the files is read
 * afterwards, so that nothing is restored from a repository with any damage in the chain.
 */
final class DiskRestore implements Workers.Work {
    private final DiskChain chain;
    private final ImageChain images;
    private final DataWriter writer;
    private final Workers workers;
    private final CopyMeter meter;
    private final long size;
    private final Leaves leaves;
    private final byte[] stored = new byte[BlockTree.DIGEST];
    private final List<BlockLookup> lookups = new ArrayList<>();
    private final List<BitSet> seen = new ArrayList<>();
    private long cursor;

    private DiskRestore(DiskChain chain, ImageChain images, DataWriter writer, Workers workers, CopyMeter meter)
            throws IOException {
        this.chain = chain;
        this.images = images;
        this.writer = writer;
        this.workers = workers;
        this.meter = meter;
        this.size = chain.top().disk().virtualSize();
        this.leaves = chain.leaves();
        for (DiskLayer layer : chain.layers()) {
            lookups.add(layer.digests().lookup());
            seen.add(new BitSet());
        }
    }

    /**
     * Writes the disk; the writer is finished by the caller.
     *
     * @throws DamagedException where anything in the chain is damaged
     * @throws IOException where the new image cannot be written
     */
    static void run(DiskChain chain, ImageWriter writer, Workers workers, CopyMeter meter) throws IOException {
        try (ImageChain images = chain.openImages()) {
            DiskRestore restore = new DiskRestore(chain, images, new DataWriter(writer, meter), workers, meter);
            workers.run(restore);
            requireIntact(chain, restore.seen, workers);
        } catch (NotTheContent e) {
            requireIntact(chain, unseen(chain), workers);
            throw new DamagedException(e.finding);
        } catch (ImageException e) {
            if (!belongsTo(chain, e)) {
                throw e;
            }
            requireIntact(chain, unseen(chain), workers);
            throw new DamagedException(DiskChain.finding(e));
        }
    }

    /** Ends the work of all threads; only then is it found out which bytes of which file are damaged. */
    private static final class NotTheContent extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final transient Finding finding;

        NotTheContent(Finding finding) {
            super(finding.toString());
            this.finding = finding;
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
    public boolean next(Workers.Bench bench) throws IOException {
        long index = take(bench.expected());
        if (index < 0) {
            return false;
        }
        long offset = index * BlockTree.BLOCK;
        int length = BlockTree.blockLength(index, size);
        workers.pace(length);
        ByteBuffer buffer = bench.buffer(length);
        images.read(offset, buffer);
        if (!Arrays.equals(bench.hasher().hash(buffer.flip()), bench.expected())) {
            throw new NotTheContent(Finding.of(
                    chain.top().file(),
                    "bytes " + offset + " to " + (offset + length - 1)
                            + " of the disk are not what the guest had there"));
        }
        remember(offset, length, bench.expected());
        writer.write(offset, buffer);
        meter.passed(length);
        return true;
    }

    /** The next block that is not zeros. */
    private synchronized long take(byte[] expected) throws IOException {
        while (cursor < leaves.count()) {
            long index = cursor;
            leaves.seek(index);
            if (leaves.kind() != LeafKind.ZERO) {
                leaves.digest(expected);
                cursor = index + 1;
                return index;
            }
            cursor = leaves.end();
            meter.passed(Math.min(cursor * BlockTree.BLOCK, size) - index * BlockTree.BLOCK);
        }
        return -1;
    }

    /** A block of a file that was just read whole, and whose digest is the same, needs no second reading. */
    private void remember(long offset, int length, byte[] expected) throws IOException {
        List<ImageExtent> extents = images.extents(offset, length);
        ImageExtent first = extents.get(0);
        if (extents.size() == 1
                && length == BlockTree.BLOCK
                && first.kind() == ImageExtent.Kind.DATA
                && first.hostOffset() >= 0
                && first.hostOffset() % BlockTree.BLOCK == 0) {
            long block = first.hostOffset() / BlockTree.BLOCK;
            synchronized (this) {
                lookups.get(first.depth()).digest(block, stored);
                if (Arrays.equals(stored, expected)) {
                    seen.get(first.depth()).set((int) block);
                }
            }
        }
    }
}
