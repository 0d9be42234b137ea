// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.backup.internal.source.NbdDisk;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupOutcome;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.RebasedDisk;
import dev.virtwire.repository.internal.copy.Comparison;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.copy.ProvenChanges;
import dev.virtwire.repository.internal.copy.ThrottledDisk;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the disks from the host's NBD export, one after the other. */
final class PullTransfer implements Transfer {
    private static final Logger LOG = LoggerFactory.getLogger(PullTransfer.class);

    /**
     * All data is there by then: a host that deletes large scratch files on slow storage has the time that it takes.
     */
    private static final Duration END = Duration.ofMinutes(15);
    /** When the export goes away libvirt usually says a moment later why. */
    private static final Duration EXPLANATION = Duration.ofSeconds(3);

    private static final Duration AGAIN = Duration.ofSeconds(1);

    private static final String MISSES_CHANGES =
            "its bitmap misses changes, as it does if the disk was smaller for a while";

    private static final int WORKERS =
            Math.max(2, Math.min(4, Runtime.getRuntime().availableProcessors()));

    private final Attempt attempt;
    private final Domain domain;
    private final BackupJob job;
    private final NbdOptions nbd;
    private final CopyBudget budget;
    private final ProgressMeter meter;
    private final CompletableFuture<Void> cancelled;
    private final ScratchGuard guard;
    private final HostQuestions questions;
    private final AtomicReference<@Nullable NbdDisk> reading = new AtomicReference<>();
    /** The targets of disks whose bitmap misses changes. */
    private final Set<String> refuted = new HashSet<>();

    private volatile boolean stopped;

    private PullTransfer(
            Attempt attempt,
            ScratchGuard guard,
            HostQuestions questions,
            NbdOptions nbd,
            CopyBudget budget,
            ProgressMeter meter,
            CompletableFuture<Void> cancelled) {
        this.attempt = attempt;
        this.domain = attempt.job().job().domain();
        this.job = attempt.job().job();
        this.guard = guard;
        this.questions = questions;
        this.nbd = requireNonNull(attempt.plan().path()).options(nbd, domain.libvirt());
        this.budget = budget;
        this.meter = meter;
        this.cancelled = cancelled;
    }

    /** Of a job that runs; from here on its scratch files are watched, and its end stops the copy. */
    static PullTransfer of(
            Attempt attempt,
            HostQuestions questions,
            NbdOptions nbd,
            CopyBudget budget,
            ProgressMeter meter,
            CompletableFuture<Void> cancelled)
            throws IOException {
        PullTransfer transfer = new PullTransfer(
                attempt, ScratchGuard.watch(attempt, questions), questions, nbd, budget, meter, cancelled);
        transfer.job.completion().whenComplete((outcome, failure) -> transfer.stop());
        cancelled.thenRun(transfer::stop);
        return transfer;
    }

    @Override
    public Transfer.Copied copy() throws IOException {
        try {
            guard.askHost(attempt);
            List<ManifestDisk> disks = copyAll();
            long stored = disks.stream()
                    .mapToLong(disk -> requireNonNull(disk.image()).size())
                    .sum();
            return new Transfer.Copied(disks, meter.movedBytes(), stored);
        } catch (NbdException | BackupException | RepositoryException e) {
            throw explained(e);
        }
    }

    @Override
    public void end() {
        try {
            Waiting.requireNot(cancelled);
            BackupOutcome outcome = finish();
            if (!outcome.isCompleted()) {
                throw new BackupException("the backup job ended badly on the host: " + outcome.reason());
            }
        } catch (BackupException | RepositoryException e) {
            throw explained(e);
        }
    }

    @Override
    public List<Notice> notices() {
        List<Notice> found = new ArrayList<>();
        if (guard.notice() != null) {
            found.add(Notice.information(guard.notice()));
        }
        try {
            if (HostFacts.isKept(domain)) {
                found.add(Notice.information(
                        "the guest shut down meanwhile, and was kept paused until its disks were read"));
            }
        } catch (LibvirtException e) {
            LOG.debug("Nobody knows whether {} has shut down", domain, e);
        }
        return found;
    }

    @Override
    public void close() {
        guard.close();
    }

    /** If the connection is being made again, the end of the job waits for that. */
    private Duration longestEnd() {
        return LibvirtAccess.to(job.domain().libvirt())
                .reconnectPolicy()
                .map(policy -> END.plus(policy.giveUpAfter()))
                .orElse(END);
    }

    /** All data is there: a host that does not answer is asked again for as long as one that gives no data. */
    private BackupOutcome finish() {
        long began = System.nanoTime();
        while (true) {
            try {
                CompletableFuture<BackupOutcome> end = job.finish();
                Waiting.await(CompletableFuture.anyOf(end, cancelled), longestEnd(), "the end of the backup job");
                if (!end.isDone()) {
                    throw new CopyCancelledException();
                }
                return Waiting.await(end);
            } catch (LibvirtException e) {
                boolean over = System.nanoTime() - began
                        >= attempt.request().stallTimeout().toNanos();
                // Some other call held the domain for longer than libvirt waits for that.
                boolean busy = e instanceof RemoteException refused && refused.is(ErrorCode.OPERATION_TIMEOUT);
                if (e instanceof RemoteException && (over || !busy)) {
                    throw e;
                }
                if (over || job.completion().isCompletedExceptionally()) {
                    throw lost(e, e);
                }
                LOG.debug("The end of the backup of {} is asked for again", domain, e);
                Waiting.pause(AGAIN);
            }
        }
    }

    private static BackupException lost(Throwable reason, Throwable cause) {
        return new BackupException("libvirt can no longer be asked: " + reason.getMessage(), cause);
    }

    /** If the job has ended by itself, that is the reason, and what was noticed first only its consequence. */
    private RuntimeException explained(RuntimeException failure) {
        String full = guard.reason();
        if (full != null && !cancelled.isDone()) {
            return new BackupException(full, failure);
        }
        if (cancelled.isDone() || !(failure instanceof NbdException || stopped)) {
            return failure;
        }
        try {
            BackupOutcome outcome = job.completion().get(EXPLANATION.toMillis(), TimeUnit.MILLISECONDS);
            return new BackupException(
                    "the backup job ended on the host before everything was read: "
                            + attempt.facts().whyStopped(domain).orElse(String.valueOf(outcome.reason())),
                    failure);
        } catch (TimeoutException e) {
            return failure;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return failure;
        } catch (ExecutionException e) {
            return lost(LibvirtException.unwrap(e), failure);
        }
    }

    /** The job has ended or the user has cancelled: reads that are under way fail, and so does the copy. */
    private void stop() {
        stopped = true;
        NbdDisk disk = reading.get();
        if (disk != null) {
            disk.close();
        }
    }

    private List<ManifestDisk> copyAll() throws IOException {
        TransferPlan plan = attempt.plan();
        NbdAddress address = requireNonNull(plan.path()).address(attempt.job().port());
        Map<ChosenDisk, Long> sizes = new LinkedHashMap<>();
        for (ChosenDisk disk : plan.disks()) {
            long exported = NbdDisk.sizeOf(
                    address,
                    plan.exportOf(disk.target()),
                    nbd,
                    attempt.request().stallTimeout(),
                    () -> stopped);
            sizes.put(disk, requireSize(disk, exported));
        }
        meter.expect(
                sizes.size(), sizes.values().stream().mapToLong(Long::longValue).sum());
        new CopyRoom(attempt).require(sizes, target -> open(address, target, plan.changesOf(target)));
        meter.phase(Progress.Phase.COPYING);
        ExecutorService workers = Executors.newFixedThreadPool(WORKERS, task -> {
            Thread thread = new Thread(task, "virtwire copy " + domain.name());
            thread.setDaemon(true);
            return thread;
        });
        try {
            DiskStore store = new DiskStore(
                            attempt.unfinished().folder(), budget.buffers(), workers, meter, () -> stopped)
                    .compressing(attempt.request().compression());
            if (attempt.job().resumed()) {
                store = store.resuming();
            }
            List<ManifestDisk> disks = new ArrayList<>();
            for (ChosenDisk disk : plan.disks()) {
                meter.disk(disk.target());
                disks.add(stored(store, address, disk));
                meter.diskDone();
            }
            return disks;
        } finally {
            workers.shutdown();
        }
    }

    /** A server that is not the guest's, or another disk of it, is noticed here at the latest. */
    private long requireSize(ChosenDisk disk, long exported) {
        long expected = questions.ask(() -> HostFacts.sizeOf(domain, disk.target()));
        if (exported != expected) {
            throw new BackupException("the NBD export of disk " + disk.target() + " has " + exported
                    + " bytes, but libvirt says that the disk has " + expected);
        }
        return exported;
    }

    /** The disk as the manifest has it; one that an earlier run has completed is not touched. */
    private ManifestDisk stored(DiskStore images, NbdAddress address, ChosenDisk disk) throws IOException {
        ManifestDisk complete = attempt.job().resumed() ? attempt.unfinished().complete(disk.target()) : null;
        if (complete != null) {
            meter.passed(complete.virtualSize());
            return complete;
        }
        ManifestDisk copied = copy(images, address, disk);
        attempt.unfinished().complete(copied);
        return copied;
    }

    private ManifestDisk copy(DiskStore images, NbdAddress address, ChosenDisk disk) throws IOException {
        TransferPlan plan = attempt.plan();
        String target = disk.target();
        try (NbdDisk source = open(address, target, plan.changesOf(target))) {
            DiskStore.Stored stored = plan.choice().incremental().contains(target)
                    ? copyChanges(images, address, source, target)
                    : images.store(throttled(source), target, null);
            return new ManifestDisk(
                    target,
                    plan.choice().levelOf(target),
                    refuted.contains(target)
                            ? plan.choice().reasonWithout(target, MISSES_CHANGES)
                            : plan.choice().reasonOf(target),
                    source.size(),
                    disk.source(),
                    plan.bitmapOf(target),
                    stored.image(),
                    stored.content(),
                    stored.digests(),
                    null);
        } finally {
            reading.set(null);
        }
    }

    private NbdDisk open(NbdAddress address, String target, @Nullable String bitmap) {
        NbdDisk source = NbdDisk.open(
                address,
                attempt.plan().exportOf(target),
                bitmap,
                nbd,
                attempt.request().stallTimeout(),
                () -> stopped);
        reading.set(source);
        if (stopped) {
            stop();
        }
        return source;
    }

    private SourceDisk throttled(SourceDisk source) {
        return budget.rate() == null ? source : new ThrottledDisk(source, budget.rate(), () -> stopped);
    }

    private DiskStore.Stored copyChanges(DiskStore images, NbdAddress address, SourceDisk source, String target)
            throws IOException {
        ParentChoice choice = attempt.plan().choice();
        Point parent = requireNonNull(choice.parent());
        ManifestDisk before = choice.parentOf(target);
        if (source.size() != before.virtualSize()) {
            throw new BackupException("disk " + target + " has " + source.size() + " bytes, and had "
                    + before.virtualSize() + " at point " + parent.id() + ": it was resized just now; begin again");
        }
        try (DiskChain chain = DiskChain.openToBuildOn(attempt.store(), parent, before)) {
            String file = requireNonNull(before.image()).file();
            String backing = "../" + parent.id() + "/" + file;
            if (choice.compared().contains(target)) {
                return images.store(throttled(source), target, compared(backing, chain));
            }
            SourceDisk changes = ProvenChanges.of(throttled(source), chain.leaves());
            if (changes != null && choice.isRebased()) {
                return copyRebased(images, changes, target, chain);
            }
            if (changes != null) {
                return images.store(changes, target, new DiskStore.Parent(backing, chain.leaves()));
            }
            refuted.add(target);
            try (NbdDisk whole = open(address, target, null)) {
                return images.store(throttled(whole), target, choice.isRebased() ? null : compared(backing, chain));
            }
        }
    }

    private static DiskStore.Parent compared(String backing, DiskChain chain) {
        return new DiskStore.Parent(backing, chain.leaves(), new Comparison(chain.leaves()));
    }

    /** All of the disk: what did not change comes out of the repository. */
    private static DiskStore.Stored copyRebased(DiskStore images, SourceDisk source, String target, DiskChain chain)
            throws IOException {
        RebasedDisk disk = RebasedDisk.of(source, chain);
        try {
            return images.store(disk, target, null);
        } finally {
            disk.closeParent();
        }
    }
}
