// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import java.io.IOException;
import java.util.BitSet;

/**
 * Leaves of a disk that were computed from its content, since those in its digest files are not right. 32 bytes of
 * memory for each block that holds data.
 */
public final class ComputedLeaves {
    /** Gives the digest of a block. */
    @FunctionalInterface
    public interface Content {
        /** Computes the digest of block {@code index}. */
        byte[] digest(long index) throws IOException;
    }

    private final int count;
    private final BitSet data;
    private final byte[] digests;

    private ComputedLeaves(int count, BitSet data, byte[] digests) {
        this.count = count;
        this.data = data;
        this.digests = digests;
    }

    /** How many blocks with data there may be. */
    public static int most() {
        return Integer.MAX_VALUE / BlockTree.DIGEST;
    }

    /**
     * Of a disk with {@code count} blocks, of which {@code data} may be something else than zeros.
     *
     * @param data {@link #most} at most
     */
    public static ComputedLeaves of(int count, BitSet data, Content content) throws IOException {
        BitSet kept = (BitSet) data.clone();
        byte[] digests = new byte[data.cardinality() * BlockTree.DIGEST];
        int place = 0;
        for (int i = data.nextSetBit(0); i >= 0; i = data.nextSetBit(i + 1)) {
            System.arraycopy(content.digest(i), 0, digests, place, BlockTree.DIGEST);
            place += BlockTree.DIGEST;
        }
        return new ComputedLeaves(count, kept, digests);
    }

    /** A walk over them; several may be under way at once. */
    public Leaves leaves() {
        return new Walk();
    }

    private final class Walk implements Leaves {
        private int at;
        /** How many blocks with data there are before {@link #at}. */
        private int before;

        @Override
        public long count() {
            return count;
        }

        @Override
        public void seek(long index) {
            if (index < at || index >= count) {
                throw new IllegalArgumentException("leaf " + index + " of " + count + ", standing at " + at);
            }
            for (int i = data.nextSetBit(at); i >= 0 && i < index; i = data.nextSetBit(i + 1)) {
                before++;
            }
            at = (int) index;
        }

        @Override
        public LeafKind kind() {
            return data.get(at) ? LeafKind.DATA : LeafKind.ZERO;
        }

        @Override
        public long end() {
            int end = data.get(at) ? data.nextClearBit(at) : data.nextSetBit(at);
            return end < 0 ? count : Math.min(end, count);
        }

        @Override
        public void digest(byte[] target) {
            System.arraycopy(digests, before * BlockTree.DIGEST, target, 0, BlockTree.DIGEST);
        }
    }
}
