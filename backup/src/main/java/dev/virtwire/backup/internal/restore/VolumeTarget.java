// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.protocol.stream.WritableStream;
import dev.virtwire.repository.internal.disk.TargetDisk;
import java.nio.ByteBuffer;

/** A raw disk in an upload stream, which has an order: one thread, and offsets that grow. */
final class VolumeTarget implements TargetDisk {
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
    VolumeTarget(WritableStream stream, long size, boolean sparse) {
        this.stream = stream;
        this.size = size;
        this.sparse = sparse;
    }

    @Override
    public int grain() {
        return 1;
    }

    @Override
    public void write(long offset, ByteBuffer data) {
        if (offset < position || data.remaining() > size - offset) {
            throw new IllegalArgumentException(
                    "bytes at %d of a stream that is at %d of %d".formatted(offset, position, size));
        }
        skipTo(offset);
        position += data.remaining();
        HostDefinition.await(stream.write(data));
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
        position = offset;
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
