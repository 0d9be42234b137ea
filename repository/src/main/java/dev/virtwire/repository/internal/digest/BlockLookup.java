// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import java.io.IOException;
import java.util.Arrays;

/**
 * Finds the digest of any block of an image file; neighbours are cheapest. Remembers where every sixteenth run begins.
 * Not for two threads.
 */
public final class BlockLookup {
    private static final int STEP = 16;

    private final RunLeaves leaves;
    private long[] firsts = new long[16];
    private long[] places = new long[16];
    private int size;

    BlockLookup(RunLeaves leaves, long sectionAt) throws IOException {
        this.leaves = leaves;
        long at = sectionAt;
        long leaf = 0;
        for (long run = 0; leaf < leaves.count(); run++) {
            if (run % STEP == 0) {
                add(leaf, at);
            }
            leaves.seek(leaf);
            leaf = leaves.end();
            at = leaves.nextRunAt();
        }
    }

    private void add(long first, long place) {
        if (size == firsts.length) {
            firsts = Arrays.copyOf(firsts, size * 2);
            places = Arrays.copyOf(places, size * 2);
        }
        firsts[size] = first;
        places[size] = place;
        size++;
    }

    /** Copies the digest of block {@code index}; {@code target} takes 32 bytes. */
    public void digest(long index, byte[] target) throws IOException {
        if (!leaves.seekInRun(index)) {
            int found = Arrays.binarySearch(firsts, 0, size, index);
            int before = found >= 0 ? found : -found - 2;
            leaves.restart(places[before], firsts[before]);
            leaves.seek(index);
        }
        if (leaves.kind() == LeafKind.ZERO) {
            System.arraycopy(BlockTree.zeroLeaf(), 0, target, 0, BlockTree.DIGEST);
        } else {
            leaves.digest(target);
        }
    }
}
