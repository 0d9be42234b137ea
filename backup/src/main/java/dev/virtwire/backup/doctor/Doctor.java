// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.internal.work.ThreadOperation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says of a host what would work and what would not, before the first backup. Nothing is changed on the host: what only
 * a backup can find out, it leaves to that, and says so. In the folder of a repository that can be written, a hidden
 * folder shows what the file system can do, and is deleted again.
 *
 * @since 0.1
 */
public final class Doctor {
    private Doctor() {}

    /**
     * Looks at a host, a repository and domains. The result is a report, whatever is found; the only failure is a
     * {@link dev.virtwire.backup.BackupCancelledException} after {@link Operation#cancel}.
     *
     * @param connect makes a connection to the host that may write, which this closes. What it throws of {@link
     *     LibvirtException} becomes a row of the report
     */
    public static Operation<DoctorReport> examine(DoctorRequest request, Supplier<Libvirt> connect) {
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        return ThreadOperation.start(
                "virtwire doctor", () -> run(request, connect, cancelled), () -> cancelled.complete(null));
    }

    private static DoctorReport run(
            DoctorRequest request, Supplier<Libvirt> connect, CompletableFuture<Void> cancelled) {
        Questions ofHost = new Questions(Check.Kind.HOST, request.patience(), cancelled);
        Questions ofGuests = new Questions(Check.Kind.DOMAIN, request.patience(), cancelled);
        Questions ofRepository = new Questions(Check.Kind.REPOSITORY, request.patience(), cancelled);
        RepositoryChecks repository =
                request.repository() == null ? null : new RepositoryChecks(ofRepository, request.repository());
        Libvirt libvirt = connected(ofHost, connect);
        try {
            if (repository != null) {
                repository.open();
            }
            Libvirt patient = libvirt == null ? null : libvirt.with(CallOptions.within(request.patience()));
            if (patient != null) {
                HostChecks host = new HostChecks(ofHost, ofGuests, request, patient);
                List<Domain> domains = host.run();
                GuestChecks guests = new GuestChecks(ofGuests, request, patient, host, repository);
                domains.forEach(guests::run);
            }
            if (repository != null) {
                repository.run();
            }
        } finally {
            if (libvirt != null) {
                libvirt.closeAsync();
            }
        }
        List<Check> all = new ArrayList<>(ofHost.checks());
        all.addAll(ofRepository.checks());
        all.addAll(ofGuests.checks());
        return new DoctorReport(all);
    }

    /** Who has to be asked for a password takes his time, so this has no limit but that of the connection itself. */
    private static @Nullable Libvirt connected(Questions questions, Supplier<Libvirt> connect) {
        try {
            Libvirt libvirt = connect.get();
            questions.add(Check.HOST, "connection", HostChecks.connection(libvirt));
            return libvirt;
        } catch (LibvirtException e) {
            questions.add(
                    Check.HOST,
                    "connection",
                    Answer.fails(
                            String.valueOf(e.getMessage()), "see 'virtwire uri' for what the URI would open, and why"));
            return null;
        }
    }
}
