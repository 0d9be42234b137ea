// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.digest;

import dev.virtwire.backup.internal.repository.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/** Hashes blocks of files and buffers, a partial one as if zeros followed. Not for two threads. */
public final class BlockHasher {
    private static final byte[] ZEROS = new byte[8192];

    private final MessageDigest sha256 = Sha256.digest();
    private @Nullable ByteBuffer own;

    /** The digest of block {@code index} of a file of {@code size} bytes. */
    public byte[] read(FileChannel file, long index, long size) throws IOException {
        ByteBuffer buffer = own == null ? ByteBuffer.allocate(BlockTree.BLOCK) : own;
        own = buffer;
        buffer.clear().limit(BlockTree.blockLength(index, size));
        while (buffer.hasRemaining()) {
            if (file.read(buffer, index * BlockTree.BLOCK + buffer.position()) < 0) {
                throw new IOException("the file became shorter while it was read");
            }
        }
        return hash(buffer.flip());
    }

    /** The digest of a block's bytes, at most a block; the buffer's position stays. */
    public byte[] hash(ByteBuffer block) {
        ByteBuffer bytes = block.duplicate();
        int missing = BlockTree.BLOCK - bytes.remaining();
        sha256.update(bytes);
        for (int left = missing; left > 0; left -= ZEROS.length) {
            sha256.update(ZEROS, 0, Math.min(left, ZEROS.length));
        }
        return sha256.digest();
    }
}
