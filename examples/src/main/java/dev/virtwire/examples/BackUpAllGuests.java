// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import dev.virtwire.backup.BackupPlan;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Repository;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.backup.batch.BackupBatch;
import dev.virtwire.backup.batch.BatchOptions;
import dev.virtwire.backup.batch.BatchResult;
import dev.virtwire.backup.batch.DomainOutcome;
import dev.virtwire.backup.retention.Retention;
import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.ConnectListAllDomainsFlags;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Backs up every running guest of a host, two at a time, and keeps the last seven points, seven days, four weeks and
 * twelve months of each. One that fails does not keep the next from its turn; the exit code tells.
 *
 * <pre>{@code BackUpAllGuests qemu:///system /backups}</pre>
 */
public final class BackUpAllGuests {
    private static final BatchOptions OPTIONS =
            new BatchOptions(2, TransferLimits.UNLIMITED, new Retention(7, 7, 4, 12));

    private BackUpAllGuests() {}

    /** The connection's URI and the repository's folder. */
    public static void main(String[] args) {
        System.exit(backUpAll(args[0], Path.of(args[1])) ? 0 : 1);
    }

    static boolean backUpAll(String uri, Path folder) {
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            Repository repository = Repository.openOrCreate(folder);
            List<BackupPlan> plans = libvirt.domains(Set.of(ConnectListAllDomainsFlags.RUNNING)).join().stream()
                    .map(domain -> BackupPlan.builder(domain.name()).build())
                    .toList();
            BatchResult result = BackupBatch.start(libvirt, repository, plans, OPTIONS)
                    .result()
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
            made.notices().forEach(notice -> System.out.println("  " + notice));
        }
        if (outcome.failure() != null) {
            System.err.printf("%s: %s%n", outcome.domain(), outcome.failure().getMessage());
        }
    }
}
