// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.unfinished.BegunDisk;
import dev.virtwire.repository.internal.unfinished.BegunPoint;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.ParentLink;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A backup that an earlier run began and whose job still runs on the host. It is resumed only if everything is as that
 * run left it; at the least doubt it is cleared and a new one begins.
 *
 * @param attempt the backup, or null if there is nothing to resume
 * @param notice what the user should know of that, or null
 */
record Resumption(@Nullable Attempt attempt, @Nullable String notice) {
    /** Why it is not resumed. */
    private static final class ObstacleException extends Exception {
        private static final long serialVersionUID = 1;

        ObstacleException(String reason) {
            super(reason);
        }
    }

    /** Looks for one. */
    static Resumption find(BackupRequest request, DomainStore store, HostFacts facts) {
        List<JournalEntry> entries = store.journal().entries();
        if (entries.isEmpty() || store.hasPoint(entries.get(0).point())) {
            return new Resumption(null, null);
        }
        JournalEntry entry = entries.get(0);
        String reason;
        try {
            if (entries.size() > 1) {
                throw new ObstacleException("another run left something too");
            }
            Attempt attempt = find(request, store, facts, entry);
            return new Resumption(
                    attempt,
                    "resumed point " + entry.point() + ", which an earlier run began at "
                            + attempt.job().began() + ": it holds the disks as they were then");
        } catch (ObstacleException | RemoteException | BackupException | RepositoryException e) {
            reason = String.valueOf(e.getMessage());
        } catch (IOException e) {
            reason = Problems.reason(e);
        }
        return new Resumption(
                null, "point " + entry.point() + ", which an earlier run began, is not resumed: " + reason);
    }

    private static Attempt find(BackupRequest request, DomainStore store, HostFacts facts, JournalEntry entry)
            throws ObstacleException, IOException {
        require(entry.mode() == Mode.PULL, "it is a push");
        require(
                entry.servedBy() == null && !facts.isOff(),
                "what serves the disks of a domain that is off ends with its run");
        // A host that makes up a UUID at each start of libvirtd is known by its name, and then by the job that runs.
        String host = facts.host().name();
        require(
                entry.host().name().equals(host)
                        || entry.host().is(host, facts.host().uuid()),
                "it was begun on host " + entry.host().name());
        BegunPoint begun = new UnfinishedPoint(store, entry.point()).begun();
        if (begun == null || !begun.point().equals(entry.point()) || entry.frozenId() != null) {
            throw new ObstacleException("that run had not come to copy anything");
        }
        require(begun.asked().equals(Attempt.asked(request)), "it was begun with other options");
        require(
                Objects.equals(begun.domainId(), facts.domain().id().orElse(null)),
                "the domain was started again since");
        TransferPlan plan = plan(request, store, facts, entry, begun);
        requireEncrypted(plan, facts);
        BackupSpec active = Waiting.await(facts.domain().activeBackup())
                .orElseThrow(() -> new ObstacleException("its job no longer runs on the host"));
        require(isOf(active, plan, begun), "another backup job runs on the host");
        if (begun.checkpoint() != null) {
            Waiting.await(facts.domain().checkpoints().find(begun.checkpoint()));
        }
        Duration frozen = begun.frozenMillis() == null ? null : Duration.ofMillis(begun.frozenMillis());
        return new Attempt(
                request,
                facts,
                store,
                entry.point(),
                entry.started(),
                new DiskChoice(plan.disks(), begun.excluded()),
                plan,
                Map.of(),
                new Attempt.Begun(
                        Waiting.await(facts.domain().attachBackup()), begun.began(), begun.port(), frozen, true),
                new Attempt.Recorded(begun.files(), begun.domainXml(), begun.nvram(), begun.tpmState()));
    }

    private static void require(boolean condition, String reason) throws ObstacleException {
        if (!condition) {
            throw new ObstacleException(reason);
        }
    }

    /** An earlier program left the scratch files of encrypted disks in clear, and did not know of it. */
    private static void requireEncrypted(TransferPlan plan, HostFacts facts) throws ObstacleException {
        for (DomainDescription.Disk now : facts.description().disks()) {
            require(
                    !now.isEncrypted()
                            || plan.disks().stream()
                                    .noneMatch(disk -> disk.target().equals(now.target()) && disk.secret() == null),
                    "disk " + now.target() + " is encrypted, and its scratch file is not");
        }
    }

    /** The same request gives the names of the journal again, with the random part that stands there. */
    private static TransferPlan plan(
            BackupRequest request, DomainStore store, HostFacts facts, JournalEntry entry, BegunPoint begun)
            throws ObstacleException {
        List<ChosenDisk> disks = new ArrayList<>();
        Set<String> incremental = new LinkedHashSet<>();
        Set<String> compared = new LinkedHashSet<>();
        Set<String> tracked = new LinkedHashSet<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        for (BegunDisk disk : begun.disks()) {
            disks.add(new ChosenDisk(disk.target(), disk.source()));
            reasons.put(disk.target(), disk.reason());
            if (disk.incremental()) {
                incremental.add(disk.target());
            }
            if (disk.compared()) {
                compared.add(disk.target());
            }
            if (disk.tracked()) {
                tracked.add(disk.target());
            }
        }
        ParentChoice choice = new ParentChoice(begun.level(), parent(store, begun), incremental, compared, reasons);
        TransferPlan plan = TransferPlan.of(
                        request,
                        facts.domain().libvirt().uri(),
                        entry.repository(),
                        facts.identity().uuid(),
                        entry.point(),
                        entry.random(),
                        disks,
                        choice)
                .tracking(tracked);
        require(
                Objects.equals(plan.checkpoint(), begun.checkpoint())
                        && Objects.equals(plan.socket(), entry.socket())
                        && plan.scratch().equals(entry.scratch()),
                "it was begun with other options");
        return plan;
    }

    private static @Nullable Point parent(DomainStore store, BegunPoint begun) throws ObstacleException {
        ParentLink link = begun.parent();
        if (link == null) {
            return null;
        }
        String point = "point " + link.point()
                + (begun.level() == Level.FULL ? ", out of which it is made," : ", which it builds on,");
        require(store.hasPoint(link.point()), point + " is gone");
        Point parent = store.point(link.point());
        require(parent.isMeantBy(link.manifestSha256()), point + " is another one now");
        return parent;
    }

    private static boolean isOf(BackupSpec active, TransferPlan transfer, BegunPoint begun) {
        if (active.server() instanceof NbdServer.Unix unix) {
            if (!unix.socket().equals(transfer.socket())) {
                return false;
            }
        } else if (!(active.server() instanceof NbdServer.Tcp tcp)
                || transfer.socket() != null
                || !Objects.equals(tcp.port(), begun.port())) {
            return false;
        }
        Set<String> found = new LinkedHashSet<>();
        for (BackupDisk disk : active.disks()) {
            if (disk.included() && (!transfer.exports().containsKey(disk.name()) || !isOf(disk, transfer))) {
                return false;
            }
            if (disk.included()) {
                found.add(disk.name());
            }
        }
        return found.equals(transfer.exports().keySet());
    }

    private static boolean isOf(BackupDisk disk, TransferPlan transfer) {
        String target = disk.name();
        return disk.storage() != null
                && Objects.equals(disk.storage().path(), transfer.storageOf(target))
                && disk.effectiveExportName().equals(transfer.exportOf(target))
                && Objects.equals(disk.incremental(), transfer.choice().checkpointOf(target));
    }
}
