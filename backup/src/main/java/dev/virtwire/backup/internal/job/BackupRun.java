// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.format.Writer;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.RepositoryStore;
import dev.virtwire.repository.internal.store.UnsureCommitException;
import dev.virtwire.repository.internal.unfinished.BegunDisk;
import dev.virtwire.repository.internal.unfinished.BegunPoint;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.manifest.DomainXml;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.ParentLink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One backup, on the thread that calls {@link #run}: questions, journal, transfer, commit; and on any failure the
 * clean-up, before it throws.
 */
public final class BackupRun {
    private final Libvirt libvirt;
    private final RepositoryStore repository;
    private final BackupRequest plan;
    private final CopyBudget budget;
    private final NbdOptions nbd;
    private final ProgressMeter meter;
    private final Cancellation cancellation = new Cancellation();
    private final List<String> notices = new ArrayList<>();
    private final long started = System.nanoTime();
    private @Nullable BegunPoint begun;

    /** A backup by {@code plan} over {@code libvirt} into {@code repository}, within {@code budget}. */
    public BackupRun(
            Libvirt libvirt,
            RepositoryStore repository,
            BackupRequest plan,
            ProgressListener listener,
            CopyBudget budget,
            NbdOptions nbd) {
        this.libvirt = libvirt;
        this.repository = repository;
        this.plan = plan;
        this.budget = budget;
        this.nbd = HostSocketTransport.through(libvirt, nbd);
        this.meter = new ProgressMeter(listener, 0, 0);
    }

    /** Ends the transfer soon; {@link #run} then cleans up and throws. From any thread, more than once. */
    public void cancel() {
        cancellation.cancel();
    }

    /**
     * Makes the backup.
     *
     * @throws BackupException where it failed; the message says why, and names what was left behind
     */
    public BackupResult run() {
        try {
            return begin();
        } catch (BackupException | RepositoryException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new BackupException("the backup of domain " + plan.domain() + " failed: " + Reasons.of(e), e);
        }
    }

    private BackupResult begin() {
        meter.phase(Progress.Phase.PREPARING);
        HostFacts facts = HostFacts.ask(libvirt, plan.domain());
        DiskChoice choice =
                DiskChoice.of(plan, facts.identity().name(), facts.description().disks());
        DomainStore store = repository.domain(facts.identity().name());
        DomainLock lock = store.lock();
        try {
            store.requireSame(facts.identity());
            Resumption earlier = plan.resume() ? Resumption.find(plan, store, facts, notices::add) : null;
            if (earlier != null) {
                return goOn(store, facts, earlier);
            }
            clearEarlier(store);
            facts.refuseOtherJob();
            return make(store, facts, choice);
        } finally {
            lock.close();
        }
    }

    /** That a bitmap is missing or broken shows when the job begins: then its disk is copied in full. */
    private BackupResult make(DomainStore store, HostFacts facts, DiskChoice choice) {
        ParentSearch search = new ParentSearch(plan, store, facts, choice.disks());
        Map<String, String> lost = new LinkedHashMap<>();
        while (true) {
            ParentChoice parent = search.find(lost);
            try {
                return make(store, facts, choice, parent);
            } catch (LostBitmapException e) {
                if (!lost.keySet().containsAll(e.disks().keySet())) {
                    lost.putAll(e.disks());
                } else {
                    throw e;
                }
            }
        }
    }

    /** What a run before this one left, when it died or when the host could not be reached. */
    private void clearEarlier(DomainStore store) {
        Leftovers leftovers = new Leftovers(store);
        for (JournalEntry entry : store.entries()) {
            leftovers.clearWhereItRan(entry, libvirt);
        }
        leftovers.clearUnknown();
        leftovers.done().forEach(done -> notices.add("an earlier run was cleaned up after: " + done));
        leftovers.left().forEach(left -> notices.add("an earlier run left behind " + left));
    }

    private BackupResult make(DomainStore store, HostFacts facts, DiskChoice choice, ParentChoice parent) {
        Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
        String id = store.newPointId(now, parent.level());
        TransferPlan transfer = TransferPlan.of(
                plan, libvirt.uri(), repository.id(), facts.identity().uuid(), id, choice.disks(), parent);
        JournalEntry entry = new JournalEntry(
                JournalEntry.FORMAT,
                JournalEntry.VERSION,
                repository.id(),
                id,
                Writer.describe(),
                now,
                facts.identity(),
                facts.host(),
                plan.mode(),
                parent.level(),
                parent.parent() == null ? null : parent.parent().id(),
                plan.keepFullCheckpoint(),
                transfer.checkpoint(),
                transfer.socket(),
                transfer.scratch(),
                transfer.pushed(),
                null);
        Quiesce quiesce = new Quiesce(plan.quiesce(), facts.domain(), store, entry);
        UnfinishedPoint unfinished = new UnfinishedPoint(repository.files(), store.partial(id));
        return make(
                store,
                facts,
                quiesce,
                new JobBegin(facts.domain(), transfer, quiesce),
                unfinished,
                start -> begun = note(facts, choice, quiesce, start, unfinished));
    }

    /** Finishes what an earlier run began; the disks are as they were then. */
    private BackupResult goOn(DomainStore store, HostFacts facts, Resumption earlier) {
        String id = earlier.entry().point();
        notices.add("went on with point " + id + ", which an earlier run began at " + earlier.began()
                + ": it holds the disks as they were then");
        begun = earlier.begun();
        Quiesce over = new Quiesce(false, facts.domain(), store, earlier.entry());
        return make(
                store, facts, over, earlier, new UnfinishedPoint(repository.files(), store.partial(id)), start -> {});
    }

    private BackupResult make(
            DomainStore store,
            HostFacts facts,
            Quiesce quiesce,
            JobStart start,
            UnfinishedPoint unfinished,
            Transfer.Begun noted) {
        Point point;
        Transfer.Result result;
        try {
            if (!start.goesOn()) {
                store.writeEntry(quiesce.entry());
                store.createPartial(quiesce.entry().point());
            }
            Transfer kind = plan.mode() == Mode.PULL
                    ? new PullTransfer(facts.domain(), start, store, unfinished, plan, nbd, budget, meter, cancellation)
                    : new PushTransfer(facts.domain(), facts.host(), start.plan(), meter, cancellation, quiesce);
            result = kind.run(noted);
            meter.phase(Progress.Phase.COMMITTING);
            point = commit(store, facts, result, unfinished);
        } catch (UnsureCommitException e) {
            // With the journal entry and every checkpoint in place either outcome is a good one.
            throw new BackupException(
                    "the backup of domain " + plan.domain() + " is not safe: " + e.getMessage()
                            + ". Nothing else was changed; the next backup or 'virtwire recover " + repository.folder()
                            + "' tries again",
                    e);
        } catch (IOException | RuntimeException | Error e) {
            throw cleanUp(store, quiesce.entry(), e);
        }
        return finish(store, quiesce, point, result);
    }

    /** Fetches and writes what the point holds besides disks, and notes for a later run what only this one knows. */
    private BegunPoint note(
            HostFacts facts, DiskChoice choice, Quiesce quiesce, JobStart start, UnfinishedPoint unfinished)
            throws IOException {
        TransferPlan done = start.plan();
        DomainDescription description = facts.description();
        PointFiles fetched =
                PointFiles.fetch(facts.domain(), description.nvram(), isHere(facts, done), done.checkpoint());
        Point parent = done.choice().parent();
        List<BegunDisk> disks = new ArrayList<>();
        for (ChosenDisk disk : done.disks()) {
            String target = disk.target();
            disks.add(new BegunDisk(
                    target,
                    disk.source(),
                    done.choice().incremental().contains(target),
                    done.choice().reasonOf(target),
                    done.tracked().contains(target)));
        }
        Duration frozen = quiesce.frozen();
        BegunPoint point = new BegunPoint(
                BegunPoint.FORMAT,
                BegunPoint.VERSION,
                quiesce.entry().point(),
                Resumption.asked(plan),
                facts.domain().id().orElse(null),
                start.began(),
                start.port(),
                done.choice().level(),
                parent == null ? null : link(parent),
                done.checkpoint(),
                disks,
                choice.excluded(),
                fetched.write(repository.files(), unfinished.folder()),
                new DomainXml(fetched.secrets(), description.secrets()),
                fetched.nvram(),
                description.keepsTpmState(),
                frozen == null ? null : frozen.toMillis());
        if (plan.mode() == Mode.PULL) {
            unfinished.begun(point);
        }
        return point;
    }

    /** The export's socket has a name that nobody else would give: where it is seen, the host's files are seen too. */
    private static boolean isHere(HostFacts facts, TransferPlan begun) {
        String socket = begun.socket();
        return facts.isHere() || (socket != null && Files.exists(Path.of(socket)));
    }

    private Point commit(DomainStore store, HostFacts facts, Transfer.Result result, UnfinishedPoint unfinished)
            throws IOException {
        cancellation.check();
        TransferPlan transfer = result.plan();
        Point parent = transfer.choice().parent();
        BegunPoint noted = requireNonNull(begun);
        Point newest = store.points().newest();
        Manifest manifest = new Manifest(
                Manifest.FORMAT,
                Manifest.VERSION,
                Writer.program(),
                repository.id(),
                noted.point(),
                facts.identity(),
                facts.host(),
                plan.mode(),
                transfer.choice().level(),
                plan.mode() == Mode.PULL ? Manifest.COMPLETED : Manifest.COMPLETED_UNVERIFIED,
                parent == null ? null : link(parent),
                newest == null ? null : link(newest),
                transfer.checkpoint(),
                transfer.checkpoint() == null ? transfer.noCheckpointReason() : null,
                plan.quiesce(),
                result.began(),
                Instant.now().truncatedTo(ChronoUnit.MILLIS),
                result.disks(),
                noted.excluded(),
                noted.files(),
                noted.domainXml(),
                noted.nvram());
        cancellation.check();
        addNotices(manifest, transfer, noted.tpmState());
        unfinished.clear();
        return store.commit(manifest);
    }

    private static ParentLink link(Point point) {
        return new ParentLink(point.id(), point.manifestSha256());
    }

    private void addNotices(Manifest manifest, TransferPlan transfer, boolean tpmState) {
        for (ExcludedDisk disk : manifest.excluded()) {
            notices.add("disk " + disk.target() + " is not in it: " + disk.reason());
        }
        for (ManifestDisk disk : manifest.disks()) {
            boolean changesWanted = plan.mode() == Mode.PULL && plan.level() != Level.FULL;
            if (disk.level() == Level.FULL && changesWanted && manifest.previous() != null) {
                notices.add("disk " + disk.target() + " was copied in full: " + disk.reason());
            }
            if (disk.bitmap() == null && plan.mode() == Mode.PULL) {
                notices.add("disk " + disk.target() + " has no bitmap of changes ("
                        + transfer.noBitmapReason(disk.target()) + "): every backup of it is a full one");
            }
        }
        if (manifest.nvram() != null && manifest.nvram().reason() != null) {
            notices.add("the UEFI variables in " + manifest.nvram().path() + " are not in it: "
                    + manifest.nvram().reason());
        }
        if (tpmState) {
            notices.add("the state of the emulated TPM is not in it: libvirt has no call that reads it");
        }
    }

    /** The point stands. Whatever is still to be cleared on the host is no failure of the backup. */
    private BackupResult finish(DomainStore store, Quiesce quiesce, Point point, Transfer.Result result) {
        Leftovers leftovers = new Leftovers(store);
        try {
            leftovers.clear(quiesce.entry(), libvirt);
        } catch (RuntimeException e) {
            leftovers.left().add(Reasons.of(e));
        }
        Long frozenMillis = requireNonNull(begun).frozenMillis();
        leftovers.left().forEach(left -> notices.add("left for the next run or recover to clear: " + left));
        meter.last(Progress.Phase.DONE);
        return new BackupResult(
                point,
                point.manifest().outcome(),
                result.bytesRead(),
                result.bytesStored(),
                frozenMillis == null ? null : Duration.ofMillis(frozenMillis),
                Duration.ofNanos(System.nanoTime() - started),
                notices);
    }

    /** Removes everything that this run has made, and says why it failed and what could not be removed. */
    private BackupException cleanUp(DomainStore store, JournalEntry entry, Throwable failure) {
        if (!(failure instanceof LostBitmapException)) {
            meter.last(Progress.Phase.CLEANING_UP);
        }
        Leftovers leftovers = new Leftovers(store);
        Throwable further = null;
        boolean goesOn = false;
        try {
            boolean refused = failure instanceof RefusedException || failure instanceof LostBitmapException;
            goesOn = leftovers.clear(refused ? entry.withoutImages() : entry, libvirt, mayGoOn(failure));
        } catch (RuntimeException e) {
            further = e;
            leftovers.left().add("unknown traces: " + Reasons.of(e));
        }
        String where = leftovers.left().isEmpty()
                ? ""
                : ". Left behind: " + String.join("; ", leftovers.left())
                        + ". It stands in the journal; the next backup or 'virtwire recover " + repository.folder()
                        + "' clears it"
                        + (goesOn ? ". Or 'virtwire backup --resume' goes on with it, if its job still runs then" : "");
        if (where.isEmpty() && failure instanceof LostBitmapException lost) {
            return lost;
        }
        BackupException described = describe(failure, where);
        if (further != null) {
            described.addSuppressed(further);
        }
        return described;
    }

    /** Who cancelled wants nothing of it, and what cannot be written here now could not be later. */
    private boolean mayGoOn(Throwable failure) {
        return begun != null
                && plan.mode() == Mode.PULL
                && !cancellation.isCancelled()
                && !(failure instanceof IOException);
    }

    private BackupException describe(Throwable failure, String where) {
        if (cancellation.isCancelled()) {
            return new BackupCancelledException(
                    "the backup of domain " + plan.domain() + " was cancelled" + where, failure);
        }
        String text = "the backup of domain " + plan.domain() + " failed: " + Reasons.of(failure) + where;
        return new BackupException(text, failure);
    }
}
