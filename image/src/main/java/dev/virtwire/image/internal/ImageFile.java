// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.internal.files.ReadFile;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file with positional access whose every error names the file and the offset. Safe for several threads. */
public final class ImageFile implements Closeable {
    private final Path path;
    /** Of a file that is written. */
    private final @Nullable FileChannel channel;
    /** A file that is only read. */
    private final @Nullable ReadFile readFile;

    private ImageFile(Path path, @Nullable FileChannel channel, @Nullable ReadFile readFile) {
        this.path = path;
        this.channel = channel;
        this.readFile = readFile;
    }

    private ImageFile(Path path, FileChannel channel) {
        this(path, channel, null);
    }

    /** A file that is open already, for tests that watch what is done to it. */
    public static ImageFile over(Path path, FileChannel channel) {
        return new ImageFile(path, channel);
    }

    /** Makes a file that was not there before. */
    public static ImageFile create(Path path, FileAttribute<?>... attributes) throws ImageException {
        try {
            return new ImageFile(
                    path,
                    FileChannel.open(
                            path,
                            Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE),
                            attributes));
        } catch (FileAlreadyExistsException e) {
            throw new ImageException(path, "exists already and is not overwritten", ImageException.NO_OFFSET, e);
        } catch (IOException e) {
            throw new ImageException(path, "cannot be created: " + reason(e), ImageException.NO_OFFSET, e);
        }
    }

    /** Opens a regular file for reading and writing. */
    public static ImageFile reopen(Path path) throws ImageException {
        try {
            if (!Files.readAttributes(path, BasicFileAttributes.class).isRegularFile()) {
                throw new ImageException(path, "is not a regular file");
            }
            return new ImageFile(path, FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE));
        } catch (ImageException e) {
            throw e;
        } catch (IOException e) {
            throw cannotOpen(path, e);
        }
    }

    /** Opens a regular file for reading; anything else, a pipe for instance, could block without end. */
    public static ImageFile open(Path path) throws ImageException {
        try {
            return new ImageFile(path, null, ReadFile.open(path));
        } catch (ReadFile.NotRegularException e) {
            throw new ImageException(path, "is not a regular file", ImageException.NO_OFFSET, e);
        } catch (IOException e) {
            throw cannotOpen(path, e);
        }
    }

    private static ImageException cannotOpen(Path path, IOException e) {
        String text = e instanceof NoSuchFileException ? "does not exist" : "cannot be opened: " + reason(e);
        return new ImageException(path, text, ImageException.NO_OFFSET, e);
    }

    /** What two names of one file have in common. */
    public static Object identity(Path path) throws ImageException {
        try {
            Object key = Files.readAttributes(path, BasicFileAttributes.class).fileKey();
            return key == null ? path.toRealPath() : key;
        } catch (IOException e) {
            throw new ImageException(path, "cannot be opened: " + reason(e), ImageException.NO_OFFSET, e);
        }
    }

    /** The file's name as it was given. */
    public Path path() {
        return path;
    }

    /** The file's size in bytes. */
    public long size() throws ImageException {
        if (readFile != null) {
            return readFile.size();
        }
        try {
            return written().size();
        } catch (IOException e) {
            throw new ImageException(path, "cannot tell its size: " + reason(e), ImageException.NO_OFFSET, e);
        }
    }

    /**
     * Fills the remaining bytes of {@code destination}.
     *
     * @param what is read, for the error text
     * @throws ImageException if the file ends before that, or cannot be read
     */
    public void read(ByteBuffer destination, long offset, String what) throws ImageException {
        long at = offset;
        try {
            while (destination.hasRemaining()) {
                int count = readFile == null ? written().read(destination, at) : readFile.read(destination, at);
                if (count < 0) {
                    throw new ImageException(path, "the file ends inside " + what, at);
                }
                at += count;
            }
        } catch (ImageException e) {
            throw e;
        } catch (IOException e) {
            throw new ImageException(path, "cannot read " + what + ": " + reason(e), at, e);
        }
    }

    /** Writes the remaining bytes of {@code source}. */
    public void write(ByteBuffer source, long offset) throws ImageException {
        long at = offset;
        try {
            while (source.hasRemaining()) {
                at += written().write(source, at);
            }
        } catch (IOException e) {
            throw new ImageException(path, "cannot write " + source.remaining() + " bytes: " + reason(e), at, e);
        }
    }

    /** The file's size in bytes now, while others may write it. */
    public long sizeNow() throws ImageException {
        if (readFile == null) {
            return size();
        }
        try {
            return readFile.sizeNow();
        } catch (IOException e) {
            throw new ImageException(path, "cannot tell its size: " + reason(e), ImageException.NO_OFFSET, e);
        }
    }

    /** Makes the file exactly that long; new bytes are a hole. */
    public void resize(long size) throws ImageException {
        try {
            if (written().size() > size) {
                written().truncate(size);
            } else if (written().size() < size) {
                // The JDK has no call that extends a file, but a write at the end does.
                write(ByteBuffer.allocate(1), size - 1);
            }
        } catch (ImageException e) {
            throw e;
        } catch (IOException e) {
            throw new ImageException(path, "cannot be made " + size + " bytes long: " + reason(e), size, e);
        }
    }

    /** Returns once everything written is on the disk. */
    public void sync() throws ImageException {
        try {
            written().force(true);
        } catch (IOException e) {
            throw new ImageException(path, "cannot be synced: " + reason(e), ImageException.NO_OFFSET, e);
        }
    }

    @Override
    public void close() throws ImageException {
        try {
            if (channel != null) {
                channel.close();
            }
            if (readFile != null) {
                readFile.close();
            }
        } catch (IOException e) {
            throw new ImageException(path, "cannot be closed: " + reason(e), ImageException.NO_OFFSET, e);
        }
    }

    private FileChannel written() {
        return Objects.requireNonNull(channel, "the file is only read");
    }

    private static String reason(IOException e) {
        String message = e.getMessage();
        // Some exceptions of the JDK carry no text, others nothing but the file's name.
        return message == null || e instanceof FileSystemException
                ? e.getClass().getSimpleName() + (message == null ? "" : " " + message)
                : message;
    }
}
