// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Problems;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * The right to run a job. The kernel takes it back when the process dies.
 *
 * @since 0.1
 */
public final class JobLock implements AutoCloseable {
    private final FileChannel channel;

    private JobLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Takes the lock of a job, and makes the folder for it if necessary.
     *
     * @return null if another run has it
     * @throws JobException if the folder cannot be used
     */
    public static @Nullable JobLock take(Path folder, String job) {
        try {
            createFolder(folder.toAbsolutePath());
            FileChannel channel = FileChannel.open(
                    folder.resolve(job + ".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                FileLock lock = channel.tryLock();
                if (lock != null) {
                    return new JobLock(channel);
                }
            } catch (OverlappingFileLockException e) {
                // This very process has it.
                channel.close();
                return null;
            } catch (IOException e) {
                channel.close();
                throw e;
            }
            channel.close();
            return null;
        } catch (IOException e) {
            throw new JobException(
                    "the folder for what is remembered of jobs, " + folder + ", cannot be used: " + Problems.reason(e),
                    e);
        }
    }

    /** With those around it, so that they are there after a loss of power. */
    private static void createFolder(Path folder) throws IOException {
        Path around = folder.getParent();
        if (around != null && !Files.isDirectory(around)) {
            createFolder(around);
        }
        DurableFiles.PLAIN.createFolder(folder);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new JobException("the lock of a job cannot be given back: " + e, e);
        }
    }
}
