// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Compares the bytes of an image file, block by block, with their digests. */
public final class FileBlocks implements Workers.Work {
    /** More damaged places than that are counted and not named. */
    private static final int MAX_FINDINGS = 100;

    /**
     * What is wrong in an image file.
     *
     * @param bad its blocks that are wrong
     * @param findings the same as findings, neighbouring blocks together
     */
    public record Verdict(BitSet bad, List<Finding> findings) {}

    private final DiskLayer layer;
    private final BitSet known;
    private final Prefix prefix;
    private final Workers workers;
    private final BlockListener listener;
    private final FileChannel channel;
    private final Leaves leaves;
    private final BitSet bad = new BitSet();
    private long cursor;

    private FileBlocks(
            DiskLayer layer,
            BitSet known,
            Prefix prefix,
            Workers workers,
            BlockListener listener,
            FileChannel channel) {
        this.layer = layer;
        this.known = known;
        this.prefix = prefix;
        this.workers = workers;
        this.listener = listener;
        this.channel = channel;
        this.leaves = layer.digests().blocks();
        this.cursor = prefix.length();
    }

    /**
     * Reads an image file, all of it whatever is found, and returns what is damaged. Of a file of the wrong size
     * everything is.
     *
     * @param known blocks that were found right already and are left out
     * @param prefix up to where all blocks were found right already; it grows from there
     * @param listener told of each block that was read
     */
    public static Verdict check(DiskLayer layer, BitSet known, Prefix prefix, Workers workers, BlockListener listener)
            throws IOException {
        try {
            SmallFiles.requireSize(layer.file(), layer.image().size());
            try (FileChannel channel = FileChannel.open(layer.file(), StandardOpenOption.READ)) {
                FileBlocks blocks = new FileBlocks(layer, known, prefix, workers, listener, channel);
                workers.run(blocks);
                return new Verdict(blocks.bad, blocks.findings());
            }
        } catch (DamagedException e) {
            return new Verdict(all(layer.image().size()), e.findings());
        } catch (FileSystemException e) {
            if (Problems.saysNothingOfTheFile(e)) {
                throw e;
            }
            return new Verdict(
                    all(layer.image().size()),
                    List.of(Finding.of(layer.file(), "cannot be opened: " + Problems.reason(e))));
        }
    }

    private static BitSet all(long size) {
        BitSet all = new BitSet();
        all.set(0, (int) BlockTree.blocks(size));
        return all;
    }

    @Override
    public boolean next(Workers.Bench bench) throws IOException {
        long index;
        synchronized (this) {
            index = known.nextClearBit((int) cursor);
            if (index >= leaves.count()) {
                return false;
            }
            cursor = index + 1;
            prefix.take(index);
            leaves.seek(index);
            if (leaves.kind() == LeafKind.ZERO) {
                System.arraycopy(BlockTree.zeroLeaf(), 0, bench.expected(), 0, BlockTree.DIGEST);
            } else {
                leaves.digest(bench.expected());
            }
        }
        int length = BlockTree.blockLength(index, layer.image().size());
        workers.pace(length);
        boolean good = isGood(bench, index);
        if (good) {
            prefix.finish(index);
        } else {
            bad((int) index);
        }
        listener.checked(index, length, good);
        return true;
    }

    private boolean isGood(Workers.Bench bench, long index) throws IOException {
        try {
            byte[] actual = bench.hasher().read(channel, index, layer.image().size());
            return Arrays.equals(actual, bench.expected());
        } catch (ClosedChannelException e) {
            throw e;
        } catch (IOException e) {
            // A block that the medium does not give back is as damaged as one that it gives back wrong.
            return false;
        }
    }

    private synchronized void bad(int index) {
        bad.set(index);
    }

    private List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        String message = "not the bytes whose SHA-256 is in " + layer.disk().target() + ".digests";
        int places = 0;
        for (int first = bad.nextSetBit(0); first >= 0; places++) {
            int last = bad.nextClearBit(first);
            long begin = (long) first * BlockTree.BLOCK;
            long end = Math.min((long) last * BlockTree.BLOCK, layer.image().size());
            if (places < MAX_FINDINGS) {
                findings.add(new Finding(layer.file(), begin, end - begin, message));
            }
            first = bad.nextSetBit(last);
        }
        if (places > MAX_FINDINGS) {
            findings.add(Finding.of(layer.file(), "has " + (places - MAX_FINDINGS) + " more damaged places"));
        }
        return List.copyOf(findings);
    }
}
