// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.internal.copy.CopyMeter;
import dev.virtwire.backup.internal.digest.BlockHasher;
import dev.virtwire.backup.internal.digest.BlockLookup;
import dev.virtwire.backup.internal.digest.BlockTree;
import dev.virtwire.backup.internal.digest.LeafKind;
import dev.virtwire.backup.internal.digest.Leaves;
import dev.virtwire.backup.internal.verify.DiskChain;
import dev.virtwire.backup.internal.verify.DiskLayer;
import dev.virtwire.backup.internal.verify.FileBlocks;
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
final class DiskRestore {
    private final DiskChain chain;
    private final ImageChain images;
    private final ImageWriter writer;
    private final CopyMeter meter;
    private final long size;
    private final BlockHasher hasher = new BlockHasher();
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BlockTree.BLOCK);
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(BlockTree.BLOCK);
    private final byte[] expected = new byte[BlockTree.DIGEST];
    private final byte[] stored = new byte[BlockTree.DIGEST];
    private final List<BlockLookup> lookups = new ArrayList<>();
    private final List<BitSet> seen = new ArrayList<>();

    private DiskRestore(DiskChain chain, ImageChain images, ImageWriter writer, CopyMeter meter) throws IOException {
        this.chain = chain;
        this.images = images;
        this.writer = writer;
        this.meter = meter;
        this.size = chain.top().disk().virtualSize();
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
    static void run(DiskChain chain, ImageWriter writer, CopyMeter meter) throws IOException {
        try (ImageChain images = chain.openImages()) {
            DiskRestore restore = new DiskRestore(chain, images, writer, meter);
            restore.copy();
            restore.requireRest();
        } catch (ImageException e) {
            if (!belongsTo(chain, e)) {
                throw e;
            }
            requireIntact(chain);
            throw new DamagedException(DiskChain.finding(e));
        }
    }

    private static boolean belongsTo(DiskChain chain, ImageException e) {
        return chain.layers().stream().anyMatch(layer -> layer.file().equals(e.file()));
    }

    /** Finds the damaged places themselves, where all that is known is that something is wrong. */
    private static void requireIntact(DiskChain chain) throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (DiskLayer layer : chain.layers()) {
            findings.addAll(FileBlocks.check(layer, new BitSet(), read -> {}));
        }
        if (!findings.isEmpty()) {
            throw new DamagedException(findings);
        }
    }

    private void copy() throws IOException {
        Leaves leaves = chain.leaves();
        for (long i = 0; i < leaves.count(); ) {
            leaves.seek(i);
            if (leaves.kind() == LeafKind.ZERO) {
                long end = Math.min(leaves.end() * BlockTree.BLOCK, size);
                meter.passed(end - i * BlockTree.BLOCK);
                i = leaves.end();
            } else {
                leaves.digest(expected);
                block(i);
                i++;
            }
        }
    }

    private void block(long index) throws IOException {
        long offset = index * BlockTree.BLOCK;
        int length = BlockTree.blockLength(index, size);
        buffer.clear().limit(length);
        images.read(offset, buffer);
        buffer.flip();
        if (!Arrays.equals(hasher.hash(buffer), expected)) {
            requireIntact(chain);
            throw new DamagedException(Finding.of(
                    chain.top().file(),
                    "bytes " + offset + " to " + (offset + length - 1)
                            + " of the disk are not what the guest had there"));
        }
        remember(offset, length);
        write(offset, length);
        meter.passed(length);
    }

    /** A block of a file that was just read whole, and whose digest is the same, needs no second reading. */
    private void remember(long offset, int length) throws IOException {
        List<ImageExtent> extents = images.extents(offset, length);
        ImageExtent first = extents.get(0);
        if (extents.size() == 1
                && length == BlockTree.BLOCK
                && first.kind() == ImageExtent.Kind.DATA
                && first.hostOffset() >= 0
                && first.hostOffset() % BlockTree.BLOCK == 0) {
            long block = first.hostOffset() / BlockTree.BLOCK;
            lookups.get(first.depth()).digest(block, stored);
            if (Arrays.equals(stored, expected)) {
                seen.get(first.depth()).set((int) block);
            }
        }
    }

    /** Writes what is not zeros, in clusters of at least 64 KiB. */
    private void write(long offset, int length) throws IOException {
        int unit = Math.max(writer.clusterSize(), 64 << 10);
        for (int at = 0; at < length; ) {
            int end = Math.min(length, at + unit);
            boolean zero = isZero(at, end);
            while (end < length && isZero(end, Math.min(length, end + unit)) == zero) {
                end = Math.min(length, end + unit);
            }
            if (!zero) {
                writer.write(offset + at, buffer.slice(at, end - at));
                meter.moved(end - at);
            }
            at = end;
        }
    }

    private boolean isZero(int begin, int end) {
        return buffer.slice(begin, end - begin).mismatch(zeros.slice(0, end - begin)) < 0;
    }

    private void requireRest() throws IOException {
        List<Finding> findings = new ArrayList<>();
        for (int i = 0; i < seen.size(); i++) {
            findings.addAll(FileBlocks.check(chain.layers().get(i), seen.get(i), read -> {}));
        }
        if (!findings.isEmpty()) {
            throw new DamagedException(findings);
        }
    }
}
