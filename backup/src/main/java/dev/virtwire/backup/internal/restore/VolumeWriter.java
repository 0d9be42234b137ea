// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.image.ImageWriter;
import dev.virtwire.protocol.stream.WritableStream;
import java.nio.ByteBuffer;

/** Writes a raw disk into an upload stream, which has an order: one thread, and offsets that grow. */
final class VolumeWriter implements ImageWriter {
    private static final int ZEROS = 1 << 20;

    private final WritableStream stream;
    private final long size;
    private final boolean sparse;
    private long position;

    /**
     * A disk of {@code size} bytes.
     *
     * @param sparse whether what is not written becomes holes; the volume has to be zeros there
     */
    VolumeWriter(WritableStream stream, long size, boolean sparse) {
        this.stream = stream;
        this.size = size;
        this.sparse = sparse;
    }

    @Override
    public long virtualSize() {
        return size;
    }

    @Override
    public int clusterSize() {
        return 1;
    }

    @Override
    public long write(long guestOffset, ByteBuffer data) {
        if (guestOffset < position || data.remaining() > size - guestOffset) {
            throw new IllegalArgumentException(
                    "bytes at %d of a stream that is at %d of %d".formatted(guestOffset, position, size));
        }
        skipTo(guestOffset);
        position += data.remaining();
        HostDefinition.await(stream.write(data));
        return -1;
    }

    /** What is skipped is zeros. */
    @Override
    public void writeZeroes(long guestOffset, long length) {
        skipTo(guestOffset + length);
    }

    /** Waits until the host has confirmed every byte. */
    @Override
    public void finish() {
        skipTo(size);
        HostDefinition.await(stream.finish());
    }

    @Override
    public void close() {
        HostDefinition.await(stream.abort());
    }

    private void skipTo(long offset) {
        long gap = offset - position;
        position = Math.max(position, offset);
        if (gap > 0 && sparse) {
            HostDefinition.await(stream.writeHole(gap));
            return;
        }
        ByteBuffer zeros = ByteBuffer.allocate((int) Math.max(0, Math.min(gap, ZEROS)));
        for (long left = gap; left > 0; left -= zeros.limit()) {
            HostDefinition.await(stream.write(zeros.clear().limit((int) Math.min(left, zeros.capacity()))));
            zeros.flip();
        }
    }
}
