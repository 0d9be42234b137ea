// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupPlan;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.DomainBackup;
import dev.virtwire.backup.Repository;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.protocol.remote.ConnectListAllDomainsFlags;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;

/**
 * Backs up every running guest of a host, one after the other. One that fails does not keep the next from its turn; the
 * exit code tells.
 *
 * <pre>{@code BackUpAllGuests qemu:///system /backups}</pre>
 */
public final class BackUpAllGuests {
    private BackUpAllGuests() {}

    /** The connection's URI and the repository's folder. */
    public static void main(String[] args) {
        System.exit(backUpAll(args[0], Path.of(args[1])) ? 0 : 1);
    }

    static boolean backUpAll(String uri, Path folder) {
        boolean allDone = true;
        try (Libvirt libvirt = Libvirt.connect(uri).join()) {
            Repository repository = Repository.openOrCreate(folder);
            List<Domain> running =
                    libvirt.domains(Set.of(ConnectListAllDomainsFlags.RUNNING)).join();
            for (Domain domain : running) {
                allDone &= backUp(libvirt, repository, domain);
            }
        }
        return allDone;
    }

    private static boolean backUp(Libvirt libvirt, Repository repository, Domain domain) {
        BackupPlan plan = BackupPlan.builder(domain.name()).build();
        try {
            BackupResult result =
                    DomainBackup.start(libvirt, repository, plan).result().join();
            System.out.printf(
                    "%s: kept as %s, %d MiB in %d s%n",
                    domain.name(),
                    result.point().id(),
                    result.bytesStored() >> 20,
                    result.duration().toSeconds());
            result.notices().forEach(notice -> System.out.println("  " + notice));
            return true;
        } catch (CompletionException e) {
            if (e.getCause() instanceof BackupException failure) {
                System.err.printf("%s: %s%n", domain.name(), failure.getMessage());
                return false;
            }
            throw e;
        }
    }
}
