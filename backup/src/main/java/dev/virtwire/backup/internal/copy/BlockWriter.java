// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.copy;

import dev.virtwire.backup.internal.digest.BlockHasher;
import dev.virtwire.backup.internal.digest.BlockTree;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Hashes a block that was read and writes what of it is to be written. One for each worker. */
final class BlockWriter {
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(BlockTree.BLOCK).asReadOnlyBuffer();

    private final CopyTarget target;
    private final BlockHasher hasher = new BlockHasher();

    BlockWriter(CopyTarget target) {
        this.target = target;
    }

    /** Writes the block in {@code buffer}, from position 0 to its limit, and returns its digest. */
    byte[] write(BlockPlan plan, ByteBuffer buffer) throws IOException {
        byte[] digest = isZero(buffer, 0, plan.length) ? BlockTree.zeroLeaf() : hasher.hash(buffer);
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
                writeData(plan, buffer, at, end, digest);
            } else if (target.increment()) {
                target.image().writeZeroes(plan.offset + at, end - at);
            }
            at = end;
        }
        return digest;
    }

    /** A whole block that comes to lie on a whole block of the file has been hashed for both. */
    private void writeData(BlockPlan plan, ByteBuffer buffer, int at, int end, byte[] digest) throws IOException {
        long hostOffset = target.image().write(plan.offset + at, buffer.slice(at, end - at));
        if (end - at == BlockTree.BLOCK && hostOffset >= 0 && hostOffset % BlockTree.BLOCK == 0) {
            target.spool().put(hostOffset / BlockTree.BLOCK, digest);
        }
    }

    private static int lengthOf(BlockPlan plan, int at) {
        return Math.min(plan.clusterSize, plan.length - at);
    }

    private static boolean isZero(ByteBuffer buffer, int begin, int end) {
        return buffer.slice(begin, end - begin).mismatch(ZEROS.slice(0, end - begin)) < 0;
    }
}
