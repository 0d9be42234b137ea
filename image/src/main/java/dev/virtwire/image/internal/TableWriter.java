// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;

/** Writes a table of 8-byte entries from its beginning to its end, without holding it in memory. */
final class TableWriter {
    private static final int BUFFER = 64 << 10;

    private final ImageFile file;
    private final long end;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    private long offset;

    TableWriter(ImageFile file, long offset, long length) {
        this.file = file;
        this.offset = offset;
        this.end = offset + length;
    }

    void put(long entry) throws ImageException {
        if (!buffer.hasRemaining()) {
            flush();
        }
        buffer.putLong(entry);
    }

    /** Fills up with zeros. */
    void finish() throws ImageException {
        while (offset + buffer.position() < end) {
            put(0);
        }
        flush();
    }

    private void flush() throws ImageException {
        buffer.flip();
        int length = buffer.remaining();
        file.write(buffer, offset);
        offset += length;
        buffer.clear();
    }
}
