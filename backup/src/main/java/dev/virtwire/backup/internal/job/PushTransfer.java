// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupOutcome;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.manifest.HostIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PushedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits while the hypervisor writes the images to its own host. */
final class PushTransfer implements Transfer {
    private static final long POLL_MILLIS = 500;

    private final Domain domain;
    private final HostIdentity host;
    private final TransferPlan plan;
    private final ProgressMeter meter;
    private final Cancellation cancellation;
    private final Quiesce quiesce;

    PushTransfer(
            Domain domain,
            HostIdentity host,
            TransferPlan plan,
            ProgressMeter meter,
            Cancellation cancellation,
            Quiesce quiesce) {
        this.domain = domain;
        this.host = host;
        this.plan = plan;
        this.meter = meter;
        this.cancellation = cancellation;
        this.quiesce = quiesce;
    }

    @Override
    public Result run(Begun begun) throws IOException {
        cancellation.check();
        List<Long> sizes = new ArrayList<>();
        for (ChosenDisk disk : plan.disks()) {
            sizes.add(HostFacts.sizeOf(domain, disk.target()));
        }
        long total = sizes.stream().mapToLong(Long::longValue).sum();
        meter.expect(sizes.size(), total);
        JobBegin begin = new JobBegin(domain, plan, quiesce);
        BackupJob job = begin.begin();
        begun.begun(begin);
        meter.phase(Progress.Phase.COPYING);
        BackupOutcome outcome = waitFor(job, total);
        if (!outcome.isCompleted()) {
            throw new BackupException("the hypervisor did not complete the backup: " + outcome.reason());
        }
        long written = outcome.statistics().diskProcessed().orElse(total);
        return new Result(disks(sizes, begin.plan()), begin.began(), begin.plan(), 0, written);
    }

    private BackupOutcome waitFor(BackupJob job, long total) {
        CompletableFuture<BackupOutcome> completion = job.completion();
        while (true) {
            // The clean-up that follows ends the job.
            cancellation.check();
            try {
                BackupOutcome outcome = completion.get(POLL_MILLIS, TimeUnit.MILLISECONDS);
                meter.at(total);
                return outcome;
            } catch (TimeoutException e) {
                progress(job, total);
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

    private void progress(BackupJob job, long total) {
        JobStatistics statistics = Waiting.await(job.statistics());
        long processed = statistics.diskProcessed().orElse(0);
        long all = statistics.diskTotal().orElse(0);
        if (statistics.isRunning() && all > 0) {
            meter.at((long) (total * ((double) processed / all)));
        }
    }

    private List<ManifestDisk> disks(List<Long> sizes, TransferPlan done) {
        List<ManifestDisk> disks = new ArrayList<>();
        for (int i = 0; i < sizes.size(); i++) {
            ChosenDisk disk = plan.disks().get(i);
            disks.add(new ManifestDisk(
                    disk.target(),
                    Level.FULL,
                    plan.choice().reasonOf(disk.target()),
                    sizes.get(i),
                    disk.source(),
                    done.bitmapOf(disk.target()),
                    null,
                    null,
                    null,
                    new PushedImage(host.name(), plan.storageOf(disk.target()), "qcow2", "no")));
        }
        return disks;
    }
}
