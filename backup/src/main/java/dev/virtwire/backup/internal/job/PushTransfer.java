// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupOutcome;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PushedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits while the hypervisor writes the images to its own host. */
final class PushTransfer implements Transfer {
    private static final Logger LOG = LoggerFactory.getLogger(PushTransfer.class);

    private static final long POLL_MILLIS = 500;

    private final Attempt attempt;
    private final BackupJob job;
    private final HostQuestions questions;
    private final ProgressMeter meter;
    private final CompletableFuture<Void> cancelled;

    PushTransfer(Attempt attempt, HostQuestions questions, ProgressMeter meter, CompletableFuture<Void> cancelled) {
        this.attempt = attempt;
        this.job = attempt.job().job();
        this.questions = questions;
        this.meter = meter;
        this.cancelled = cancelled;
    }

    @Override
    public Transfer.Copied copy() {
        List<Long> sizes = new ArrayList<>();
        for (ChosenDisk disk : attempt.plan().disks()) {
            sizes.add(questions.ask(() -> HostFacts.sizeOf(job.domain(), disk.target())));
        }
        long total = sizes.stream().mapToLong(Long::longValue).sum();
        meter.expect(sizes.size(), total);
        meter.phase(Progress.Phase.COPYING);
        BackupOutcome outcome = waitFor(total);
        if (!outcome.isCompleted()) {
            throw new BackupException("the hypervisor did not complete the backup: "
                    + attempt.facts().whyStopped(job.domain()).orElse(String.valueOf(outcome.reason())));
        }
        return new Transfer.Copied(
                disks(sizes), 0, outcome.statistics().diskProcessed().orElse(total));
    }

    @Override
    public List<Notice> notices() {
        return List.of(Notice.warning("nobody has read back what the host wrote: the point is not verified"));
    }

    /** A push has ended when all is copied. */
    @Override
    public void end() {}

    @Override
    public void close() {}

    private BackupOutcome waitFor(long total) {
        CompletableFuture<BackupOutcome> completion = job.completion();
        while (true) {
            // The clean-up that follows ends the job.
            if (cancelled.isDone()) {
                throw new CopyCancelledException();
            }
            try {
                BackupOutcome outcome = completion.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
                meter.at(total);
                return outcome;
            } catch (TimeoutException e) {
                progress(total);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BackupException("the thread was interrupted", e);
            } catch (ExecutionException e) {
                throw new BackupException(
                        "libvirt can no longer be asked: "
                                + LibvirtException.unwrap(e).getMessage(),
                        e);
            }
        }
    }

    private void progress(long total) {
        JobStatistics statistics;
        try {
            statistics = Waiting.await(job.statistics());
        } catch (LibvirtException e) {
            // A job that has ended says so by its end. The host may also have no time for this question, or be away.
            LOG.debug("the progress of {} is not known", job.domain().name(), e);
            return;
        }
        long processed = statistics.diskProcessed().orElse(0);
        long all = statistics.diskTotal().orElse(0);
        if (statistics.isRunning() && all > 0) {
            meter.at((long) (total * ((double) processed / all)));
        }
    }

    private List<ManifestDisk> disks(List<Long> sizes) {
        TransferPlan plan = attempt.plan();
        List<ManifestDisk> disks = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            ChosenDisk disk = plan.disks().get(i);
            disks.add(new ManifestDisk(
                    disk.target(),
                    Level.FULL,
                    plan.choice().reasonOf(disk.target()),
                    sizes.get(i),
                    disk.source(),
                    plan.bitmapOf(disk.target()),
                    null,
                    null,
                    null,
                    new PushedImage(
                            attempt.facts().host().name(),
                            plan.storageOf(disk.target()),
                            "qcow2",
                            "no",
                            disk.secret())));
        }
        return disks;
    }
}
