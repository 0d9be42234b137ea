// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.disk.TargetDisk;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

/**
 * A disk that is written over what a block device holds: one thread, and offsets that grow. What is not written is
 * read, and zeros are written over all that is not zeros, so that nothing old is left and a thin volume stays thin.
 */
final class DeviceTarget implements TargetDisk {
    private static final int PIECE = 1 << 20;

    /** The unit in which zeros are written; no cheaper on any device if it is smaller. */
    private static final int UNIT = 64 << 10;

    private final FileChannel channel;
    private final long size;
    private final ByteBuffer old = ByteBuffer.allocateDirect(PIECE);
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE);
    private long position;

    private DeviceTarget(FileChannel channel, long size) {
        this.channel = channel;
        this.size = size;
    }

    /**
     * Opens a device for a disk of {@code size} bytes, which it has room for.
     *
     * @throws RepositoryException if its name leads to another device by now, or its size is another
     */
    static DeviceTarget open(BlockDevice device, long size) throws IOException {
        FileChannel channel = FileChannel.open(device.path(), StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            BlockDevice now = BlockDevice.of(device.path());
            if (!now.number().equals(device.number()) || now.size() != device.size()) {
                throw new RepositoryException("device " + device + " is not what it was when the restore began: it was "
                        + device.number() + " of " + device.size() + " bytes, and is " + now.number() + " of "
                        + now.size());
            }
        } catch (RuntimeException e) {
            try (channel) {
                throw e;
            }
        }
        return new DeviceTarget(channel, size);
    }

    @Override
    public int grain() {
        return UNIT;
    }

    @Override
    public void write(long offset, ByteBuffer data) throws IOException {
        if (offset < position || data.remaining() > size - offset) {
            throw new IllegalArgumentException(
                    "bytes at %d of a device that is written at %d of %d".formatted(offset, position, size));
        }
        clearTo(offset);
        position = offset + data.remaining();
        put(data, offset);
    }

    /** Clears the rest, and waits until all is on the device. */
    @Override
    public void finish() throws IOException {
        clearTo(size);
        channel.force(true);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void clearTo(long end) throws IOException {
        for (long at = position; at < end; ) {
            int length = (int) Math.min(PIECE, end - at);
            if (read(at, length)) {
                for (int from = 0; from < length; from += UNIT) {
                    int unit = Math.min(UNIT, length - from);
                    if (old.slice(from, unit).mismatch(zeros.slice(0, unit)) >= 0) {
                        put(zeros.slice(0, unit), at + from);
                    }
                }
            } else {
                put(zeros.slice(0, length), at);
            }
            at += length;
        }
        position = Math.max(position, end);
    }

    /** Returns false for what the device does not give back: that is not known to be zeros. */
    private boolean read(long at, int length) throws IOException {
        old.clear().limit(length);
        try {
            while (old.hasRemaining()) {
                if (channel.read(old, at + old.position()) < 0) {
                    throw new EOFException("the device ends at " + (at + old.position()));
                }
            }
            old.clear();
            return true;
        } catch (ClosedChannelException | EOFException e) {
            throw e;
        } catch (IOException e) {
            return false;
        }
    }

    private void put(ByteBuffer data, long offset) throws IOException {
        long at = offset;
        while (data.hasRemaining()) {
            at += channel.write(data, at);
        }
    }
}
