// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.verify;

import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.internal.digest.BlockHasher;
import dev.virtwire.backup.internal.digest.BlockTree;
import dev.virtwire.backup.internal.digest.LeafKind;
import dev.virtwire.backup.internal.digest.Leaves;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.LongConsumer;

/** Compares the bytes of an image file, block by block, with their digests. */
public final class FileBlocks {
    /** A file with more damaged places than that needs no further ones. */
    private static final int MAX_FINDINGS = 100;

    private final DiskLayer layer;
    private final BitSet known;
    private final LongConsumer read;
    private final BlockHasher hasher = new BlockHasher();
    private final List<Finding> findings = new ArrayList<>();
    private final byte[] expected = new byte[BlockTree.DIGEST];
    private long badBegin = -1;

    private FileBlocks(DiskLayer layer, BitSet known, LongConsumer read) {
        this.layer = layer;
        this.known = known;
        this.read = read;
    }

    /**
     * Reads an image file and returns what is damaged, neighbouring blocks together.
     *
     * @param known blocks that were found right already and are left out
     * @param read told of bytes that were read
     */
    public static List<Finding> check(DiskLayer layer, BitSet known, LongConsumer read) throws IOException {
        try {
            SmallFiles.requireSize(layer.file(), layer.image().size());
        } catch (DamagedException e) {
            return e.findings();
        }
        return new FileBlocks(layer, known, read).run();
    }

    private List<Finding> run() throws IOException {
        Leaves leaves = layer.digests().blocks();
        try (FileChannel channel = FileChannel.open(layer.file(), StandardOpenOption.READ)) {
            for (long i = 0; i < leaves.count() && findings.size() < MAX_FINDINGS; i++) {
                if (known.get((int) i)) {
                    end(i);
                    continue;
                }
                leaves.seek(i);
                if (isGood(channel, leaves, i)) {
                    end(i);
                } else if (badBegin < 0) {
                    badBegin = i;
                }
                read.accept(BlockTree.blockLength(i, layer.image().size()));
            }
            end(leaves.count());
        }
        return List.copyOf(findings);
    }

    private boolean isGood(FileChannel channel, Leaves leaves, long index) throws IOException {
        byte[] actual;
        try {
            actual = hasher.read(channel, index, layer.image().size());
        } catch (IOException e) {
            // A block that the medium does not give back is as damaged as one that it gives back wrong.
            return false;
        }
        if (leaves.kind() == LeafKind.ZERO) {
            return BlockTree.isZero(actual);
        }
        leaves.digest(expected);
        return Arrays.equals(actual, expected);
    }

    private void end(long block) {
        if (badBegin >= 0) {
            long begin = badBegin * BlockTree.BLOCK;
            long end = Math.min(block * BlockTree.BLOCK, layer.image().size());
            String digests = layer.disk().target() + ".digests";
            findings.add(new Finding(layer.file(), begin, end - begin, "not the bytes whose SHA-256 is in " + digests));
            badBegin = -1;
        }
    }
}
