// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.TransferLimits;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.guest.ChosenGuest;
import dev.virtwire.jobs.notify.Notifications;
import dev.virtwire.jobs.report.GuestResult;
import dev.virtwire.jobs.report.HookResult;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.Reasons;
import dev.virtwire.jobs.report.VerifyResult;
import dev.virtwire.jobs.run.JobState.Verified;
import dev.virtwire.jobs.run.Turns.Turn;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of a job. {@link #run} does all of it on the calling thread and those that it starts; {@link #cancel} may
 * come from any other.
 *
 * @since 0.1
 */
public final class JobRun {
    private static final Logger LOG = LoggerFactory.getLogger(JobRun.class);

    private final JobSettings job;
    private final Path state;
    private final Map<String, String> environment;
    private final JobListener listener;
    private final Hooks hooks;
    private final RunningWork work = new RunningWork();

    private final Instant began = Instant.now();
    private final List<String> errors = new ArrayList<>();
    private final List<Notice> notices = new ArrayList<>();
    private final List<HookResult> ofJob = new ArrayList<>();
    private final List<GuestResult> guests = new ArrayList<>();
    private final Map<String, DomainStatus> remembered = new LinkedHashMap<>();
    private List<VerifyResult> verified = List.of();
    private JobState before = JobState.NONE;

    /** Whether it is known which guests the job means. */
    private boolean reachedAll;

    /**
     * A run that has not begun.
     *
     * @param state the folder for what is remembered from run to run
     * @param environment the environment of this process
     */
    public JobRun(JobSettings job, Path state, Map<String, String> environment, JobListener listener) {
        this.job = requireNonNull(job, "job");
        this.state = requireNonNull(state, "state");
        this.environment = Map.copyOf(environment);
        this.listener = requireNonNull(listener, "listener");
        this.hooks = new Hooks(job.hooks());
    }

    /**
     * Runs the job: hooks, backups with their keep rules, verification, notifications.
     *
     * @return how it went, whatever that is
     * @throws JobException if another run of the job is under way
     */
    public JobResult run() {
        Notifications notifications = new Notifications(job.notifications(), environment);
        JobLock lock;
        try {
            lock = JobLock.take(state, job.name());
        } catch (JobException e) {
            errors.add(Reasons.of(e));
            remember();
            lookAtStandings();
            return notifications.ended(result());
        }
        if (lock == null) {
            throw new JobException("job " + job.name() + " is already running", null);
        }
        try (lock) {
            return run(notifications);
        }
    }

    private JobResult run(Notifications notifications) {
        try {
            before = JobState.read(state, job.name());
            clearUpBefore();
            before.beginning(began).write(state, job.name());
        } catch (JobException e) {
            // Nobody could clear up after a run of which nobody knows.
            errors.add(Reasons.of(e));
            lookAtStandings();
            return notifications.ended(result());
        }
        notices.addAll(notifications.began(job.name(), Machine.name()));
        if (runHook(Hook.BEFORE, "", List.of())) {
            try {
                backUpAll();
            } catch (RuntimeException e) {
                // A mistake of ours; those who wait to be told are told, and the hook cleans up.
                LOG.error("job {} failed", job.name(), e);
                errors.add("internal error: " + e);
            }
        } else {
            errors.add(
                    "nothing was backed up, because hook before " + ofJob.get(0).error());
        }
        lookAtStandings();
        JobResult soFar = result();
        runHook(Hook.AFTER, soFar.outcome().toString(), soFar.failures());
        JobResult result = result();
        // First: whoever is told may take long, and a run that is killed meanwhile has done its work.
        try {
            new JobState(null, result.lastSuccess(), List.copyOf(known()), verifications()).write(state, job.name());
        } catch (JobException e) {
            result = result.with(Notice.warning(Reasons.of(e)));
        }
        return notifications.ended(result);
    }

    /** Remembers what earlier runs were about, if that can be read. */
    private void remember() {
        try {
            before = JobState.read(state, job.name());
        } catch (JobException e) {
            LOG.debug("nothing is known of earlier runs of job {}", job.name(), e);
        }
    }

    /** If power was lost, nobody has called the recovery. */
    private void clearUpBefore() {
        Instant killed = before.running();
        if (killed == null) {
            return;
        }
        listener.note("the run that began at " + killed + " was killed: clearing up after it");
        String sentence = "the run that began at " + killed + " was killed";
        try {
            List<String> left = new JobRecovery(job, state, environment, listener)
                    .recover(before, killed)
                    .left();
            notices.add(
                    left.isEmpty()
                            ? Notice.information(sentence + ", and is cleared up")
                            : Notice.warning(sentence + ", and could not be cleared up: " + String.join("; ", left)));
        } catch (RuntimeException e) {
            LOG.error("the recovery of job {} failed", job.name(), e);
            notices.add(Notice.warning(sentence + ", and could not be cleared up: internal error: " + e));
        }
    }

    /**
     * Says what a run would do: which guests it would back up, and which it would verify. Nothing is written, no hook
     * runs and nobody is told.
     */
    public JobResult dryRun() {
        remember();
        try (HostConnections connections = new HostConnections(environment, listener::trustWeakened)) {
            for (Turn turn : turns(connections)) {
                guests.add(new GuestResult(
                        turn.guest().name(),
                        turn.guest().uuid(),
                        turn.host().uri(),
                        null,
                        null,
                        null,
                        null,
                        List.of(),
                        null,
                        Duration.ZERO));
            }
            if (job.verify() != null && isRepositoryThere()) {
                Repository repository = Repository.open(job.repository().folder());
                verified = new Verifications(job.verify(), repository, work, before.verified())
                        .due(List.copyOf(known())).stream()
                                .map(name -> new VerifyResult(name, null, null, false, Duration.ZERO))
                                .toList();
            }
        } catch (RepositoryException e) {
            errors.add(Reasons.of(e));
        }
        return result(true);
    }

    /**
     * Ends what is under way, and begins nothing but what cleans up: the hooks {@code after} and {@code after-guest}.
     * Returns before {@link #run} does.
     */
    public void cancel() {
        work.cancel();
        hooks.end();
    }

    private JobResult result() {
        return result(false);
    }

    private JobResult result(boolean dryRun) {
        return new JobResult(
                job.name(),
                Machine.name(),
                job.repository().folder(),
                job.hosts().stream().map(HostSettings::uri).toList(),
                began,
                Duration.between(began, Instant.now()),
                before.lastSuccess(),
                dryRun,
                work.isCancelled(),
                errors,
                guests,
                remembered,
                ofJob,
                verified,
                notices);
    }

    /**
     * The guests that the job is about. As long as a host was not reached, those of earlier runs may be there: nobody
     * has said that they are gone.
     */
    private Set<String> known() {
        Set<String> names = new LinkedHashSet<>();
        guests.forEach(guest -> names.add(guest.guest()));
        if (!reachedAll) {
            names.addAll(job.guests().names());
            names.addAll(before.guests());
        }
        return names;
    }

    /** Those that came to their end, in this run or an earlier one. */
    private Map<String, Verified> verifications() {
        Map<String, Verified> all = new HashMap<>(before.verified());
        all.keySet().retainAll(known());
        for (VerifyResult each : verified) {
            if (each.report() != null) {
                all.put(each.guest(), new Verified(began, each.report().depth()));
            }
        }
        return all;
    }

    private void lookAtStandings() {
        Standings standings = Standings.of(job, known());
        notices.addAll(standings.warnings());
        guests.replaceAll(guest -> guest.withStatus(standings.known().get(guest.guest())));
        remembered.putAll(standings.known());
        guests.forEach(guest -> remembered.remove(guest.guest()));
    }

    private boolean isRepositoryThere() {
        return Repository.isThere(job.repository().folder());
    }

    private boolean runHook(Hook hook, String outcome, List<String> failures) {
        HookResult result = hooks.run(hook, null, HookEnvironment.ofJob(job, hook, outcome, failures));
        if (result == null) {
            return true;
        }
        ofJob.add(result);
        return result.succeeded();
    }

    private void backUpAll() {
        try (HostConnections connections = new HostConnections(environment, listener::trustWeakened)) {
            // Asked before the repository is made, so that a wrong host leaves no empty one.
            List<Turn> turns = turns(connections);
            if (turns.isEmpty() && !isRepositoryThere()) {
                return;
            }
            Repository repository = Repository.openOrCreate(job.repository().folder());
            guests.addAll(backUp(turns, repository));
            if (job.verify() != null) {
                // Also of guests whose host is away: their points are here.
                verified =
                        new Verifications(job.verify(), repository, work, before.verified()).run(List.copyOf(known()));
            }
        } catch (RepositoryException e) {
            errors.add(Reasons.of(e));
        }
    }

    private List<Turn> turns(HostConnections connections) {
        Turns turns = Turns.ask(job, connections);
        errors.addAll(turns.errors());
        notices.addAll(turns.notices());
        guests.addAll(turns.failed());
        reachedAll = turns.reachedAll();
        return turns.inOrder();
    }

    private List<GuestResult> backUp(List<Turn> turns, Repository repository) {
        TransferLimits limits =
                TransferLimits.of(job.backup().parallel(), job.backup().bytesPerSecond());
        GuestBackup backup = new GuestBackup(job, repository, limits, hooks, work, listener);
        ExecutorService threads =
                Executors.newFixedThreadPool(job.backup().parallel(), task -> new Thread(task, "virtwire job"));
        try {
            List<CompletableFuture<GuestResult>> results = turns.stream()
                    .map(turn -> CompletableFuture.supplyAsync(
                                    () -> backup.run(turn.guest(), turn.host(), turn.libvirt()), threads)
                            .exceptionally(failure -> failed(turn, failure)))
                    .toList();
            return results.stream().map(CompletableFuture::join).toList();
        } finally {
            awaitEnd(threads);
        }
    }

    private static GuestResult failed(Turn turn, Throwable failure) {
        ChosenGuest guest = turn.guest();
        LOG.error("guest {} failed", guest.name(), failure);
        return GuestResult.failed(
                guest.name(), guest.uuid(), turn.host().uri(), "internal error: " + LibvirtException.unwrap(failure));
    }

    /** Whatever happens, no backup is under way when connections are closed and the lock is given back. */
    private static void awaitEnd(ExecutorService threads) {
        threads.shutdown();
        boolean interrupted = false;
        boolean ended = false;
        while (!ended) {
            try {
                ended = threads.awaitTermination(1, TimeUnit.DAYS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
