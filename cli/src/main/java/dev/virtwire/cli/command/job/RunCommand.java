// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.JoinedProgress;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.JobText;
import dev.virtwire.jobs.run.JobException;
import dev.virtwire.jobs.run.JobListener;
import dev.virtwire.jobs.run.JobRun;
import dev.virtwire.repository.ProgressListener;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire run}: runs jobs of the configuration file. */
@Command(
        name = "run",
        description = {
            "Run jobs of the configuration file, one after the other: back up their guests, remove what their keep rules do"
                    + " not keep, verify what is due, and tell those who are to be told.",
            "Ctrl-C ends the backups, on the hosts too, and runs the hooks that clean up."
        },
        sortOptions = false)
public final class RunCommand extends JobsCommand {
    @Parameters(arity = "1..*", paramLabel = "JOB", description = "The jobs, by their names in the file.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--dry-run",
            description = "Say which guests would be backed up and which verified, and do nothing.")
    private boolean dryRun;

    private volatile @Nullable JobResult last;

    @Override
    int work() {
        Configuration configuration = configuration();
        Path state = configuration.stateFolder(environment());
        List<JobResult> results = new ArrayList<>();
        List<String> notRun = new ArrayList<>();
        for (JobSettings job : jobs(configuration, names)) {
            try {
                results.add(run(job, state));
            } catch (JobException e) {
                notRun.add(String.valueOf(e.getMessage()));
            }
        }
        if (json()) {
            printResults(results);
        }
        results.forEach(this::print);
        return conclude(results, notRun);
    }

    private JobResult run(JobSettings job, Path state) {
        try (ProgressView view = progressView("job " + job.name())) {
            JobRun run = new JobRun(job, state, environment(), listener(view));
            if (dryRun) {
                return run.dryRun();
            }
            CountDownLatch over = new CountDownLatch(1);
            console().interruption().cleanUpBy(() -> cancel(job, run, over, view));
            try {
                JobResult result = run.run();
                last = result;
                return result;
            } finally {
                over.countDown();
                console().interruption().awaitIfBegun();
                console().interruption().cleanUpBy(null);
            }
        }
    }

    private String cancel(JobSettings job, JobRun run, CountDownLatch over, ProgressView view)
            throws InterruptedException {
        run.cancel();
        long seconds = job.cleanUp().toSeconds();
        boolean ended = over.await(seconds, TimeUnit.SECONDS);
        view.close();
        JobResult result = last;
        if (!ended) {
            return "interrupted, and the clean-up is not done after " + seconds
                    + " s; 'virtwire job recover' clears up the rest";
        }
        if (result == null) {
            return "interrupted before the job began";
        }
        long made =
                result.guests().stream().filter(guest -> guest.backup() != null).count();
        List<String> left = result.failures().stream()
                .filter(failure -> failure.toLowerCase(Locale.ROOT).contains("left behind"))
                .toList();
        return "interrupted: " + (result.guests().size() - made) + " of "
                + Amounts.count(result.guests().size(), "guest") + " of job " + result.job()
                + " were not backed up, and "
                + (left.isEmpty() ? "nothing of them is left" : "something is left: " + String.join("; ", left));
    }

    private JobListener listener(ProgressView view) {
        JoinedProgress joined = new JoinedProgress(view);
        return new JobListener() {
            @Override
            public ProgressListener progressOf(String guest) {
                return joined.of(guest);
            }

            @Override
            public void note(String sentence) {
                RunCommand.this.note(sentence);
            }

            @Override
            public void trustWeakened(String sentence) {
                warn(sentence);
            }
        };
    }

    private void print(JobResult result) {
        tell("", result.allNotices());
        if (json()) {
            return;
        }
        JobText.done(result).forEach(this::say);
        List<String> failures = result.failures();
        if (failures.size() > 1 || !quiet()) {
            // Of one alone the error says as much.
            failures.forEach(failure -> line("failed: " + failure));
        }
    }

    private int conclude(List<JobResult> results, List<String> notRun) {
        if (!notRun.isEmpty()) {
            throw CommandException.failed(String.join("; ", notRun), null);
        }
        for (JobResult.Outcome outcome : List.of(JobResult.Outcome.FAILED, JobResult.Outcome.DAMAGED)) {
            for (JobResult result : results) {
                if (result.outcome() == outcome) {
                    List<String> failures = result.failures();
                    String sentence = "job " + result.job()
                            + (outcome == JobResult.Outcome.FAILED ? " failed: " : " found damage: ") + failures.get(0)
                            + (failures.size() == 1 ? "" : "; and " + (failures.size() - 1) + " more");
                    throw outcome == JobResult.Outcome.FAILED
                            ? CommandException.failed(sentence, null)
                            : CommandException.damaged(sentence);
                }
            }
        }
        return results.stream().allMatch(result -> result.outcome() == JobResult.Outcome.DONE)
                ? ExitCode.DONE
                : ExitCode.WARNINGS;
    }
}
