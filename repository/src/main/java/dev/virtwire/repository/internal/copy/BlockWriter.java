// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.format.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Hashes a block that was read and writes what of it is to be written. One for each worker. */
final class BlockWriter {
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(BlockTree.BLOCK).asReadOnlyBuffer();

    private final CopyTarget target;
    private final BlockTree.LeafHasher hasher = new BlockTree.LeafHasher();
    private final MessageDigest sha256 = Sha256.digest();

    BlockWriter(CopyTarget target) {
        this.target = target;
    }

    /**
     * Writes the block in {@code buffer}, from position 0 to its limit, and returns its digest. One that {@link
     * Plan#isInherited is the parent's} is not written.
     */
    byte[] write(Plan plan, ByteBuffer buffer) throws IOException {
        byte[] digest = isZero(buffer, 0, plan.length) ? BlockTree.zeroLeaf() : hasher.hash(buffer);
        if (plan.isInherited(digest)) {
            // No run that resumes this one could prove it, so that the log does not say it.
            return digest;
        }
        List<CopyLog.Piece> pieces = new ArrayList<>(1);
        int at = 0;
        while (at < plan.length) {
            int end = at + lengthOf(plan, at);
            boolean zero = isZero(buffer, at, end);
            if (!plan.isChanged(at)) {
                at = end;
                continue;
            }
            while (end < plan.length && plan.isChanged(end) && isZero(buffer, end, end + lengthOf(plan, end)) == zero) {
                end += lengthOf(plan, end);
            }
            if (!zero) {
                pieces.add(new CopyLog.Piece(at, end - at, writeData(plan, buffer, at, end, digest)));
            } else if (target.increment()) {
                target.image().writeZeroes(plan.offset + at, end - at);
                pieces.add(new CopyLog.Piece(at, end - at, CopyLog.Piece.ZEROES));
            }
            at = end;
        }
        CopyLog log = target.log();
        if (log != null) {
            log.add(new CopyLog.Entry(plan.offset / BlockTree.BLOCK, digest, check(pieces, buffer, digest), pieces));
        }
        return digest;
    }

    /** Tells later what of the block is in the image from what a crash left of it. */
    private byte[] check(List<CopyLog.Piece> pieces, ByteBuffer buffer, byte[] digest) {
        if (isWhole(pieces)) {
            return digest;
        }
        for (CopyLog.Piece piece : pieces) {
            if (!piece.isZero()) {
                sha256.update(buffer.slice(piece.at(), piece.length()));
            }
        }
        return sha256.digest();
    }

    /**
     * Takes a block that an earlier run copied as it lies in the image.
     *
     * @param buffer room for the block; what is in it then is anything
     * @return false if it is not what it was, or not what the plan wants: it has to be copied
     */
    boolean adopt(Plan plan, CopyLog.Entry entry, ByteBuffer buffer) throws IOException {
        buffer.clear();
        if (target.increment() && !isWhatChanged(plan, entry.pieces())) {
            return false;
        }
        for (CopyLog.Piece piece : entry.pieces()) {
            if (!piece.isZero() && !target.image().read(piece.hostOffset(), buffer.slice(piece.at(), piece.length()))) {
                return false;
            }
        }
        byte[] found = isWhole(entry.pieces()) ? hasher.hash(buffer) : check(entry.pieces(), buffer, entry.digest());
        if (!Arrays.equals(found, entry.check())) {
            return false;
        }
        boolean first = true;
        for (CopyLog.Piece piece : entry.pieces()) {
            if (!adopt(plan.offset + piece.at(), piece, entry.digest())) {
                if (first) {
                    return false;
                }
                throw new RepositoryException(
                        "two blocks that an earlier run copied lie at one place of its image; begin again");
            }
            first = false;
        }
        return true;
    }

    private boolean adopt(long guestOffset, CopyLog.Piece piece, byte[] digest) throws IOException {
        if (piece.isZero()) {
            target.image().writeZeroes(guestOffset, piece.length());
            return true;
        }
        if (!target.image().adopt(guestOffset, piece.length(), piece.hostOffset())) {
            return false;
        }
        spool(piece.length(), piece.hostOffset(), digest);
        return true;
    }

    private static boolean isWhole(List<CopyLog.Piece> pieces) {
        return pieces.size() == 1 && pieces.get(0).length() == BlockTree.BLOCK;
    }

    /** What changed is the same for all runs of one job; a log that says otherwise is of another. */
    private static boolean isWhatChanged(Plan plan, List<CopyLog.Piece> pieces) {
        boolean[] written = new boolean[plan.length / plan.clusterSize + 1];
        for (CopyLog.Piece piece : pieces) {
            for (int at = piece.at(); at < piece.at() + piece.length(); at += plan.clusterSize) {
                written[at / plan.clusterSize] = true;
            }
        }
        for (int at = 0; at < plan.length; at += plan.clusterSize) {
            if (plan.isChanged(at) != written[at / plan.clusterSize]) {
                return false;
            }
        }
        return true;
    }

    private long writeData(Plan plan, ByteBuffer buffer, int at, int end, byte[] digest) throws IOException {
        long hostOffset = target.image().write(plan.offset + at, buffer.slice(at, end - at));
        spool(end - at, hostOffset, digest);
        return hostOffset;
    }

    /** A whole block that comes to lie on a whole block of the file has been hashed for both. */
    private void spool(int length, long hostOffset, byte[] digest) throws IOException {
        if (length == BlockTree.BLOCK && hostOffset >= 0 && hostOffset % BlockTree.BLOCK == 0) {
            target.spool().put(hostOffset / BlockTree.BLOCK, digest);
        }
    }

    private static int lengthOf(Plan plan, int at) {
        return Math.min(plan.clusterSize, plan.length - at);
    }

    private static boolean isZero(ByteBuffer buffer, int begin, int end) {
        return buffer.slice(begin, end - begin).mismatch(ZEROS.slice(0, end - begin)) < 0;
    }

    /** What is known of one block before it is read: which of its clusters to write, and which of its bytes to read. */
    static final class Plan {
        /** Reads begin and end at multiples of it: zeros in between are cheaper read than left out. */
        private static final int GRAIN = 4096;

        private static final int GRAINS = BlockTree.BLOCK / GRAIN;

        final long offset;
        final int length;
        final int clusterSize;
        private final boolean[] data = new boolean[GRAINS];
        private final boolean[] changed;
        private final byte @Nullable [] parentLeaf;

        Plan(long offset, int length, int clusterSize, byte @Nullable [] parentLeaf) {
            this.offset = offset;
            this.length = length;
            this.clusterSize = clusterSize;
            this.parentLeaf = parentLeaf;
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

        /** Whether a block with that digest is compared with the parent's, and the same. */
        boolean isInherited(byte[] digest) {
            return parentLeaf != null && Arrays.equals(parentLeaf, digest);
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
}
