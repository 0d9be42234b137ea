// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.files;

import dev.virtwire.image.ReplacedFileException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * A file that is read at any place. Of all such files of this program only {@link OpenFiles#MOST} are really open; the
 * others are opened again when they are read, and must be the same files then. Safe for several threads.
 */
public final class ReadFile implements Closeable {
    private final Path path;
    private final OpenFiles files;
    private final Object key;
    private final long size;
    private @Nullable FileChannel channel;
    private int readers;
    private boolean closed;

    private ReadFile(Path path, OpenFiles files, FileChannel channel, Object key) throws IOException {
        this.path = path;
        this.files = files;
        this.channel = channel;
        this.key = key;
        this.size = channel.size();
    }

    /**
     * Opens a file.
     *
     * @throws NotRegularException if it is anything but a regular file: a pipe, for instance, could block without end
     */
    public static ReadFile open(Path path) throws IOException {
        return open(path, OpenFiles.ALL);
    }

    static ReadFile open(Path path, OpenFiles files) throws IOException {
        Object key = key(path);
        FileChannel channel = openChannel(path, files);
        try {
            if (!key.equals(key(path))) {
                throw new ReplacedFileException(path, null);
            }
            ReadFile file = new ReadFile(path, files, channel, key);
            files.used(file);
            return file;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** There is something under a name that is no regular file. */
    public static final class NotRegularException extends FileSystemException {
        private static final long serialVersionUID = 1L;

        NotRegularException(Path path) {
            super(path.toString(), null, "is not a regular file");
        }
    }

    /** The size when it was opened. */
    public long size() {
        return size;
    }

    /** The size now: an image that an editor changes in place may have become larger. */
    public long sizeNow() throws IOException {
        FileChannel open = take();
        try {
            return open.size();
        } finally {
            give();
        }
    }

    /** Reads as {@link FileChannel#read(ByteBuffer, long)} does. */
    public int read(ByteBuffer destination, long position) throws IOException {
        FileChannel open = take();
        try {
            return open.read(destination, position);
        } finally {
            give();
        }
    }

    @Override
    public void close() throws IOException {
        FileChannel open;
        synchronized (this) {
            closed = true;
            open = channel;
        }
        files.forget(this);
        if (open != null) {
            open.close();
        }
    }

    /** Closes the channel if nobody reads just now, until the next reader comes. Returns whether that was done. */
    synchronized boolean rest() {
        FileChannel open = channel;
        if (readers > 0 || closed || open == null || !open.isOpen()) {
            return false;
        }
        try {
            open.close();
        } catch (IOException e) {
            // It was read only. What it could not be closed for, its next reader will meet.
            return false;
        }
        channel = null;
        return true;
    }

    synchronized boolean isOpen() {
        return channel != null && !closed;
    }

    private FileChannel take() throws IOException {
        synchronized (this) {
            if (closed) {
                throw new ClosedChannelException();
            }
            readers++;
        }
        boolean taken = false;
        try {
            // Before it may be opened again, so that others make way.
            files.used(this);
            FileChannel open = again();
            taken = true;
            return open;
        } finally {
            if (!taken) {
                // It may have been closed since it was told that it is used.
                files.forget(this);
                give();
            }
        }
    }

    private synchronized void give() {
        readers--;
    }

    /** Its channel, opened again if need be; without the lock, since others may have to make way. */
    private FileChannel again() throws IOException {
        synchronized (this) {
            FileChannel open = channel;
            if (open != null) {
                return open;
            }
        }
        FileChannel opened;
        try {
            opened = openChannel(path, files);
        } catch (NoSuchFileException e) {
            throw new ReplacedFileException(path, e);
        }
        synchronized (this) {
            FileChannel open = channel;
            if (open == null && !closed && isSame()) {
                channel = opened;
                return opened;
            }
            opened.close();
            if (open != null) {
                return open;
            }
            if (closed) {
                throw new ClosedChannelException();
            }
        }
        throw new ReplacedFileException(path, null);
    }

    private boolean isSame() throws IOException {
        try {
            return key.equals(key(path));
        } catch (NoSuchFileException | NotRegularException e) {
            return false;
        }
    }

    private static FileChannel openChannel(Path path, OpenFiles files) throws IOException {
        try {
            return FileChannel.open(path, StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (FileSystemException e) {
            // Perhaps too many are open.
            if (files.makeWay()) {
                return FileChannel.open(path, StandardOpenOption.READ);
            }
            throw e;
        }
    }

    /** What two names of one file have in common. */
    private static Object key(Path path) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            throw new NotRegularException(path);
        }
        Object key = attributes.fileKey();
        return key == null ? path.toRealPath() : key;
    }
}
