// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.NbdListen;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What to look at. Immutable: each method that changes something returns another request.
 *
 * @param repository the folder of the repository, which need not exist; null to look at the host alone
 * @param domains names or UUIDs; empty for all domains of the host
 * @param scratchFolder the host's folder for scratch files that the backups will name, or null for the default
 * @param nbd where the host's NBD export will listen, or null for the default
 * @param ownStorage whether the backups will say that no other host uses the disks of domains that are off
 * @param patience how long one question may take
 * @since 0.1
 */
public record DoctorRequest(
        @Nullable Path repository,
        List<String> domains,
        @Nullable String scratchFolder,
        @Nullable NbdListen nbd,
        boolean ownStorage,
        Duration patience) {
    /** How long one question may take if nobody says something else. */
    public static final Duration PATIENCE = Duration.ofSeconds(15);

    /**
     * Copies the list, and refuses a patience of no time.
     *
     * @throws BackupException if backups so would be refused, as with a scratch folder that is not absolute
     */
    public DoctorRequest {
        domains = List.copyOf(domains);
        if (requireNonNull(patience, "patience").isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("a question may not take " + patience);
        }
        backup("any", scratchFolder, nbd);
    }

    /** The host and all its domains; change from there. */
    public static DoctorRequest ofHost() {
        return new DoctorRequest(null, List.of(), null, null, false, PATIENCE);
    }

    /** The same with the repository in this folder, which need not exist. */
    public DoctorRequest withRepository(Path folder) {
        return new DoctorRequest(requireNonNull(folder, "folder"), domains, scratchFolder, nbd, ownStorage, patience);
    }

    /** The same of these domains only, by name or UUID. */
    public DoctorRequest withDomains(List<String> newDomains) {
        return new DoctorRequest(repository, newDomains, scratchFolder, nbd, ownStorage, patience);
    }

    /** The same for backups that name this folder of the host: see {@link BackupRequest#withScratchFolder}. */
    public DoctorRequest withScratchFolder(String hostFolder) {
        return new DoctorRequest(
                repository, domains, requireNonNull(hostFolder, "hostFolder"), nbd, ownStorage, patience);
    }

    /** The same for backups with such an export: see {@link BackupRequest#withNbd}. */
    public DoctorRequest withNbd(NbdListen listen) {
        return new DoctorRequest(
                repository, domains, scratchFolder, requireNonNull(listen, "listen"), ownStorage, patience);
    }

    /** The same for backups that say whose the disks are: see {@link BackupRequest#onOwnStorage}. */
    public DoctorRequest onOwnStorage() {
        return new DoctorRequest(repository, domains, scratchFolder, nbd, true, patience);
    }

    /** The same with another time for each question. */
    public DoctorRequest withPatience(Duration newPatience) {
        return new DoctorRequest(repository, domains, scratchFolder, nbd, ownStorage, newPatience);
    }

    /** The backup of a domain that this is about. */
    BackupRequest backup(String domain) {
        BackupRequest backup = backup(domain, scratchFolder, nbd);
        return ownStorage ? backup.onOwnStorage() : backup;
    }

    private static BackupRequest backup(String domain, @Nullable String scratchFolder, @Nullable NbdListen nbd) {
        BackupRequest backup = BackupRequest.of(domain).evenWithoutDisks();
        if (scratchFolder != null) {
            backup = backup.withScratchFolder(scratchFolder);
        }
        return nbd == null ? backup : backup.withNbd(nbd);
    }
}
