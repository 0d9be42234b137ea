// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.repository;

import dev.virtwire.backup.RepositoryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The right to write, held by one process at a time; the operating system takes it back when that process dies. */
public final class DomainLock implements AutoCloseable {
    private static final int HOLDER_MAX = 256;

    private final FileChannel channel;

    private DomainLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock of {@code file}, which is created where it does not exist.
     *
     * @param what what is locked, for the error's sentence
     * @throws RepositoryException where somebody else holds it
     */
    public static DomainLock acquire(Path file, String what) {
        FileChannel channel = null;
        try {
            channel = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
                    DurableFiles.privateFile(file));
            FileLock lock = tryLock(channel);
            if (lock == null) {
                String holder = Files.readString(file).strip();
                channel.close();
                throw new RepositoryException(what + " is being written by another run"
                        + (holder.isEmpty() || holder.length() > HOLDER_MAX ? "" : " (" + holder + ")")
                        + "; wait until it is done");
            }
            byte[] holder = (Writer.describe() + ", since " + Instant.now() + "\n").getBytes(StandardCharsets.UTF_8);
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(holder), 0);
            return new DomainLock(channel);
        } catch (IOException e) {
            closeQuietly(channel, e);
            throw Problems.with("lock", file, e);
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
            channel.close();
        } catch (IOException e) {
            throw new RepositoryException("cannot give back a lock: " + Problems.reason(e), e);
        }
    }
}
