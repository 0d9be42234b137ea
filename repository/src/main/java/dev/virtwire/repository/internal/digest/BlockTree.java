// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import dev.virtwire.repository.internal.format.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A binary tree over a run of blocks. A leaf is the SHA-256 of a block of 1 MiB; what lies beyond the end counts as
 * zeros, in the last block and in as many further blocks as make their number a power of two. A node is the SHA-256 of
 * the byte 1, its left and its right child. So the digest of zeros of any height is known, and costs nothing.
 */
public final class BlockTree {
    /** Bytes in a block. */
    public static final int BLOCK = 1 << 20;

    /** Bytes in a digest. */
    public static final int DIGEST = 32;

    /** Heights that a size in bytes can need: 2⁶³ bytes are 2⁴³ blocks. */
    private static final int HEIGHTS = 44;

    private static final byte NODE = 1;
    private static final byte[][] ZERO = zeros();

    private BlockTree() {}

    private static byte[][] zeros() {
        byte[][] zero = new byte[HEIGHTS][];
        zero[0] = Sha256.of(new byte[BLOCK]);
        MessageDigest digest = Sha256.digest();
        for (int height = 1; height < HEIGHTS; height++) {
            zero[height] = hash(digest, zero[height - 1], zero[height - 1]);
        }
        return zero;
    }

    private static byte[] hash(MessageDigest digest, byte[] left, byte[] right) {
        digest.update(NODE);
        digest.update(left);
        digest.update(right);
        return digest.digest();
    }

    /** How many blocks {@code size} bytes take. */
    public static long blocks(long size) {
        return size / BLOCK + (size % BLOCK == 0 ? 0 : 1);
    }

    /** How many bytes of block {@code index} lie before the end of {@code size} bytes. */
    public static int blockLength(long index, long size) {
        return (int) Math.min(BLOCK, size - index * BLOCK);
    }

    /** Whether a leaf is that of a block of zeros. */
    public static boolean isZero(byte[] leaf) {
        return Arrays.equals(leaf, ZERO[0]);
    }

    /** The leaf of a block of zeros. Not to be changed. */
    public static byte[] zeroLeaf() {
        return ZERO[0];
    }

    /** Takes a tree's leaves from left to right and gives its root; holds one digest a level. */
    public static final class Hasher {
        private final MessageDigest digest = Sha256.digest();
        private final byte[][] pending = new byte[HEIGHTS][];
        private final long blocks;
        private long count;

        /** For a tree over {@code blocks} blocks. */
        public Hasher(long blocks) {
            this.blocks = blocks;
        }

        /** The next block's leaf, which the caller may change afterwards. */
        public void leaf(byte[] leaf) {
            add(isZero(leaf) ? ZERO[0] : leaf.clone(), 0);
        }

        /** The next {@code number} blocks are zeros. */
        public void zeros(long number) {
            long left = number;
            while (left > 0) {
                int aligned = count == 0 ? HEIGHTS - 1 : Long.numberOfTrailingZeros(count);
                int height = Math.min(aligned, Long.SIZE - 1 - Long.numberOfLeadingZeros(left));
                height = Math.min(height, HEIGHTS - 1);
                add(ZERO[height], height);
                left -= 1L << height;
            }
        }

        private void add(byte[] node, int height) {
            byte[] carried = node;
            int level = height;
            byte[] left = pending[level];
            while (left != null) {
                // Known zeros are told by identity, so that sparse disks need no hashing at all.
                boolean zero = left == ZERO[level] && carried == ZERO[level];
                carried = zero ? ZERO[level + 1] : hash(digest, left, carried);
                pending[level] = null;
                level++;
                left = pending[level];
            }
            pending[level] = carried;
            count += 1L << height;
        }

        /**
         * The root, once every leaf was given.
         *
         * @throws IllegalStateException if leaves are missing or too many
         */
        public byte[] root() {
            if (count != blocks) {
                throw new IllegalStateException(count + " leaves were given of " + blocks);
            }
            if (blocks == 0) {
                return ZERO[0].clone();
            }
            int height = blocks == 1 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(blocks - 1);
            zeros((1L << height) - blocks);
            return pending[height].clone();
        }
    }

    /** The root over {@code blocks} blocks of zeros. */
    public static byte[] zeroRoot(long blocks) {
        Hasher hasher = new Hasher(blocks);
        hasher.zeros(blocks);
        return hasher.root();
    }

    /** Hashes blocks of files and buffers, a partial one as if zeros followed. Not for two threads. */
    public static final class LeafHasher {
        /** What is read is hashed while it is still in the processor's cache. */
        private static final int PIECE = 128 << 10;

        private static final byte[] ZEROS = new byte[8192];

        private final MessageDigest sha256 = Sha256.digest();
        private @Nullable ByteBuffer own;

        /** The digest of block {@code index} of a file of {@code size} bytes. */
        public byte[] read(FileChannel file, long index, long size) throws IOException {
            ByteBuffer piece = own == null ? ByteBuffer.allocateDirect(PIECE) : own;
            own = piece;
            int length = BlockTree.blockLength(index, size);
            sha256.reset();
            for (int at = 0; at < length; at += piece.limit()) {
                piece.clear().limit(Math.min(PIECE, length - at));
                while (piece.hasRemaining()) {
                    if (file.read(piece, index * BlockTree.BLOCK + at + piece.position()) < 0) {
                        throw new IOException("the file became shorter while it was read");
                    }
                }
                sha256.update(piece.flip());
            }
            return finish(length);
        }

        /** The digest of a block's bytes, at most a block; the buffer's position stays. */
        public byte[] hash(ByteBuffer block) {
            sha256.update(block.duplicate());
            return finish(block.remaining());
        }

        private byte[] finish(int length) {
            for (int left = BlockTree.BLOCK - length; left > 0; left -= ZEROS.length) {
                sha256.update(ZEROS, 0, Math.min(left, ZEROS.length));
            }
            return sha256.digest();
        }
    }
}
