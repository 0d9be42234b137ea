// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Patience;
import dev.virtwire.backup.internal.clearing.Leftovers;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.backup.internal.host.RefusedException;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.Libvirt;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.UnsureCommitException;
import dev.virtwire.repository.internal.unfinished.UnfinishedPoint;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.Mode;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One backup, on the thread that calls {@link #run}. What it knows of the point stands in an {@link Attempt}, which
 * each step takes and returns. On any failure it cleans up before it throws.
 */
public final class BackupRun {
    private static final String CLEANED_UP = "an earlier run was cleaned up after: ";

    private final Libvirt libvirt;
    private final RepositoryStore repository;
    private final BackupRequest request;
    private final CopyBudget budget;
    private final NbdOptions nbd;
    private final ProgressMeter meter;
    private final HostQuestions questions;
    private final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    private final Set<String> left = new LinkedHashSet<>();
    private final long started = System.nanoTime();
    private @Nullable OfflineGuest offline;
    private @Nullable HostFacts lastFacts;
    /** Each once, however often the run waited and began again. */
    private final Set<Notice> notices = new LinkedHashSet<>();
    /** Why this is the second try, or null if it is the first. */
    private @Nullable StoppedGuest stopped;

    /** A backup by {@code request} over {@code libvirt} into {@code repository}, within {@code budget}. */
    public BackupRun(
            Libvirt libvirt,
            RepositoryStore repository,
            BackupRequest request,
            ProgressListener listener,
            CopyBudget budget,
            NbdOptions nbd) {
        this.libvirt = libvirt;
        this.repository = repository;
        this.request = request;
        this.budget = budget;
        this.nbd = nbd;
        this.meter = new ProgressMeter(listener, 0, 0);
        this.questions = new HostQuestions(libvirt, request.stallTimeout(), this::requireNotCancelled);
    }

    /** Ends the transfer soon; {@link #run} then cleans up and throws. From any thread, more than once. */
    public void cancel() {
        cancelled.complete(null);
    }

    /**
     * Makes the backup.
     *
     * @throws BackupException if it failed; the message says why, and names what was left behind
     * @throws RepositoryException if the repository cannot be used, so that nothing was begun
     */
    public BackupResult run() {
        try {
            return tryOnce();
        } catch (BackupException e) {
            stopped = StoppedGuest.since(lastFacts, request, this::pause, e);
            if (stopped == null) {
                throw e;
            }
            return stopped.again(this::tryOnce);
        }
    }

    private BackupResult tryOnce() {
        try {
            return whenFree(this::backUp);
        } catch (BackupException | RepositoryException e) {
            throw e;
        } catch (RuntimeException e) {
            throw new BackupException("the backup of domain " + request.domain() + " failed: " + Reasons.of(e), e);
        }
    }

    /** Does some work on the domain, after any other run or job for which the request waits; fails if cancelled. */
    public <T> T whenFree(Supplier<T> work) {
        try {
            return new Patience(request.longestWait()).whenFree(work, meter::waiting, this::pause);
        } catch (CopyCancelledException e) {
            throw describe(e, "");
        }
    }

    private BackupResult backUp() {
        meter.begin();
        // Of a try before this one only what it did still holds.
        notices.removeIf(notice -> !notice.text().startsWith(CLEANED_UP));
        left.clear();
        HostFacts facts = HostFacts.ask(libvirt, request.domain(), this::pause);
        lastFacts = facts;
        DiskChoice choice = stopped == null ? DiskChoice.of(request, facts) : DiskChoice.ofStopped(request, facts);
        if (facts.isOff()) {
            new OwnStorage(libvirt).require(request, facts, choice.disks());
        }
        DomainStore store = repository.domain(facts.identity().name());
        DomainLock lock = store.lock();
        try {
            store.requireSame(facts.identity());
            noticeCleared(PointFiles.endPools(facts, store));
            if (choice.disks().isEmpty()) {
                return withoutDisks(store, facts, choice);
            }
            Attempt attempt = resumedOrPlanned(store, facts, choice);
            Transfer.Copied copied;
            Point point;
            try {
                while (attempt.begun() == null) {
                    attempt = begin(attempt);
                }
                try (Transfer transfer = transfer(attempt)) {
                    attempt = record(attempt);
                    copied = transfer.copy();
                    notices.addAll(transfer.notices());
                    transfer.end();
                }
                point = commit(attempt, copied);
            } catch (UnsureCommitException e) {
                throw Failures.unsure(request, e, repository.folder());
            } catch (IOException | RuntimeException | Error e) {
                throw failed(attempt, e);
            }
            cleanUp(attempt);
            return report(attempt, copied, point);
        } finally {
            unwatch();
            lock.close();
        }
    }

    private void unwatch() {
        if (offline != null) {
            offline.close();
            offline = null;
        }
    }

    private BackupResult withoutDisks(DomainStore store, HostFacts facts, DiskChoice choice) {
        clearEarlier(store);
        Point point;
        try {
            point = DisklessPoint.make(
                    request, facts, store, choice, this::noticeIfOpenToOthers, questions, this::requireNotCancelled);
        } catch (UnsureCommitException e) {
            throw Failures.unsure(request, e, "The next backup makes another point");
        } catch (IOException | CopyCancelledException e) {
            throw describe(e, "");
        }
        notices.add(DisklessPoint.notice(point));
        notices.addAll(Attempt.ofDefinition(repository, store, point.manifest()));
        meter.last(Progress.Phase.DONE);
        return result(point, 0, 0, null);
    }

    private BackupResult result(Point point, long bytesRead, long bytesStored, @Nullable Duration frozen) {
        return new BackupResult(
                point,
                point.manifest().outcome(),
                bytesRead,
                bytesStored,
                frozen,
                Duration.ofNanos(System.nanoTime() - started),
                List.copyOf(notices),
                List.copyOf(left));
    }

    /** What an earlier run began, if that was asked for and can be resumed; else what it left is cleared. */
    private Attempt resumedOrPlanned(DomainStore store, HostFacts facts, DiskChoice choice) {
        // Of a try before this one nothing was left that could be resumed.
        if (request.resume() && stopped == null) {
            Resumption earlier = Resumption.find(request, store, facts);
            if (earlier.notice() != null) {
                notices.add(Notice.information(earlier.notice()));
            }
            if (earlier.attempt() != null) {
                return earlier.attempt();
            }
        }
        clearEarlier(store);
        // A guest that had shut down was kept for the job that was ended just now.
        HostFacts now = facts.ofNow(this::pause);
        lastFacts = now;
        DiskChoice chosen = now.equals(facts) ? choice : DiskChoice.ofStopped(request, now);
        if (now.isOff()) {
            new OwnStorage(libvirt).require(request, now, chosen.disks());
        }
        now.refuseOtherJob(chosen.targets());
        return Attempt.planned(request, now, store, chosen, Map.of());
    }

    /** What a run before this one left, when it died or when the host could not be reached. */
    private void clearEarlier(DomainStore store) {
        Leftovers leftovers = leftovers(store);
        for (JournalEntry entry : store.journal().entries()) {
            leftovers.clearWhereItRan(entry, libvirt);
        }
        leftovers.clearUnknown();
        noticeCleared(leftovers.done());
        left.clear();
        left.addAll(leftovers.left());
    }

    /** What this run's own first try left is no earlier run's. */
    private void noticeCleared(List<String> cleared) {
        if (stopped == null) {
            cleared.forEach(done -> notices.add(Notice.information(CLEANED_UP + done)));
        }
    }

    /** Begins the job. If libvirt turns out to miss a disk's bitmap, returns another plan, with all of that disk. */
    private Attempt begin(Attempt attempt) throws IOException {
        attempt.store().journal().write(attempt.entry());
        attempt.unfinished().create();
        noticeIfOpenToOthers(attempt.unfinished());
        requireNotCancelled();
        try {
            if (attempt.facts().isOff()) {
                unwatch();
                offline = new OfflineGuest(attempt, this::cancel);
                return offline.begin(this::requireNotCancelled);
            }
            return new JobBegin(attempt, attempt.facts().domain(), this::requireNotCancelled).begin();
        } catch (LostBitmapException e) {
            Leftovers leftovers = leftovers(attempt.store());
            boolean known = attempt.lost().keySet().containsAll(e.disks().keySet());
            if (known || !leftovers.clearRefused(attempt.entry(), libvirt)) {
                throw e;
            }
            return attempt.without(e.disks());
        }
    }

    private void noticeIfOpenToOthers(UnfinishedPoint unfinished) throws IOException {
        if (unfinished.isOpenToOthers()) {
            notices.add(unfinished.openToOthers());
        }
    }

    private Transfer transfer(Attempt attempt) throws IOException {
        return request.mode() == Mode.PULL
                ? PullTransfer.of(attempt, questions, nbd, budget, meter, cancelled)
                : new PushTransfer(attempt, questions, meter, cancelled);
    }

    /** Fetches and writes what the point holds besides disks, and notes for a later run what only this one knows. */
    private Attempt record(Attempt attempt) throws IOException {
        if (attempt.recorded() != null) {
            return attempt;
        }
        PointFiles fetched = PointFiles.fetch(attempt, questions);
        Attempt recorded = attempt.recorded(new Attempt.Recorded(
                fetched.write(attempt.unfinished()),
                fetched.domainXml(),
                fetched.nvram(),
                attempt.facts().description().keepsTpmState()));
        if (request.mode() == Mode.PULL) {
            attempt.unfinished().begun(recorded.notes());
        }
        return recorded;
    }

    private Point commit(Attempt attempt, Transfer.Copied copied) throws IOException {
        requireNotCancelled();
        meter.phase(Progress.Phase.COMMITTING);
        Point builtOn = attempt.builtOn();
        if (builtOn != null) {
            DiskChain.requireStillThere(
                    attempt.store(),
                    builtOn,
                    attempt.point(),
                    attempt.plan().choice().incremental());
        }
        Manifest manifest = attempt.manifest(copied.disks(), attempt.store().points());
        requireNotCancelled();
        UnfinishedPoint unfinished = attempt.unfinished();
        Point point = unfinished.commit(manifest);
        if (unfinished.notice() != null) {
            notices.add(unfinished.notice());
        }
        return point;
    }

    private void pause(Duration time) {
        Waiting.pause(time, cancelled);
    }

    private void requireNotCancelled() {
        Waiting.requireNot(cancelled);
    }

    /** Makes no clone that would be in the way of who starts the guest. */
    private Leftovers leftovers(DomainStore store) {
        Leftovers leftovers = new Leftovers(store);
        leftovers.makingClonesIf(() -> offline == null || !offline.isWanted());
        return leftovers;
    }

    /** The point stands. Whatever is still to be cleared on the host is no failure of the backup. */
    private void cleanUp(Attempt attempt) {
        Leftovers leftovers = leftovers(attempt.store());
        try {
            leftovers.clearDone(attempt.entry(), libvirt, questions);
            if (attempt.facts().isOff() && !left.isEmpty()) {
                // What could be deleted only while something serves the disks has gone by now.
                clearEarlier(attempt.store());
            }
        } catch (RuntimeException e) {
            leftovers.left().add(Reasons.of(e));
        }
        left.addAll(leftovers.left());
    }

    private BackupResult report(Attempt attempt, Transfer.Copied copied, Point point) {
        notices.addAll(Attempt.ofDefinition(repository, attempt.store(), point.manifest()));
        notices.addAll(attempt.notices(point.manifest()));
        if (stopped != null) {
            notices.add(stopped.notice(point.manifest()));
        }
        meter.last(Progress.Phase.DONE);
        return result(
                point, copied.bytesRead(), copied.bytesStored(), attempt.job().frozen());
    }

    /** Removes everything that this run has made, and says why it failed and what could not be removed. */
    private BackupException failed(Attempt attempt, Throwable failure) {
        meter.last(Progress.Phase.CLEANING_UP);
        Leftovers leftovers = leftovers(attempt.store());
        Throwable further = null;
        boolean resumable = false;
        try {
            JournalEntry entry = leftovers.entryOf(attempt.entry());
            if (failure instanceof RefusedException || failure instanceof LostBitmapException) {
                leftovers.clearRefused(entry, libvirt);
            } else if (!cancelled.isDone() && attempt.isWorthResuming(failure, meter.writtenBytes())) {
                leftovers.leave(entry, "its job, whose scratch files grow unwatched, and what was copied");
                resumable = true;
            } else {
                // Who cancelled wants nothing of it.
                resumable = leftovers.clearFailed(entry, libvirt, !cancelled.isDone() && attempt.mayBeResumed(failure));
            }
        } catch (RuntimeException e) {
            further = e;
            leftovers.left().add("unknown traces: " + Reasons.of(e));
        }
        BackupException described =
                describe(failure, Failures.leftBehind(leftovers.left(), repository.folder(), resumable));
        if (further != null) {
            described.addSuppressed(further);
        }
        return described;
    }

    private BackupException describe(Throwable failure, String where) {
        return offline != null && offline.isWanted()
                ? Failures.gaveWay(request, failure, where)
                : Failures.of(request, failure, where, cancelled.isDone());
    }
}
