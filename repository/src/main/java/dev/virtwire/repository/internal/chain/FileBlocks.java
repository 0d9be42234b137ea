// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.digest.LeafKind;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/** Compares the bytes of an image file, block by block, with their digests. */
public final class FileBlocks implements Workers.Work {
    /** A file with more damaged places than that needs no further ones. */
    private static final int MAX_FINDINGS = 100;

    private final DiskLayer layer;
    private final BitSet known;
    private final Prefix prefix;
    private final Workers workers;
    private final BlockListener listener;
    private final FileChannel channel;
    private final Leaves leaves;
    private final BitSet bad = new BitSet();
    private int badRuns;
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
     * Reads an image file and returns what is damaged, neighbouring blocks together.
     *
     * @param known blocks that were found right already and are left out
     * @param prefix up to where all blocks were found right already; it grows from there
     * @param listener told of each block that was read
     */
    public static List<Finding> check(
            DiskLayer layer, BitSet known, Prefix prefix, Workers workers, BlockListener listener) throws IOException {
        try {
            SmallFiles.requireSize(layer.file(), layer.image().size());
        } catch (DamagedException e) {
            return e.findings();
        }
        try (FileChannel channel = FileChannel.open(layer.file(), StandardOpenOption.READ)) {
            FileBlocks blocks = new FileBlocks(layer, known, prefix, workers, listener, channel);
            workers.run(blocks);
            return blocks.findings();
        }
    }

    @Override
    public boolean next(Workers.Bench bench) throws IOException {
        long index;
        synchronized (this) {
            index = known.nextClearBit((int) cursor);
            if (index >= leaves.count() || badRuns >= MAX_FINDINGS) {
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
        boolean joinsLeft = index > 0 && bad.get(index - 1);
        boolean joinsRight = bad.get(index + 1);
        badRuns += 1 - (joinsLeft ? 1 : 0) - (joinsRight ? 1 : 0);
        bad.set(index);
    }

    private List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        String message = "not the bytes whose SHA-256 is in " + layer.disk().target() + ".digests";
        for (int first = bad.nextSetBit(0); first >= 0 && findings.size() < MAX_FINDINGS; ) {
            int last = bad.nextClearBit(first);
            long begin = (long) first * BlockTree.BLOCK;
            long end = Math.min((long) last * BlockTree.BLOCK, layer.image().size());
            findings.add(new Finding(layer.file(), begin, end - begin, message));
            first = bad.nextSetBit(last);
        }
        return List.copyOf(findings);
    }
}
