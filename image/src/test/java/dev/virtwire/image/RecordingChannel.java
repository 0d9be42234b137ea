// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;

/** A file whose every change is noted, so that a test can make each state that a crash may leave. */
final class RecordingChannel extends FileChannel {
    /** What was done to the file: bytes written, if there are any; else cut, if there is a size; else a sync. */
    record Change(long offset, byte[] bytes, boolean isCut, boolean isSync) {}

    final List<Change> changes = new ArrayList<>();
    private final FileChannel channel;

    RecordingChannel(FileChannel channel) {
        this.channel = channel;
    }

    @Override
    public synchronized int write(ByteBuffer source, long position) throws IOException {
        byte[] bytes = new byte[source.remaining()];
        source.duplicate().get(bytes);
        int written = channel.write(source, position);
        if (written != bytes.length) {
            throw new IOException("wrote " + written + " of " + bytes.length + " bytes");
        }
        changes.add(new Change(position, bytes, false, false));
        return written;
    }

    @Override
    public synchronized FileChannel truncate(long size) throws IOException {
        changes.add(new Change(size, new byte[0], true, false));
        channel.truncate(size);
        return this;
    }

    @Override
    public synchronized void force(boolean metaData) throws IOException {
        changes.add(new Change(0, new byte[0], false, true));
    }

    @Override
    public int read(ByteBuffer destination, long position) throws IOException {
        return channel.read(destination, position);
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    protected void implCloseChannel() throws IOException {
        channel.close();
    }

    @Override
    public int read(ByteBuffer destination) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long read(ByteBuffer[] destinations, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer source) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long position() {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileChannel position(long newPosition) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
        throw new UnsupportedOperationException();
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new UnsupportedOperationException();
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
        throw new UnsupportedOperationException();
    }
}
