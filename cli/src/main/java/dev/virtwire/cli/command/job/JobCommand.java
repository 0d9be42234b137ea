// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import dev.virtwire.cli.command.WordConverter;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.Table;
import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.config.HostSettings;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.report.JsonFields;
import dev.virtwire.jobs.run.JobListener;
import dev.virtwire.jobs.run.JobRecovery;
import dev.virtwire.jobs.run.JobState;
import dev.virtwire.jobs.systemd.JobUnits;
import dev.virtwire.repository.DomainStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire job}: what there is to do about jobs but to run them. */
@Command(
        name = "job",
        description = {
            "list: list the jobs. install: let systemd start a job by its schedule. remove: take that back.",
            "status: say whether each guest of a job has a good point that is young enough, and was verified, by the job's"
                    + " max-age and verified-within; the exit codes are those of virtwire status.",
            "recover: clear up after a run of a job that was killed, and tell those who are told of failures."
        },
        sortOptions = false)
public final class JobCommand extends JobsCommand {
    private static final Set<PosixFilePermission> OURS = PosixFilePermissions.fromString("rwx------");

    /** What to do. */
    enum Action {
        LIST,
        INSTALL,
        REMOVE,
        STATUS,
        RECOVER;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    static final class ActionConverter extends WordConverter<Action> {
        ActionConverter() {
            super(Action::toString, Action.values());
        }
    }

    @Parameters(
            index = "0",
            paramLabel = "ACTION",
            converter = ActionConverter.class,
            completionCandidates = ActionConverter.class,
            description = "list, install, remove, status or recover.")
    private Action action = Action.LIST;

    @Parameters(
            index = "1..*",
            paramLabel = "JOB",
            description = "The jobs, by their names in the file. Default for list and status: all.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--user",
            description = "install, remove, list: by the user's own systemd, and not by that of the machine.")
    private boolean user;

    @Option(
            names = "--units",
            paramLabel = "DIR",
            description = "install, remove, list: write the units there, and leave systemd alone.")
    private @Nullable Path units;

    @Override
    int work() throws IOException, InterruptedException {
        if (action != Action.LIST && action != Action.STATUS && names.isEmpty()) {
            throw CommandException.usage("job " + action + " needs the name of a job", null);
        }
        return switch (action) {
            case LIST -> list();
            case INSTALL -> install();
            case REMOVE -> remove();
            case STATUS -> status();
            case RECOVER -> recover();
        };
    }

    private Systemd systemd() {
        return Systemd.of(units, user, environment());
    }

    private int list() {
        Configuration configuration = configuration();
        Systemd systemd = systemd();
        Path folder = configuration.stateFolder(environment());
        List<JobSettings> jobs = jobs(configuration, names);
        Map<String, JobState> states = new LinkedHashMap<>();
        jobs.forEach(job -> states.put(job.name(), JobState.read(folder, job.name())));
        if (json()) {
            printJson(json -> {
                json.writeArrayFieldStart("jobs");
                for (JobSettings job : jobs) {
                    Instant last = state(states, job).lastSuccess();
                    json.writeStartObject();
                    json.writeStringField("job", job.name());
                    json.writeStringField(
                            "repository", job.repository().folder().toString());
                    Json.writeStrings(
                            json,
                            "hosts",
                            job.hosts().stream().map(HostSettings::uri).toList());
                    Json.writeStrings(json, "schedule", job.schedule().calendar());
                    json.writeBooleanField("installed", systemd.has(job.name()));
                    JsonFields.instant(json, "lastSuccess", last);
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
        } else if (!jobs.isEmpty()) {
            Table table = Table.of("JOB", "REPOSITORY", "HOSTS", "SCHEDULE", "INSTALLED", "LAST SUCCESS");
            for (JobSettings job : jobs) {
                Instant last = state(states, job).lastSuccess();
                table.row(
                        job.name(),
                        job.repository().folder().toString(),
                        job.hosts().stream().map(HostSettings::name).collect(Collectors.joining(", ")),
                        job.schedule().calendar().isEmpty()
                                ? "-"
                                : String.join("; ", job.schedule().calendar()),
                        systemd.has(job.name()) ? "yes" : "no",
                        last == null ? "-" : Amounts.instant(last));
            }
            table.print(console());
        }
        return ExitCode.DONE;
    }

    private static JobState state(Map<String, JobState> states, JobSettings job) {
        return states.getOrDefault(job.name(), JobState.NONE);
    }

    private int install() throws IOException, InterruptedException {
        Configuration configuration = Configuration.check(file());
        Systemd systemd = systemd();
        JobUnits jobUnits =
                new JobUnits(configuration, Systemd.command(), user, configuration.stateFolder(environment()));
        for (JobSettings job : jobs(configuration, names)) {
            Path repository = job.repository().folder();
            if (units == null && !Files.exists(repository)) {
                // The service may write there, and nowhere around it.
                Files.createDirectories(repository, PosixFilePermissions.asFileAttribute(OURS));
                say("made: " + repository);
            }
            List<Path> written = systemd.install(job, jobUnits);
            written.forEach(file -> say("written: " + file));
            if (job.schedule().calendar().isEmpty()) {
                note("job " + job.name() + " has no schedule: start it by 'systemctl start "
                        + JobUnits.service(job.name()) + "'");
            }
        }
        return done();
    }

    /** A job that the file has no more can be removed too. */
    private int remove() throws IOException, InterruptedException {
        Systemd systemd = systemd();
        for (String name : new LinkedHashSet<>(names)) {
            if (!systemd.has(name)) {
                throw CommandException.notFound("job " + name + " is not installed in " + systemd.folder());
            }
            systemd.remove(name).forEach(file -> say("removed: " + file));
        }
        return done();
    }

    private int status() {
        Configuration configuration = configuration();
        Path folder = configuration.stateFolder(environment());
        List<JobStatus> found = jobs(configuration, names).stream()
                .map(job -> JobStatus.of(job, folder))
                .toList();
        printStatus(found);
        List<String> wrong = found.stream().flatMap(job -> job.wrong().stream()).toList();
        if (wrong.isEmpty()) {
            return ExitCode.DONE;
        }
        throw found.stream().allMatch(JobStatus::onlyDamage)
                ? CommandException.damaged(Amounts.few(wrong))
                : CommandException.failed(Amounts.few(wrong), null);
    }

    private void printStatus(List<JobStatus> found) {
        if (json()) {
            printJson(json -> {
                json.writeArrayFieldStart("jobs");
                for (JobStatus job : found) {
                    json.writeStartObject();
                    json.writeStringField("job", job.job());
                    json.writeBooleanField("ok", job.ok());
                    json.writeStringField("error", job.problem());
                    json.writeArrayFieldStart("domains");
                    for (DomainStatus status : job.guests()) {
                        json.writeStartObject();
                        json.writeStringField("domain", status.domain());
                        JsonFields.status(json, status);
                        json.writeEndObject();
                    }
                    json.writeEndArray();
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
        } else if (!quiet()) {
            Table table = Table.of("JOB", "GUEST", "STATUS", "WHY");
            for (JobStatus job : found) {
                if (job.problem() != null) {
                    table.row(job.job(), "-", "unknown", job.problem());
                }
                job.guests()
                        .forEach(status -> table.row(
                                job.job(),
                                status.domain(),
                                status.verdict().toString(),
                                status.reason() == null ? "-" : status.reason()));
            }
            if (!table.isEmpty()) {
                table.print(console());
            }
        }
    }

    private int recover() {
        Configuration configuration = configuration();
        Path state = configuration.stateFolder(environment());
        List<JobResult> results = new ArrayList<>();
        List<String> left = new ArrayList<>();
        for (JobSettings job : jobs(configuration, names)) {
            JobRecovery.Report report = new JobRecovery(job, state, environment(), JobListener.NONE).run();
            if (report == null) {
                say("there is nothing to clear up after job " + job.name());
                continue;
            }
            results.add(report.result());
            left.addAll(report.left());
            if (!json()) {
                report.done().forEach(done -> say("cleared: " + done));
                say("job " + job.name() + ": " + report.result().errors().get(0));
            }
            report.result().warnings().forEach(this::warnOfResult);
        }
        if (json()) {
            printResults(results);
        }
        if (!left.isEmpty()) {
            throw CommandException.failed("not everything could be cleared: " + left.get(0), null);
        }
        return done();
    }
}
