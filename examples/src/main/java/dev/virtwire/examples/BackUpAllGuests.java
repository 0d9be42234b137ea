// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import static dev.virtwire.client.Libvirt.await;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.BatchRequest;
import dev.virtwire.backup.BatchResult;
import dev.virtwire.backup.DomainOutcome;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.protocol.remote.ConnectListAllDomainsFlags;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import java.nio.file.Path;
import java.util.List;

/**
 * Backs up every running guest of a host, two at a time, and keeps the last seven points, seven days, four weeks and
 * twelve months of each. One that fails does not keep the next from its turn; the exit code tells.
 *
 * <pre>{@code BackUpAllGuests qemu:///system /backups}</pre>
 */
public final class BackUpAllGuests {
    private static final Retention KEPT =
            Retention.ofLast(7).withDaily(7).withWeekly(4).withMonthly(12);

    private BackUpAllGuests() {}

    /** The connection's URI and the repository's folder. */
    public static void main(String[] args) throws InterruptedException {
        try {
            System.exit(backUpAll(args[0], Path.of(args[1])) ? 0 : 1);
        } catch (LibvirtException | RepositoryException e) {
            System.err.println("nothing was backed up: " + e.getMessage());
            System.exit(1);
        }
    }

    static boolean backUpAll(String uri, Path folder) throws InterruptedException {
        try (Libvirt libvirt = await(Libvirt.connect(uri))) {
            Repository repository = Repository.openOrCreate(folder);
            List<BackupRequest> requests = await(libvirt.domains(ConnectListAllDomainsFlags.RUNNING)).stream()
                    .map(domain -> BackupRequest.of(domain.name()))
                    .toList();
            BatchResult result = Backups.of(libvirt, repository)
                    .backupAll(BatchRequest.of(requests).withJobs(2).keeping(KEPT), domain -> ProgressListener.NONE)
                    .join();
            result.domains().forEach(BackUpAllGuests::print);
            return result.succeeded();
        }
    }

    private static void print(DomainOutcome outcome) {
        BackupResult made = outcome.result();
        if (made != null) {
            System.out.printf(
                    "%s: kept as %s, %d MiB in %d s%n",
                    outcome.domain(),
                    made.point().id(),
                    made.bytesStored() >> 20,
                    made.duration().toSeconds());
            made.warnings().forEach(warning -> System.out.println("  a restore would miss: " + warning));
        }
        if (outcome.failure() != null) {
            System.err.printf("%s: %s%n", outcome.domain(), outcome.failure().getMessage());
        }
    }
}
