// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.internal.copy.CopyMeter;
import dev.virtwire.backup.internal.digest.BlockTree;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageWriter;
import java.nio.ByteBuffer;

/** Writes what of a block is not zeros, in pieces of at least 64 KiB. For several threads. */
final class DataWriter {
    private static final int LEAST = 64 << 10;
    private static final ByteBuffer ZEROS =
            ByteBuffer.allocateDirect(BlockTree.BLOCK).asReadOnlyBuffer();

    private final ImageWriter writer;
    private final CopyMeter meter;
    private final int unit;

    DataWriter(ImageWriter writer, CopyMeter meter) {
        this.writer = writer;
        this.meter = meter;
        this.unit = Math.max(writer.clusterSize(), LEAST);
    }

    /** Writes the block that the buffer holds from 0 to its limit. */
    void write(long offset, ByteBuffer buffer) throws ImageException {
        int length = buffer.limit();
        for (int at = 0; at < length; ) {
            int end = Math.min(length, at + unit);
            boolean zero = isZero(buffer, at, end);
            while (end < length && isZero(buffer, end, Math.min(length, end + unit)) == zero) {
                end = Math.min(length, end + unit);
            }
            if (!zero) {
                writer.write(offset + at, buffer.slice(at, end - at));
                meter.moved(end - at);
            }
            at = end;
        }
    }

    private static boolean isZero(ByteBuffer buffer, int begin, int end) {
        return buffer.slice(begin, end - begin).mismatch(ZEROS.slice(0, end - begin)) < 0;
    }
}
