// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.BackupBeginFlags;
import dev.virtwire.protocol.remote.DomainBackupBeginArgs;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.protocol.remote.JobStatsFlags;
import dev.virtwire.protocol.remote.JobType;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backup that runs on the host. It continues there whatever becomes of this process, so end it: a pull backup by
 * {@link #finish()} when everything has been read, either by {@link #abort()}.
 *
 * <p>Its end is announced by libvirt's job-completed event and confirmed by the job statistics; those are asked for
 * every few seconds too, so that a lost event delays the end but does not hide it.
 *
 * @since 0.1
 */
public final class BackupJob {
    private static final Logger LOG = LoggerFactory.getLogger(BackupJob.class);

    private static final Duration POLL_INTERVAL = Duration.ofSeconds(3);

    /**
     * The host's clock and this one may drift apart by so much, and by one part in {@link #CLOCK_DRIFT} of a job's age.
     */
    private static final Duration CLOCK_SLACK = Duration.ofSeconds(2);

    private static final int CLOCK_DRIFT = 100;

    private static final JobStatistics NOTHING_TOLD = new JobStatistics(JobType.NONE.value(), Map.of());
    /** How much later than an answer an event may come of what happened before. */
    private static final Duration EVENT_DELAY = Duration.ofSeconds(2);

    private static final String UNTOLD = "the job is gone, and libvirt does not say why";

    /** What this side has asked of the job; decides what an end that libvirt reports means. */
    private enum Wish {
        NONE,
        FINISH,
        ABORT
    }

    private record Request(Wish wish, @Nullable String reason) {
        static final Request NONE = new Request(Wish.NONE, null);
    }

    private final Domain domain;
    private final LibvirtAccess access;
    private final BackupMode mode;
    private final CompletableFuture<BackupOutcome> outcome;
    private final AtomicReference<Request> request = new AtomicReference<>(Request.NONE);

    /** Completes when the job is known to run. */
    private final CompletableFuture<Void> begun = new CompletableFuture<>();

    private final AtomicBoolean abandoned = new AtomicBoolean();

    /** When the job began at the latest, on {@link System#nanoTime()}; means nothing before {@link #begun}. */
    private volatile long beganNanos;

    /**
     * What libvirt says of the job, by which it is known again if its age says nothing: a clock of the host was set, or
     * libvirtd has started again and counts from then. Null if it could not be asked for.
     */
    private volatile @Nullable BackupSpec identity;

    private BackupJob(Domain domain, BackupMode mode) {
        this.domain = domain;
        this.mode = mode;
        this.access = LibvirtAccess.to(domain.libvirt());
        this.outcome = access.newFuture();
    }

    /** Begins a backup; {@link Domain#beginBackup} documents it. */
    public static CompletableFuture<BackupJob> begin(
            Domain domain,
            BackupMode mode,
            String backupXml,
            @Nullable String checkpointXml,
            Set<BackupBeginFlags> flags) {
        return begin(domain, domain, mode, backupXml, checkpointXml, flags);
    }

    /**
     * As {@link Domain#beginBackup(BackupSpec, CheckpointSpec, Set)}, with options for the call that begins alone: that
     * may take long, and nothing that the job is asked later does.
     */
    public static CompletableFuture<BackupJob> begin(
            Domain domain,
            CallOptions beginning,
            BackupSpec backup,
            @Nullable CheckpointSpec checkpoint,
            Set<BackupBeginFlags> flags) {
        return begin(
                domain,
                Domain.of(domain.libvirt().with(beginning), domain.ref()),
                backup.mode(),
                backup.toXml(),
                checkpoint == null ? null : checkpoint.toXml(),
                flags);
    }

    /** {@code asked} is the domain with the options for the call that begins. */
    private static CompletableFuture<BackupJob> begin(
            Domain domain,
            Domain asked,
            BackupMode mode,
            String backupXml,
            @Nullable String checkpointXml,
            Set<BackupBeginFlags> flags) {
        BackupJob job = new BackupJob(domain, mode);
        JobEndWatch watch = new JobEndWatch(domain, job);
        CompletableFuture<Void> settled = new CompletableFuture<>();
        job.access.closeWaitsFor(settled);
        // Registered before the job exists: a push backup of a small disk may end before its own reply is read.
        CompletableFuture<BackupJob> begin = watch.subscribe()
                .thenCompose(registered -> LibvirtAccess.to(asked.libvirt())
                        .call(
                                JobProcedures.DOMAIN_BACKUP_BEGIN,
                                new DomainBackupBeginArgs(domain.ref(), backupXml, checkpointXml, flags),
                                late -> job.warnOf(domain.abortJob())))
                .thenApply(done -> job.watched(watch, Duration.ZERO))
                .thenCompose(BackupJob::identified);
        begin.whenComplete((held, failure) -> {
            if (failure != null) {
                watch.cancel();
                // Given up, and nobody has the job that has begun or is about to.
                job.begun.thenRun(job::abandon);
            }
            settled.complete(null);
        });
        if (begin instanceof TrackedFuture<BackupJob> tracked) {
            tracked.ifLost(BackupJob::abandon);
        }
        return begin;
    }

    /** Takes over the backup that runs; {@link Domain#attachBackup} documents it. */
    public static CompletableFuture<BackupJob> attach(Domain domain) {
        return domain.backupXml().thenCompose(xml -> {
            BackupSpec spec = parse(domain, xml);
            BackupJob job = new BackupJob(domain, spec.mode());
            job.identity = spec;
            JobEndWatch watch = new JobEndWatch(domain, job);
            CompletableFuture<BackupJob> attached = watch.subscribe()
                    .thenCompose(registered -> domain.jobStatistics())
                    .thenApply(current -> job.watched(watch, current.elapsed()));
            attached.whenComplete((held, failure) -> {
                if (failure != null) {
                    watch.cancel();
                    job.outcome.cancel(false);
                }
            });
            return attached;
        });
    }

    /** What the backup that runs does; {@link Domain#activeBackup} documents it. */
    public static CompletableFuture<Optional<BackupSpec>> active(Domain domain) {
        return domain.backupXml().handle((xml, failure) -> {
            if (failure == null) {
                return Optional.of(parse(domain, xml));
            }
            Throwable cause = LibvirtException.unwrap(failure);
            if (cause instanceof RemoteException remote && remote.is(ErrorCode.NO_DOMAIN_BACKUP)) {
                return Optional.empty();
            }
            throw cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
        });
    }

    private static BackupSpec parse(Domain domain, String xml) {
        try {
            return BackupSpec.parse(xml);
        } catch (IllegalArgumentException e) {
            throw new ProtocolException(
                    "the backup of %s on %s: %s"
                            .formatted(domain.name(), domain.libvirt().uri().where(), e.getMessage()),
                    e);
        }
    }

    /** The domain. */
    public Domain domain() {
        return domain;
    }

    /** Who copies. */
    public BackupMode mode() {
        return mode;
    }

    /**
     * Completes when the job has ended, with how. Fails with {@link ConnectionLostException} if the connection ended
     * first: the job then continues at the host, see {@link Domain#attachBackup()}. Cancelling it does nothing to the
     * job.
     */
    public CompletableFuture<BackupOutcome> completion() {
        return outcome.copy();
    }

    /**
     * The configuration with what libvirt chose if the caller gave nothing: ports, export names, indexes
     * ({@code virDomainBackupGetXMLDesc}).
     */
    public CompletableFuture<BackupSpec> description() {
        return domain.backupXml().thenApply(xml -> parse(domain, xml));
    }

    /** How far the job has come ({@code virDomainGetJobStats}). */
    public CompletableFuture<JobStatistics> statistics() {
        return domain.jobStatistics();
    }

    /**
     * Tells libvirt that everything wanted has been read, which is how a pull backup ends
     * ({@code virDomainAbortJob}). A push backup ends by itself; for one this only waits. If it fails because the
     * server does not answer in time, it can be called again.
     *
     * @return as {@link #completion()}
     */
    public CompletableFuture<BackupOutcome> finish() {
        return mode == BackupMode.PUSH ? completion() : end(new Request(Wish.FINISH, null));
    }

    /**
     * Aborts the job ({@code virDomainAbortJob}), overtaking waiting calls. What a push backup has written is invalid.
     *
     * @return as {@link #completion()}
     */
    public CompletableFuture<BackupOutcome> abort() {
        return end(new Request(Wish.ABORT, "aborted by this client"));
    }

    /** Aborts the job unless it has ended within this time from now. */
    public BackupJob abortAfter(Duration deadline) {
        access.later(
                deadline,
                () -> end(new Request(Wish.ABORT, "aborted because it had not ended within " + deadline))
                        .whenComplete((ended, failure) -> {
                            if (failure != null && !outcome.isDone()) {
                                LOG.warn("Aborting the backup of {} past its deadline failed", domain, failure);
                            }
                        }));
        return this;
    }

    // ---- the end

    private BackupJob watched(JobEndWatch watch, Duration age) {
        beganNanos = System.nanoTime() - age.toNanos();
        outcome.whenComplete((done, failure) -> watch.cancel());
        begun.complete(null);
        // An end that was announced before the job was known to have begun may have been its own.
        confirmEnd(watch.lastHeard());
        pollLater();
        return this;
    }

    /** Ends a job that nobody has; once, since the next one may be somebody else's. */
    private void abandon() {
        if (abandoned.compareAndSet(false, true)) {
            CompletableFuture<BackupOutcome> end = abort();
            access.closeWaitsFor(end);
            warnOf(end);
        }
    }

    private void warnOf(CompletableFuture<?> end) {
        end.whenComplete((ended, failure) -> {
            if (failure != null) {
                LOG.warn("The backup of {} was given up while it began, and may still run", domain, failure);
            }
        });
    }

    private CompletableFuture<BackupOutcome> end(Request how) {
        if (outcome.isDone()) {
            // Another job may run by now, and it is not ours to abort.
            return completion();
        }
        Request before = request.getAndAccumulate(how, (old, now) -> old.wish() == Wish.ABORT ? old : now);
        // One that was asked for before may have ended by now, and what runs then is another job.
        return before.wish() == how.wish() ? endAgain(how) : tellEnd(how);
    }

    private CompletableFuture<BackupOutcome> tellEnd(Request how) {
        return domain.abortJob()
                .handle((done, failure) -> {
                    if (failure != null
                            && access.reconnectPolicy().isPresent()
                            && LibvirtException.unwrap(failure) instanceof ConnectionLostException) {
                        return endAgain(how);
                    }
                    if (failure != null && !provesNoJob(LibvirtException.unwrap(failure))) {
                        throw rethrown(failure);
                    }
                    confirmEnd(null);
                    return completion();
                })
                .thenCompose(completion -> completion);
    }

    /** The wish may have died with its connection: if the job still runs and is ours, it is told once more. */
    private CompletableFuture<BackupOutcome> endAgain(Request how) {
        return confirmEnd(null).thenCompose(asked -> outcome.isDone() ? completion() : tellEnd(how));
    }

    /** What the watch hears. */
    void onEndAnnounced(JobStatistics announced) {
        // Before our job has begun this is the end of another one.
        if (begun.isDone() && announced.isBackup()) {
            confirmEnd(announced);
        }
    }

    /** The end may have been announced while nobody heard it. */
    void onGap() {
        if (begun.isDone()) {
            confirmEnd(null);
        }
    }

    /** The watch hears nothing more: by the end of the connection, or of events alone. */
    void onWatchEnded(Throwable cause) {
        if (cause instanceof ConnectionLostException || cause instanceof ProtocolException) {
            leave(cause);
        } else {
            LOG.debug("No events of {} any more; its backup's end will be seen in the statistics", domain, cause);
            domain.libvirt().closed().thenAccept(reason -> leave(reason.cause()));
        }
    }

    private void leave(@Nullable Throwable cause) {
        outcome.completeExceptionally(new ConnectionLostException(
                "the backup of %s continues, but the connection to %s has ended"
                        .formatted(domain.name(), domain.libvirt().uri().where()),
                cause));
    }

    /** Remembers what the job looks like: it may have to be known again. */
    private CompletableFuture<BackupJob> identified() {
        return description().handle((spec, failure) -> {
            // If it cannot be asked for, a small push has ended already, or the next call tells why.
            identity = failure == null ? spec : null;
            return this;
        });
    }

    private void pollLater() {
        access.later(POLL_INTERVAL, () -> {
            if (!outcome.isDone()) {
                confirmEnd(null).whenComplete((asked, failure) -> pollLater());
            }
        });
    }

    /**
     * An announced end may be that of another job, and an abort returns before the end, so the statistics decide. Only
     * what proves that our job no longer runs ends it; any other answer, an error above all, leaves it to the next
     * poll.
     */
    private CompletableFuture<Void> confirmEnd(@Nullable JobStatistics announced) {
        if (outcome.isDone()) {
            return CompletableFuture.completedFuture(null);
        }
        // Before the question, however long it waits and its answer takes: the job is at least so old then.
        Duration age = Duration.ofNanos(System.nanoTime() - beganNanos);
        return domain.jobStatistics()
                .handle((current, failure) -> failure == null
                        ? runsNoLonger(current, age, announced != null)
                        : CompletableFuture.completedFuture(provesNoJob(LibvirtException.unwrap(failure))))
                .thenCompose(ended -> ended)
                .thenCompose(ended -> ended ? readOutcome(announced) : CompletableFuture.completedFuture(null));
    }

    private CompletableFuture<Boolean> runsNoLonger(JobStatistics current, Duration age, boolean announced) {
        if (!current.isRunning() || !current.isBackup()) {
            return CompletableFuture.completedFuture(true);
        }
        Duration slack = CLOCK_SLACK.plus(age.dividedBy(CLOCK_DRIFT));
        if (current.elapsed().plus(slack).compareTo(age) >= 0) {
            return CompletableFuture.completedFuture(false);
        }
        BackupSpec known = identity;
        if (announced || known == null) {
            return CompletableFuture.completedFuture(true);
        }
        // A clock that was set, or a libvirtd that was started again and counts from then, says nothing of the age: the
        // description tells whose the job is.
        return description().handle((spec, failure) -> {
            if (failure != null) {
                return provesNoJob(LibvirtException.unwrap(failure));
            }
            if (!spec.equals(known)) {
                return true;
            }
            beganNanos = System.nanoTime() - current.elapsed().toNanos();
            return false;
        });
    }

    private CompletableFuture<Void> readOutcome(@Nullable JobStatistics announced) {
        return domain.jobStatistics(JobStatsFlags.COMPLETED, JobStatsFlags.KEEP_COMPLETED)
                .handle((last, failure) -> {
                    if (failure == null && last.isBackup()) {
                        complete(last);
                    } else if (announced != null) {
                        complete(announced);
                    } else if (failure == null || provesNoJob(LibvirtException.unwrap(failure))) {
                        return whyGone().thenCompose(this::completeUntold);
                    }
                    return CompletableFuture.<Void>completedFuture(null);
                })
                .thenCompose(told -> told);
    }

    /**
     * Another job that has begun since makes libvirt forget how ours has ended. The event that tells may still be on
     * its way then: libvirt answers calls before it sends what happened earlier.
     */
    private CompletableFuture<Void> completeUntold(String reason) {
        if (!reason.equals(UNTOLD)) {
            complete(NOTHING_TOLD, reason);
            return CompletableFuture.completedFuture(null);
        }
        CompletableFuture<Void> told = new CompletableFuture<>();
        outcome.whenComplete((done, failure) -> told.complete(null));
        access.later(EVENT_DELAY, () -> complete(NOTHING_TOLD, reason));
        return told;
    }

    /** libvirt keeps nothing of a job that ends with its guest, but the domain shows that. */
    private CompletableFuture<String> whyGone() {
        return domain.info().handle((info, failure) -> {
            if (failure != null) {
                return LibvirtException.unwrap(failure) instanceof RemoteException remote
                                && remote.is(ErrorCode.NO_DOMAIN)
                        ? "the job is gone, and the domain with it"
                        : UNTOLD;
            }
            DomainState state = info.state().orElse(null);
            if (state == DomainState.SHUTOFF || state == DomainState.SHUTDOWN) {
                return "the guest shut down, and the job ended with it";
            }
            return state == DomainState.CRASHED ? "the guest crashed, and the job ended with it" : UNTOLD;
        });
    }

    /** Whether an error says that the domain has no job: it has none, does not run, or is gone. */
    private static boolean provesNoJob(Throwable failure) {
        return failure instanceof RemoteException remote
                && (remote.is(ErrorCode.OPERATION_INVALID) || remote.is(ErrorCode.NO_DOMAIN));
    }

    private void complete(JobStatistics last) {
        complete(last, failureReason(last));
    }

    private void complete(JobStatistics last, String failureReason) {
        Boolean success = last.success();
        boolean succeeded = success == null ? last.typeNumber() == JobType.COMPLETED.value() : success;
        Request asked = Objects.requireNonNull(request.get());
        BackupOutcome.Status status;
        String reason;
        if (asked.wish() == Wish.ABORT) {
            status = BackupOutcome.Status.ABORTED;
            reason = asked.reason();
        } else if (succeeded && mode == BackupMode.PULL && asked.wish() == Wish.NONE) {
            status = BackupOutcome.Status.ABORTED;
            reason = "another client ended the job";
        } else if (succeeded) {
            status = BackupOutcome.Status.COMPLETED;
            reason = null;
        } else {
            status = BackupOutcome.Status.FAILED;
            reason = failureReason;
        }
        outcome.complete(new BackupOutcome(status, reason, last));
    }

    private static String failureReason(JobStatistics last) {
        String message = last.errorMessage();
        if (message != null) {
            return message;
        }
        return last.typeNumber() == JobType.CANCELLED.value()
                ? "the job was cancelled on the host, as happens when the guest ends"
                : UNTOLD;
    }

    private static RuntimeException rethrown(Throwable failure) {
        Throwable cause = LibvirtException.unwrap(failure);
        return cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
    }
}
