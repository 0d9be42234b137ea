// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.BitSet;

/**
 * What a disk held at one moment, as the SHA-256 of each of its blocks: the truth, in little memory.
 *
 * @param size the disk's size in bytes
 * @param digests the digest of each block; what lies beyond the disk's end counts as zeros
 */
record Blocks(long size, byte[][] digests) {
    static final int BLOCK = 1 << 20;
    private static final byte[] ZEROS = new byte[BLOCK];
    private static final byte[] OF_ZEROS = sha256(ZEROS);

    static int count(long size) {
        return (int) ((size + BLOCK - 1) / BLOCK);
    }

    /** The digest of a block of a raw image. */
    static byte[] digest(FileChannel raw, int block) throws IOException {
        byte[] bytes = new byte[BLOCK];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        long begin = (long) block * BLOCK;
        while (buffer.hasRemaining()) {
            if (raw.read(buffer, begin + buffer.position()) < 0) {
                break;
            }
        }
        return Arrays.equals(bytes, ZEROS) ? OF_ZEROS : sha256(bytes);
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The blocks in which a raw image is not that. */
    BitSet wrongIn(Path raw) throws IOException {
        BitSet wrong = new BitSet();
        try (FileChannel channel = FileChannel.open(raw, StandardOpenOption.READ)) {
            if (channel.size() != size) {
                throw new AssertionError(raw + " has " + channel.size() + " bytes instead of " + size);
            }
            for (int i = 0; i < digests.length; i++) {
                wrong.set(i, !Arrays.equals(digest(channel, i), digests[i]));
            }
        }
        return wrong;
    }
}
