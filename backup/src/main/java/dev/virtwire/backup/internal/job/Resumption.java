// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.unfinished.AskedFor;
import dev.virtwire.repository.internal.unfinished.BegunDisk;
import dev.virtwire.repository.internal.unfinished.BegunPoint;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.ParentLink;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A backup that an earlier run began and whose job still runs on the host. It is gone on with only where everything is as
 * that run left it; at the least doubt it is cleared and a new one begins.
 *
 * @param entry its entry in the journal
 * @param begun what that run noted
 * @param plan what it asked the host for
 * @param job the job
 */
record Resumption(JournalEntry entry, BegunPoint begun, TransferPlan plan, BackupJob job) implements JobStart {
    /** Why it is not gone on with. */
    private static final class ObstacleException extends Exception {
        private static final long serialVersionUID = 1;

        ObstacleException(String reason) {
            super(reason);
        }
    }

    /**
     * Looks for one.
     *
     * @param obstacle told why there is none, where there is something that an earlier run began
     * @return null where there is none
     */
    static @Nullable Resumption find(
            BackupRequest plan, DomainStore store, HostFacts facts, Consumer<String> obstacle) {
        List<JournalEntry> entries = store.entries();
        if (entries.isEmpty() || store.hasPoint(entries.get(0).point())) {
            return null;
        }
        JournalEntry entry = entries.get(0);
        try {
            if (entries.size() > 1) {
                throw new ObstacleException("another run left something too");
            }
            return find(plan, store, facts, entry);
        } catch (ObstacleException | RemoteException | BackupException | RepositoryException e) {
            obstacle.accept(
                    "point " + entry.point() + ", which an earlier run began, is not gone on with: " + e.getMessage());
        } catch (IOException e) {
            obstacle.accept("point " + entry.point() + ", which an earlier run began, is not gone on with: "
                    + Problems.reason(e));
        }
        return null;
    }

    private static Resumption find(BackupRequest plan, DomainStore store, HostFacts facts, JournalEntry entry)
            throws ObstacleException, IOException {
        require(entry.mode() == Mode.PULL, "it is a push");
        require(
                entry.host().name().equals(facts.host().name()),
                "it was begun on host " + entry.host().name());
        BegunPoint begun = new UnfinishedPoint(store.files(), store.partial(entry.point())).begun();
        if (begun == null || !begun.point().equals(entry.point()) || entry.frozenId() != null) {
            throw new ObstacleException("that run had not come to copy anything");
        }
        require(begun.asked().equals(asked(plan)), "it was begun with other options");
        require(
                Objects.equals(begun.domainId(), facts.domain().id().orElse(null)),
                "the domain was started anew since");
        TransferPlan transfer = transfer(plan, store, facts, entry, begun);
        BackupSpec active = Waiting.await(facts.domain().activeBackup())
                .orElseThrow(() -> new ObstacleException("its job no longer runs on the host"));
        require(isOf(active, transfer, begun), "another backup job runs on the host");
        if (begun.checkpoint() != null) {
            Waiting.await(facts.domain().checkpoints().find(begun.checkpoint()));
        }
        return new Resumption(
                entry, begun, transfer, Waiting.await(facts.domain().attachBackup()));
    }

    /** What the user asked for, as the notes of a run have it. */
    static AskedFor asked(BackupRequest request) {
        return new AskedFor(
                request.level() == null ? "AUTO" : request.level().name(),
                request.since(),
                request.keepFullCheckpoint(),
                request.disks().stream().sorted().toList(),
                request.excluded().stream().sorted().toList(),
                request.quiesce(),
                request.compression(),
                request.scratchFolder(),
                request.nbd() == null ? null : request.nbd().toString());
    }

    private static void require(boolean condition, String reason) throws ObstacleException {
        if (!condition) {
            throw new ObstacleException(reason);
        }
    }

    /** The same request gives the same names; those in the journal say whether it is the same. */
    private static TransferPlan transfer(
            BackupRequest plan, DomainStore store, HostFacts facts, JournalEntry entry, BegunPoint begun)
            throws ObstacleException {
        List<ChosenDisk> disks = new ArrayList<>();
        Set<String> incremental = new LinkedHashSet<>();
        Set<String> tracked = new LinkedHashSet<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        for (BegunDisk disk : begun.disks()) {
            disks.add(new ChosenDisk(disk.target(), disk.source()));
            reasons.put(disk.target(), disk.reason());
            if (disk.incremental()) {
                incremental.add(disk.target());
            }
            if (disk.tracked()) {
                tracked.add(disk.target());
            }
        }
        ParentChoice choice = new ParentChoice(begun.level(), parent(store, begun), incremental, reasons);
        TransferPlan transfer = TransferPlan.of(
                        plan,
                        facts.domain().libvirt().uri(),
                        entry.repository(),
                        facts.identity().uuid(),
                        entry.point(),
                        disks,
                        choice)
                .tracking(tracked);
        require(
                Objects.equals(transfer.checkpoint(), begun.checkpoint())
                        && Objects.equals(transfer.socket(), entry.socket())
                        && transfer.scratch().equals(entry.scratch()),
                "it was begun with other options");
        return transfer;
    }

    private static @Nullable Point parent(DomainStore store, BegunPoint begun) throws ObstacleException {
        ParentLink link = begun.parent();
        if (link == null) {
            return null;
        }
        require(store.hasPoint(link.point()), "point " + link.point() + ", which it builds on, is gone");
        Point parent = store.point(link.point());
        require(
                parent.manifestSha256().equals(link.manifestSha256()),
                "point " + link.point() + ", which it builds on, is another one now");
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

    @Override
    public BackupJob begin() {
        return job;
    }

    @Override
    public int port() {
        return begun.port();
    }

    @Override
    public Instant began() {
        return begun.began();
    }

    @Override
    public boolean goesOn() {
        return true;
    }
}
