// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import dev.virtwire.repository.internal.format.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** Hashes blocks of files and buffers, a partial one as if zeros followed. Not for two threads. */
public final class BlockHasher {
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
