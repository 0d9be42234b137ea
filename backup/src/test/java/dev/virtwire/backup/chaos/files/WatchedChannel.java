// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** Tells the watcher of writes, syncs and reads. */
final class WatchedChannel extends FileChannel {
    private final FileChannel channel;
    private final Path file;
    private final Watcher watcher;
    private final boolean folder;

    WatchedChannel(FileChannel channel, Path file, Watcher watcher) {
        this.channel = channel;
        this.file = file;
        this.watcher = watcher;
        this.folder = Files.isDirectory(file);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        Change change = new Change(Change.Kind.WRITE, file, file, channel.position(), source.remaining());
        watcher.before(change);
        int written = channel.write(source);
        watcher.after(change);
        return written;
    }

    @Override
    public int write(ByteBuffer source, long position) throws IOException {
        Change change = new Change(Change.Kind.WRITE, file, file, position, source.remaining());
        watcher.before(change);
        int written = channel.write(source, position);
        watcher.after(change);
        return written;
    }

    @Override
    public long write(ByteBuffer[] sources, int offset, int length) throws IOException {
        long written = 0;
        for (int i = offset; i < offset + length; i++) {
            while (sources[i].hasRemaining()) {
                written += write(sources[i]);
            }
        }
        return written;
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
        Change change = new Change(Change.Kind.TRUNCATE, file, file, size, 0);
        watcher.before(change);
        channel.truncate(size);
        watcher.after(change);
        return this;
    }

    @Override
    public void force(boolean metadata) throws IOException {
        Change change = Change.of(folder ? Change.Kind.SYNC_FOLDER : Change.Kind.SYNC, file);
        watcher.before(change);
        channel.force(metadata);
        watcher.after(change);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return (int) read(channel.read(target));
    }

    @Override
    public long read(ByteBuffer[] targets, int offset, int length) throws IOException {
        return read(channel.read(targets, offset, length));
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        return (int) read(channel.read(target, position));
    }

    private long read(long bytes) {
        if (bytes > 0) {
            watcher.read(file, bytes);
        }
        return bytes;
    }

    @Override
    public long position() throws IOException {
        return channel.position();
    }

    @Override
    public FileChannel position(long position) throws IOException {
        channel.position(position);
        return this;
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) throws IOException {
        return read(channel.transferTo(position, count, target));
    }

    /** No part of a repository is written so: it would pass the watcher by. */
    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
        throw new UnsupportedOperationException("transfer to " + file);
    }

    /** As {@link #transferFrom}. */
    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
        throw new UnsupportedOperationException("map of " + file);
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) throws IOException {
        return channel.lock(position, size, shared);
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) throws IOException {
        return channel.tryLock(position, size, shared);
    }

    @Override
    protected void implCloseChannel() throws IOException {
        channel.close();
    }
}
