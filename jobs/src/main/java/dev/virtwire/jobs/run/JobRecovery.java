// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.jobs.config.ConfigurationException;
import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.notify.Notifications;
import dev.virtwire.jobs.report.HookResult;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.Reasons;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Clears up after a run that was killed: thaws guests, ends jobs on hosts, removes what is unfinished, runs the hook
 * {@code after}, and tells those who are told of failures. systemd calls it when a run has ended, however that was, and
 * so does the next run.
 *
 * @since 0.1
 */
public final class JobRecovery {
    private final JobSettings job;
    private final Path state;
    private final Map<String, String> environment;
    private final JobListener listener;

    /** Of a job; see {@link JobRun}. */
    public JobRecovery(JobSettings job, Path state, Map<String, String> environment, JobListener listener) {
        this.job = job;
        this.state = state;
        this.environment = Map.copyOf(environment);
        this.listener = listener;
    }

    /**
     * What was done.
     *
     * @param done what was cleared, each one sentence
     * @param left what could not be cleared
     * @param result what those are told who are told, with the warnings that telling them brought
     * @since 0.1
     */
    public record Report(List<String> done, List<String> left, JobResult result) {
        /** Copies the lists. */
        public Report {
            done = List.copyOf(done);
            left = List.copyOf(left);
        }
    }

    /**
     * Does it.
     *
     * @return null if no run was killed, or a run is under way: then nothing is done
     * @throws JobException if nothing can be remembered
     */
    public @Nullable Report run() {
        JobLock lock = JobLock.take(state, job.name());
        if (lock == null) {
            return null;
        }
        try (lock) {
            JobState before = JobState.read(state, job.name());
            Instant began = before.running();
            return began == null ? null : recover(before, began);
        }
    }

    /**
     * Does it for whoever has the lock.
     *
     * @param before what is remembered
     * @param began when the run began that was killed
     */
    Report recover(JobState before, Instant began) {
        List<String> done = new ArrayList<>();
        List<String> left = new ArrayList<>();
        Set<Notice> notices = new LinkedHashSet<>();
        clear(done, left, notices);
        List<String> errors = new ArrayList<>(List.of("the run that began at " + began + " was killed"));
        left.forEach(each -> errors.add("it could not be cleared up: " + each));
        HookResult after =
                new Hooks(job.hooks()).run(Hook.AFTER, null, HookEnvironment.ofJob(job, Hook.AFTER, "killed", errors));
        done.forEach(each -> notices.add(Notice.information("cleared: " + each)));
        if (left.isEmpty()) {
            try {
                before.withoutRun().write(state, job.name());
            } catch (JobException e) {
                notices.add(Notice.warning(Reasons.of(e)));
            }
        }
        Set<String> guests = new LinkedHashSet<>(job.guests().names());
        guests.addAll(before.guests());
        Standings standings = Standings.of(job, guests);
        notices.addAll(standings.warnings());
        JobResult result = new JobResult(
                job.name(),
                Machine.name(),
                job.repository().folder(),
                job.hosts().stream().map(HostSettings::uri).toList(),
                began,
                Duration.between(began, Instant.now()),
                before.lastSuccess(),
                false,
                false,
                errors,
                List.of(),
                standings.known(),
                after == null ? List.of() : List.of(after),
                List.of(),
                List.copyOf(notices));
        return new Report(done, left, new Notifications(job.notifications(), environment).ended(result));
    }

    private void clear(List<String> done, List<String> left, Set<Notice> notices) {
        Path folder = job.repository().folder();
        try {
            if (!Repository.isThere(folder)) {
                // The run died before it made the repository, and so before it began anything.
                return;
            }
            Repository repository = Repository.open(folder);
            List<String> elsewhere = new ArrayList<>();
            for (HostSettings host : job.hosts()) {
                RecoverReport report = clear(repository, host, left);
                if (report != null) {
                    done.addAll(report.done());
                    // What another host of the job has left is cleared there; what remains at the last one remains.
                    elsewhere = report.left();
                    report.busy()
                            .forEach(busy -> notices.add(Notice.warning(
                                    "domain " + busy + " is being written by another run, and was left alone")));
                    notices.addAll(report.notices());
                }
            }
            left.addAll(elsewhere);
        } catch (RepositoryException | UncheckedIOException e) {
            left.add(Reasons.of(e));
        }
    }

    private @Nullable RecoverReport clear(Repository repository, HostSettings host, List<String> left) {
        try (HostConnections connections = new HostConnections(environment, listener::trustWeakened)) {
            return Backups.recover(repository, () -> connections.connect(host, Duration.ZERO), ProgressListener.NONE)
                    .join();
        } catch (LibvirtException | BackupException | RepositoryException | ConfigurationException e) {
            left.add("host " + host.name() + ": " + Reasons.of(e));
            return null;
        }
    }
}
