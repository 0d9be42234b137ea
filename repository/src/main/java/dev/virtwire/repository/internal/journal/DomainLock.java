// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.Writer;
import dev.virtwire.repository.internal.work.Workers;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The right to write, held by one process at a time; the operating system takes it back when that process dies. */
public final class DomainLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DomainLock.class);
    private static final int HOLDER_MAX = 256;
    private static final long PAUSE_MILLIS = 20;

    /**
     * The files that this process holds. Closing any descriptor of a file drops the lock that the process has on it, so
     * a file that stands here is not opened again.
     */
    private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

    private final Path held;
    private final FileChannel channel;

    private DomainLock(Path held, FileChannel channel) {
        this.held = held;
        this.channel = channel;
    }

    /**
     * Takes the lock of {@code file}, which is created where it does not exist.
     *
     * @param what what is locked, for the error's sentence
     * @throws RepositoryBusyException if somebody else holds it
     */
    public static DomainLock acquire(Path file, String what) {
        Path held;
        try {
            held = parent(file).toRealPath().resolve(file.getFileName());
        } catch (IOException e) {
            throw Problems.with("lock", file, e);
        }
        if (!HELD.add(held)) {
            throw busy(what, Writer.here().process());
        }
        DomainLock lock = null;
        try {
            lock = open(file, held, what);
            return lock;
        } finally {
            if (lock == null) {
                HELD.remove(held);
            }
        }
    }

    /**
     * As the other, of a lock that each holder needs for a moment only: waits for it.
     *
     * @param patience for how long
     * @throws OperationCancelledException if the thread is interrupted, which it then still is
     */
    public static DomainLock acquire(Path file, String what, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return acquire(file, what);
            } catch (RepositoryBusyException e) {
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
                Workers.pause(PAUSE_MILLIS);
            }
        }
    }

    private static Path parent(Path file) {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IllegalArgumentException(file + " is no file");
        }
        return parent;
    }

    private static RepositoryBusyException busy(String what, String holder) {
        return new RepositoryBusyException(
                what + " is being written by another run"
                        + (holder.isEmpty() || holder.length() > HOLDER_MAX ? "" : " (" + holder + ")"),
                "; wait until it is done");
    }

    private static DomainLock open(Path file, Path held, String what) {
        FileChannel channel = null;
        try {
            createIfMissing(file);
            Object before = fileKey(file);
            channel = FileChannel.open(
                    file,
                    Set.of(
                            StandardOpenOption.CREATE,
                            StandardOpenOption.READ,
                            StandardOpenOption.WRITE,
                            LinkOption.NOFOLLOW_LINKS),
                    DurableFiles.privateFile(file));
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String holder = Files.readString(file).strip();
                channel.close();
                throw busy(what, holder);
            }
            if (!Objects.equals(before, fileKey(file))) {
                // Whoever held it has erased the domain meanwhile: this is the lock of nothing.
                channel.close();
                throw busy(what, "");
            }
            describeHolder(channel);
            return new DomainLock(held, channel);
        } catch (IOException e) {
            closeQuietly(channel, e);
            throw Problems.with("lock", file, e);
        }
    }

    private static void createIfMissing(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            try {
                Files.createFile(file, DurableFiles.privateFile(file));
            } catch (FileAlreadyExistsException e) {
                LOG.debug("another run has just created {}", file, e);
            }
        }
    }

    /** What tells the file from another of its name; null where the file system has nothing that does. */
    private static @Nullable Object fileKey(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                .fileKey();
    }

    /** A courtesy to whoever is refused: a full disk must not keep a run from clearing it. */
    private static void describeHolder(FileChannel channel) {
        byte[] holder = (Writer.here().process() + ", since " + Instant.now() + "\n").getBytes(StandardCharsets.UTF_8);
        try {
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(holder), 0);
        } catch (IOException e) {
            LOG.debug("cannot say in the lock who holds it", e);
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel, IOException cause) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    /** Gives the lock back. The file stays: deleting it would let two processes lock two files of one name. */
    @Override
    public void close() {
        try {
            channel.truncate(0);
        } catch (IOException e) {
            LOG.debug("cannot empty the lock", e);
        }
        try {
            channel.close();
        } catch (IOException e) {
            throw new RepositoryException("cannot give back a lock: " + Problems.reason(e), e);
        } finally {
            // After the close: until then another opening of the file could still drop the lock.
            HELD.remove(held);
        }
    }
}
