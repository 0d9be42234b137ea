// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import dev.virtwire.image.Compression;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.copy.DiskCopy;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** Writes the merged image into a new file, and leaves all that is there as it is. */
final class DiskCopying {
    private static final int WRITERS = 2;
    private static final int BUFFERS = 8;

    private DiskCopying() {}

    /**
     * Writes the image and its digest file into {@code folder}; both are durable when this returns. Every block was
     * read, and the root over all is the one that the point that stays has for it.
     *
     * @throws DamagedException if the disk of the point that stays is not what it was
     */
    static DiskStore.Stored run(DiskRun run, Path folder, RateLimit limit, CopyMeter meter) throws IOException {
        ExecutorService writers = Executors.newFixedThreadPool(WRITERS, task -> {
            Thread thread = new Thread(task, "virtwire merge");
            thread.setDaemon(true);
            return thread;
        });
        try (RunDisk source = RunDisk.open(run, limit)) {
            DiskStore store = new DiskStore(
                            folder,
                            new DiskCopy.Buffers(BUFFERS),
                            writers,
                            meter,
                            Thread.currentThread()::isInterrupted)
                    .compressing(compression(run))
                    .withoutNotes();
            DiskStore.Stored stored = store.store(source, run.disk().target(), parent(run));
            if (!stored.content().root().equals(run.contentRoot())) {
                throw new DamagedException(Finding.of(
                        run.chain().top().file(), "its disk is not what the guest had: the root over it is another"));
            }
            return stored;
        } finally {
            writers.shutdown();
        }
    }

    private static Compression compression(DiskRun run) {
        String name = run.chain().top().image().compression();
        for (Compression compression : Compression.values()) {
            if (compression.toString().equals(name)) {
                return compression;
            }
        }
        throw new RepositoryException(
                run.chain().top().file() + " is compressed by '" + name + "', which this program does not know");
    }

    private static DiskStore.@Nullable Parent parent(DiskRun run) {
        String backing = run.backing();
        Leaves leaves = run.baseLeaves();
        return backing == null || leaves == null ? null : new DiskStore.Parent(backing, leaves);
    }
}
