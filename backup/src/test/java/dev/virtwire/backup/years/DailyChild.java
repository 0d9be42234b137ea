// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.BatchRequest;
import dev.virtwire.backup.BatchResult;
import dev.virtwire.backup.chaos.files.Change;
import dev.virtwire.backup.chaos.files.WatchedFileSystem;
import dev.virtwire.backup.chaos.files.Watcher;
import dev.virtwire.client.Libvirt;
import dev.virtwire.image.Compression;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;

/** A program of its own that makes a day's backup, and dies before one of its changes to files. */
public final class DailyChild {
    private DailyChild() {}

    /** Ends the program at once: no hook runs, nothing is cleared up. */
    private static final class Death implements Watcher {
        private int left;

        Death(int left) {
            this.left = left;
        }

        @Override
        public synchronized void before(Change change) {
            if (left-- == 0) {
                System.out.println("dead before: " + change);
                System.out.flush();
                Runtime.getRuntime().halt(137);
            }
        }
    }

    /**
     * Takes libvirtd's URI, the domain, the repository's folder, the time, how to compress, how many daily, monthly and
     * yearly points are kept, and the number of the change before which it dies.
     */
    public static void main(String[] args) {
        Path folder = new WatchedFileSystem(new Death(Integer.parseInt(args[8]))).path(Path.of(args[2]));
        RepositoryStore repository =
                RepositoryStore.open(folder, DurableFiles.PLAIN).by(new FakeClock(Instant.parse(args[3])));
        Retention retention = Retention.ofDaily(Integer.parseInt(args[5]))
                .withMonthly(Integer.parseInt(args[6]))
                .withYearly(Integer.parseInt(args[7]));
        BackupRequest request = BackupRequest.of(args[1]).withCompression(Compression.valueOf(args[4]));
        try (Libvirt libvirt = Libvirt.connect(args[0]).join()) {
            BatchResult result = Backups.of(libvirt, repository)
                    .backupAll(BatchRequest.of(List.of(request)).keeping(retention), domain -> ProgressListener.NONE)
                    .join();
            System.out.println("done: " + result);
        }
    }
}
