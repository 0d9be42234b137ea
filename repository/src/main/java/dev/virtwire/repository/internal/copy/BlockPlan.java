// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.internal.digest.BlockTree;

/** What is known of one block before it is read: which of its clusters to write, and which of its bytes to read. */
final class BlockPlan {
    /** Reads begin and end at multiples of it: zeros in between are cheaper read than left out. */
    private static final int GRAIN = 4096;

    private static final int GRAINS = BlockTree.BLOCK / GRAIN;

    final long offset;
    final int length;
    final int clusterSize;
    private final boolean[] data = new boolean[GRAINS];
    private final boolean[] changed;

    BlockPlan(long offset, int length, int clusterSize) {
        this.offset = offset;
        this.length = length;
        this.clusterSize = clusterSize;
        this.changed = new boolean[BlockTree.BLOCK / clusterSize];
    }

    /** A range of the block, in bytes from its beginning. */
    void range(int begin, int end, boolean isZero, boolean isChanged) {
        if (!isZero) {
            mark(data, begin, end, GRAIN);
        }
        if (isChanged) {
            mark(changed, begin, end, clusterSize);
        }
    }

    private static void mark(boolean[] bits, int begin, int end, int unit) {
        for (int i = begin / unit; i * unit < end; i++) {
            bits[i] = true;
        }
    }

    /** Whether the cluster at this byte of the block is to be written. */
    boolean isChanged(int at) {
        return changed[at / clusterSize];
    }

    /** The first byte to read at or after {@code from}, or the block's length. */
    int nextData(int from) {
        return next(from, true);
    }

    /** The first byte not to read at or after {@code from}, or the block's length. */
    int nextHole(int from) {
        return next(from, false);
    }

    private int next(int from, boolean wanted) {
        int grain = from / GRAIN;
        while (grain * GRAIN < length && data[grain] != wanted) {
            grain++;
        }
        return Math.min(Math.max(from, grain * GRAIN), length);
    }
}
