// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.NoDiskException;
import dev.virtwire.backup.Patience;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.guest.ChosenGuest;
import dev.virtwire.jobs.report.GuestResult;
import dev.virtwire.jobs.report.HookResult;
import dev.virtwire.jobs.report.Reasons;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a run does with each guest: its hooks, its backup, and what the keep rules let go. For any thread. */
final class GuestBackup {
    private static final Logger LOG = LoggerFactory.getLogger(GuestBackup.class);

    private final JobSettings job;
    private final Repository repository;
    private final TransferLimits limits;
    private final Hooks hooks;
    private final RunningWork work;
    private final JobListener listener;

    GuestBackup(
            JobSettings job,
            Repository repository,
            TransferLimits limits,
            Hooks hooks,
            RunningWork work,
            JobListener listener) {
        this.job = job;
        this.repository = repository;
        this.limits = limits;
        this.hooks = hooks;
        this.work = work;
        this.listener = listener;
    }

    /** Does all of it, and returns how it went. */
    GuestResult run(ChosenGuest guest, HostSettings host, Libvirt libvirt) {
        long began = System.nanoTime();
        List<HookResult> ofGuest = new ArrayList<>();
        BackupResult made = null;
        PruneReport pruned = null;
        String error = null;
        String passedOver = null;
        if (work.isCancelled()) {
            return GuestResult.failed(guest.name(), guest.uuid(), host.uri(), "it was not begun: the job was ended");
        }
        try {
            HookResult before = hooks.run(
                    Hook.BEFORE_GUEST,
                    guest.name(),
                    HookEnvironment.ofGuest(job, Hook.BEFORE_GUEST, host, guest, "", null, null));
            if (before != null) {
                ofGuest.add(before);
            }
            if (before != null && !before.succeeded()) {
                error = "it was not backed up, because hook before-guest " + before.error();
            } else {
                made = backUp(guest, host, libvirt);
                pruned = prune(guest.name(), made);
            }
        } catch (NoDiskException e) {
            if (guest.named()) {
                error = Reasons.of(e);
            } else {
                passedOver = Reasons.of(e);
            }
        } catch (BackupException | RepositoryException | LibvirtException | UncheckedIOException e) {
            error = error(made, Reasons.of(e));
        } catch (RuntimeException e) {
            // A mistake of ours is the trouble of this guest alone: others are being backed up.
            LOG.error("guest {} failed", guest.name(), e);
            error = error(made, "internal error: " + e);
        }
        String outcome = error == null ? "done" : "failed";
        HookResult after = hooks.run(
                Hook.AFTER_GUEST,
                guest.name(),
                HookEnvironment.ofGuest(
                        job,
                        Hook.AFTER_GUEST,
                        host,
                        guest,
                        outcome,
                        made == null ? null : made.point().id(),
                        error));
        if (after != null) {
            ofGuest.add(after);
        }
        return new GuestResult(
                guest.name(),
                guest.uuid(),
                host.uri(),
                made,
                pruned,
                error,
                passedOver,
                ofGuest,
                null,
                Duration.ofNanos(System.nanoTime() - began));
    }

    private static String error(@Nullable BackupResult made, String reason) {
        return made == null
                ? reason
                : "point " + made.point().id() + " is complete, but older points were not removed: " + reason;
    }

    private BackupResult backUp(ChosenGuest guest, HostSettings host, Libvirt libvirt) {
        BackupRequest asked = host.applyTo(job.backup().request(guest.name()))
                .runningOnly(job.guests().runningOnly());
        // Nobody named it: one without disks keeps its definition, unless a disk of it is left out.
        BackupRequest request = guest.named() ? asked : asked.evenWithoutDisks();
        return work.join(() -> Backups.of(libvirt, repository).within(limits).backup(request, listening(guest.name())));
    }

    private ProgressListener listening(String guest) {
        ProgressListener progress = listener.progressOf(guest);
        return new ProgressListener() {
            @Override
            public void progressed(Progress progressed) {
                progress.progressed(progressed);
            }

            @Override
            public void waiting(String reason) {
                listener.note(guest + ": " + reason);
            }
        };
    }

    private @Nullable PruneReport prune(String guest, BackupResult made) {
        Retention keep = job.keep();
        if (keep == null) {
            return null;
        }
        // Guests are pruned at the same time, so each has its share of the limit.
        long rate = job.backup().bytesPerSecond();
        long share = rate == 0 ? 0 : Math.max(1, rate / job.backup().parallel());
        PruneRequest request = PruneRequest.of(made.point().domain(), keep).limitedTo(share);
        return new Patience(job.backup().longestWait())
                .whenFree(
                        () -> work.join(() -> repository.prune(request, ProgressListener.NONE)),
                        reason -> listener.note(guest + ": " + reason),
                        work::pause);
    }
}
