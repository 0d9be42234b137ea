// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.internal.digest.BlockTree;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.work.CopyMeter;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Writes what of a block is not zeros, in pieces of at least 64 KiB. For several threads. */
final class DataWriter {
    private static final int LEAST = 64 << 10;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(BlockTree.BLOCK).asReadOnlyBuffer();

    private final TargetDisk target;
    private final CopyMeter meter;
    private final int unit;

    DataWriter(TargetDisk target, CopyMeter meter) {
        this.target = target;
        this.meter = meter;
        this.unit = Math.max(target.grain(), LEAST);
    }

    /** Writes the block that the buffer holds from 0 to its limit. */
    void write(long offset, ByteBuffer buffer) throws IOException {
        int length = buffer.limit();
        for (int at = 0; at < length; ) {
            int end = Math.min(length, at + unit);
            boolean zero = isZero(buffer, at, end);
            while (end < length && isZero(buffer, end, Math.min(length, end + unit)) == zero) {
                end = Math.min(length, end + unit);
            }
            if (!zero) {
                target.write(offset + at, buffer.slice(at, end - at));
                meter.moved(end - at);
            }
            at = end;
        }
    }

    private static boolean isZero(ByteBuffer buffer, int begin, int end) {
        return buffer.slice(begin, end - begin).mismatch(ZEROS.slice(0, end - begin)) < 0;
    }
}
