// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import dev.virtwire.client.CallOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.ErrorCode;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.protocol.remote.BackupBeginFlags;
import dev.virtwire.client.protocol.remote.DomainBackupBeginArgs;
import dev.virtwire.client.protocol.remote.JobProcedures;
import dev.virtwire.client.protocol.remote.JobStatsFlags;
import dev.virtwire.client.protocol.remote.JobType;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backup that runs on the host. It goes on there whatever becomes of this process, so end it: a pull backup by
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

    /** What this side has asked of the job; decides what an end that libvirt reports means. */
    private enum Wish {
        NONE,
        FINISH,
        ABORT
    }

    private final Domain domain;
    private final BackupMode mode;
    private final CompletableFuture<BackupOutcome> outcome;
    private final AtomicReference<Wish> wish = new AtomicReference<>(Wish.NONE);
    private volatile @Nullable String abortReason;

    private BackupJob(Domain domain, BackupMode mode) {
        this.domain = domain;
        this.mode = mode;
        this.outcome = domain.libvirt().newFuture();
    }

    /** Begins a backup; {@link Domain#beginBackup} documents it. */
    public static CompletableFuture<BackupJob> begin(
            Domain domain,
            BackupMode mode,
            String backupXml,
            @Nullable String checkpointXml,
            Set<BackupBeginFlags> flags) {
        BackupJob job = new BackupJob(domain, mode);
        JobEndWatch watch = new JobEndWatch(domain, job::onEndAnnounced, job::onWatchEnded);
        // Registered before the job exists: a push backup of a small disk may end before its own reply is read.
        return watch.subscribe()
                .thenCompose(registered -> domain.libvirt()
                        .call(
                                JobProcedures.DOMAIN_BACKUP_BEGIN,
                                new DomainBackupBeginArgs(domain.ref(), backupXml, checkpointXml, flags),
                                CallOptions.DEFAULT,
                                late -> domain.abortJob()))
                .handle((begun, failure) -> {
                    if (failure != null) {
                        watch.cancel();
                        throw rethrown(failure);
                    }
                    return job.watched(watch);
                });
    }

    /** Takes over the backup that runs; {@link Domain#attachBackup} documents it. */
    public static CompletableFuture<BackupJob> attach(Domain domain) {
        return domain.backupXml().thenCompose(xml -> {
            BackupJob job = new BackupJob(domain, BackupSpec.parse(xml).mode());
            JobEndWatch watch = new JobEndWatch(domain, job::onEndAnnounced, job::onWatchEnded);
            return watch.subscribe().thenApply(registered -> job.watched(watch));
        });
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
     * Completes when the job has ended, with how. Fails with {@link ConnectionLostException} where the connection ended
     * first: the job then goes on at the host, see {@link Domain#attachBackup()}. Cancelling it does nothing to the job.
     */
    public CompletableFuture<BackupOutcome> completion() {
        return outcome.copy();
    }

    /**
     * The configuration with what libvirt chose where the caller gave nothing: ports, export names, indexes
     * ({@code virDomainBackupGetXMLDesc}).
     */
    public CompletableFuture<BackupSpec> description() {
        return domain.backupXml().thenApply(BackupSpec::parse);
    }

    /** How far the job has come ({@code virDomainGetJobStats}). */
    public CompletableFuture<JobStatistics> statistics() {
        return domain.jobStatistics();
    }

    /**
     * Tells libvirt that everything wanted has been read, which is how a pull backup ends
     * ({@code virDomainAbortJob}). A push backup ends by itself; for one this only waits.
     *
     * @return as {@link #completion()}
     */
    public CompletableFuture<BackupOutcome> finish() {
        return mode == BackupMode.PUSH ? completion() : end(Wish.FINISH, null);
    }

    /**
     * Aborts the job ({@code virDomainAbortJob}), overtaking waiting calls. What a push backup has written is invalid.
     *
     * @return as {@link #completion()}
     */
    public CompletableFuture<BackupOutcome> abort() {
        return end(Wish.ABORT, "aborted by this client");
    }

    /** Aborts the job unless it has ended within this time from now. */
    public BackupJob abortAfter(Duration deadline) {
        domain.libvirt().later(deadline, () -> {
            if (!outcome.isDone()) {
                end(Wish.ABORT, "aborted because it had not ended within " + deadline);
            }
        });
        return this;
    }

    // ---- the end

    private BackupJob watched(JobEndWatch watch) {
        outcome.whenComplete((done, failure) -> watch.cancel());
        pollLater();
        return this;
    }

    private CompletableFuture<BackupOutcome> end(Wish how, @Nullable String reason) {
        if (wish.compareAndSet(Wish.NONE, how) || (how == Wish.ABORT && wish.getAndSet(how) == Wish.FINISH)) {
            abortReason = reason;
        }
        return domain.abortJob()
                .handle((done, failure) -> {
                    Throwable cause = failure == null ? null : LibvirtException.unwrap(failure);
                    boolean noJobLeft =
                            cause instanceof RemoteException remote && remote.is(ErrorCode.OPERATION_INVALID);
                    if (failure != null && !noJobLeft) {
                        throw rethrown(failure);
                    }
                    confirmEnd(null);
                    return completion();
                })
                .thenCompose(completion -> completion);
    }

    private void onEndAnnounced(JobStatistics announced) {
        if (announced.isBackup()) {
            confirmEnd(announced);
        }
    }

    private void onWatchEnded(Throwable cause) {
        if (cause instanceof ConnectionLostException || cause instanceof ProtocolException) {
            outcome.completeExceptionally(cause);
        } else {
            LOG.debug("No events of {} any more; its backup's end will be seen in the statistics", domain, cause);
        }
    }

    private void pollLater() {
        Libvirt libvirt = domain.libvirt();
        libvirt.later(POLL_INTERVAL, () -> {
            if (!outcome.isDone()) {
                confirmEnd(null);
                pollLater();
            }
        });
    }

    /** An announced end may be that of an earlier job, and an abort returns before the end: the statistics decide. */
    private void confirmEnd(@Nullable JobStatistics announced) {
        if (outcome.isDone()) {
            return;
        }
        domain.jobStatistics().whenComplete((current, failure) -> {
            boolean stillRuns = failure == null && current.isRunning() && current.isBackup();
            if (stillRuns || outcome.isDone() || isLost(failure)) {
                return;
            }
            domain.jobStatistics(JobStatsFlags.COMPLETED, JobStatsFlags.KEEP_COMPLETED)
                    .whenComplete((last, unknown) -> {
                        if (unknown == null && last.isBackup()) {
                            complete(last);
                        } else if (announced != null) {
                            complete(announced);
                        } else if (!isLost(unknown)) {
                            complete(new JobStatistics(JobType.NONE.value(), Map.of()));
                        }
                    });
        });
    }

    /** Whether the question itself failed with the connection, which says nothing of the job. */
    private static boolean isLost(@Nullable Throwable failure) {
        return failure != null && !(LibvirtException.unwrap(failure) instanceof RemoteException);
    }

    private void complete(JobStatistics last) {
        Boolean success = last.success();
        boolean succeeded = success == null ? last.typeNumber() == JobType.COMPLETED.value() : success;
        Wish wished = wish.get();
        BackupOutcome.Status status;
        String reason;
        if (wished == Wish.ABORT) {
            status = BackupOutcome.Status.ABORTED;
            reason = abortReason;
        } else if (succeeded && mode == BackupMode.PULL && wished == Wish.NONE) {
            status = BackupOutcome.Status.ABORTED;
            reason = "another client ended the job";
        } else if (succeeded) {
            status = BackupOutcome.Status.COMPLETED;
            reason = null;
        } else {
            boolean cancelled = last.typeNumber() == JobType.CANCELLED.value();
            status = BackupOutcome.Status.FAILED;
            reason = last.errorMessage() != null
                    ? last.errorMessage()
                    : cancelled
                            ? "the job was cancelled on the host, as happens when the guest ends"
                            : "the job is gone, and libvirt does not say why";
        }
        outcome.complete(new BackupOutcome(status, reason, last));
    }

    private static RuntimeException rethrown(Throwable failure) {
        Throwable cause = LibvirtException.unwrap(failure);
        return cause instanceof RuntimeException known ? known : new IllegalStateException(cause);
    }
}
