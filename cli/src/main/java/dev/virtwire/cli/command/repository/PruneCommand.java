// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.command.WaitOption;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.cli.output.Table;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ForgetReport;
import dev.virtwire.repository.PointMerge;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire prune}: removes points that no rule keeps. */
@Command(
        name = "prune",
        description = {
            "Remove the points of a repository, or of some of its domains, that no --keep rule keeps. A point stays if"
                    + " any rule keeps it. What a point that stays needs of one that goes is merged into it.",
            "Always kept: held points, the newest point that can be restored, also of each disk, what the next"
                    + " increment starts from, pushed points, and damaged ones, which count for no rule."
        },
        sortOptions = false)
public final class PruneCommand extends AbstractCommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(index = "1..*", paramLabel = "DOMAIN", description = "Only these domains. Default: all.")
    private List<String> domains = new ArrayList<>();

    @Mixin
    private KeepOptions rules = new KeepOptions();

    @Option(names = "--dry-run", description = "Say what would be done, and do nothing.")
    private boolean dryRun;

    @Option(
            names = "--gone-for",
            paramLabel = "TIME",
            converter = KeepOptions.DurationConverter.class,
            description =
                    "Show the domains that had no backup for so long, such as 90d. With --yes, erase all of them.")
    private @Nullable Duration goneFor;

    @Option(names = "--yes", description = "For --gone-for: erase what is shown.")
    private boolean yes;

    @Mixin
    private RateOption rate = new RateOption();

    @Mixin
    private WaitOption wait = new WaitOption();

    @Override
    public Integer call() {
        @Nullable Retention retention = retention();
        Repository repository = Repository.open(folder);
        List<String> chosen = domains.isEmpty() ? repository.domains() : List.copyOf(new LinkedHashSet<>(domains));
        Map<String, PruneReport> done = new LinkedHashMap<>();
        Map<String, RuntimeException> failed = new LinkedHashMap<>();
        console()
                .interruption()
                .cleanUpBy(() -> "interrupted; what was being removed goes with the next prune, backup or recover");
        Map<String, ForgetReport> gone = gone(repository, chosen, failed);
        for (String domain : chosen) {
            ForgetReport erased = gone.get(domain);
            if (retention == null || failed.containsKey(domain) || (erased != null && erased.erased())) {
                continue;
            }
            try {
                PruneRequest request = request(domain, retention);
                done.put(
                        domain,
                        wait.whenFree(
                                () -> repository
                                        .prune(request, ProgressListener.NONE)
                                        .join(),
                                this::note));
            } catch (RepositoryException | UncheckedIOException e) {
                failed.put(domain, e);
            }
        }
        console().interruption().cleanUpBy(null);
        if (json()) {
            printJson(json -> write(json, chosen, done, gone, failed));
            done.values().forEach(this::warnOfPoints);
        } else {
            for (String domain : chosen) {
                if (gone.containsKey(domain)) {
                    ForgetReport report = requireNonNull(gone.get(domain));
                    ForgetCommand.lines(report, quiet() && yes).forEach(out()::println);
                }
                print(domain, done.get(domain), failed.get(domain));
            }
        }
        return conclude(done, failed);
    }

    /** What is asked for a domain. */
    PruneRequest request(String domain, Retention retention) {
        PruneRequest request = PruneRequest.of(domain, retention).limitedTo(rate.bytesPerSecond());
        return dryRun ? request.asDryRun() : request;
    }

    private @Nullable Retention retention() {
        if (yes && goneFor == null) {
            throw CommandException.usage("--yes is for --gone-for", null);
        }
        if (!rules.given() && goneFor == null) {
            throw CommandException.usage(
                    "prune needs at least one --keep rule, such as --keep-daily 30, or --gone-for", null);
        }
        return rules.given() ? rules.retention() : null;
    }

    /** The domains that had no backup for so long, erased if that was asked for. */
    private Map<String, ForgetReport> gone(
            Repository repository, List<String> chosen, Map<String, RuntimeException> failed) {
        Map<String, ForgetReport> gone = new LinkedHashMap<>();
        if (goneFor == null) {
            return gone;
        }
        Instant since = Instant.now().minus(goneFor);
        for (String domain : chosen) {
            try {
                ForgetReport report = repository.lookToForget(domain);
                Instant last = report.lastBackup();
                if (last != null && last.isBefore(since)) {
                    gone.put(domain, report);
                }
            } catch (RepositoryException | UncheckedIOException e) {
                failed.put(domain, e);
            }
        }
        if (yes && !dryRun) {
            refuseAll(repository, gone);
            for (ForgetReport report : List.copyOf(gone.values())) {
                if (report.obstacles().isEmpty()) {
                    erase(repository, report.domain(), since, gone, failed);
                }
            }
        }
        return gone;
    }

    /** Nobody gives up all guests at once. More likely the clock is wrong, or no backup has run. */
    private void refuseAll(Repository repository, Map<String, ForgetReport> gone) {
        int all = repository.domains().size();
        if (all > 1 && gone.size() == all) {
            throw CommandException.failed(
                    "none of the " + all + " domains in " + folder
                            + " was backed up for so long, so nothing is erased: is"
                            + " the clock right, and do backups run? 'virtwire forget' erases one domain",
                    null);
        }
    }

    private void erase(
            Repository repository,
            String domain,
            Instant since,
            Map<String, ForgetReport> gone,
            Map<String, RuntimeException> failed) {
        try {
            gone.put(
                    domain,
                    wait.whenFree(
                            () -> repository
                                    .forget(domain, since, ProgressListener.NONE)
                                    .join(),
                            this::note));
        } catch (RepositoryException | UncheckedIOException e) {
            failed.put(domain, e);
        }
    }

    private void print(String domain, @Nullable PruneReport report, @Nullable RuntimeException failure) {
        if (report != null) {
            print(report);
        }
        if (failure != null) {
            line("failed: " + StoredDomain.shown(domain) + ": " + ErrorReport.message(failure));
        }
    }

    private void print(PruneReport report) {
        Set<PointVerdict> merged = new HashSet<>(report.merged());
        if (!quiet() || dryRun) {
            Table table = Table.of("DOMAIN", "POINT", dryRun ? "WOULD BE" : "IS", "STORED", "REASON")
                    .rightAligned("STORED");
            for (PointVerdict point : report.points()) {
                table.row(
                        StoredDomain.shown(report.domain()),
                        point.point(),
                        point.kept() ? "kept" : merged.contains(point) ? "merged" : "removed",
                        Amounts.bytes(point.stored()),
                        point.reason());
            }
            if (!table.isEmpty()) {
                table.print(console());
            }
        }
        say(StoredDomain.shown(report.domain()) + ": " + summary(report, merged.size()));
        warnOfPoints(report);
    }

    private void warnOfPoints(PruneReport report) {
        tell(StoredDomain.shown(report.domain()) + ": ", report.notices());
    }

    private String summary(PruneReport report, int merged) {
        int gone = report.removed().size();
        String would = dryRun ? " would be" : "";
        String stay = "; " + (report.points().size() - gone) + " stay";
        String removed = Amounts.count(gone - merged, "point") + would + " removed";
        if (merged == 0) {
            return removed + ", " + Amounts.bytes(report.freed()) + stay;
        }
        String freed = Amounts.bytes(report.freed()) + " freed";
        if (!dryRun) {
            return removed + " and " + merged + " merged, " + freed + stay;
        }
        long read = report.merges().stream().mapToLong(PointMerge::read).sum();
        long written = report.merges().stream().mapToLong(PointMerge::written).sum();
        return removed + " and " + merged + " merged, at most " + Amounts.bytes(read) + " read, "
                + Amounts.bytes(written) + " written and " + freed + stay;
    }

    private void write(
            JsonGenerator json,
            List<String> chosen,
            Map<String, PruneReport> done,
            Map<String, ForgetReport> gone,
            Map<String, RuntimeException> failed)
            throws IOException {
        json.writeBooleanField("dryRun", dryRun);
        json.writeArrayFieldStart("domains");
        for (String domain : chosen) {
            json.writeStartObject();
            PruneReport report = done.get(domain);
            ForgetReport forgotten = gone.get(domain);
            RuntimeException failure = failed.get(domain);
            if (report != null) {
                PointJson.write(json, report);
            } else {
                json.writeStringField("domain", domain);
            }
            if (forgotten != null) {
                json.writeObjectFieldStart("gone");
                ForgetCommand.write(json, forgotten);
                json.writeEndObject();
            }
            if (failure != null) {
                ErrorReport.writeField(json, failure);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private int conclude(Map<String, PruneReport> done, Map<String, RuntimeException> failed) {
        List<Finding> damage = done.values().stream()
                .flatMap(report -> report.damage().stream())
                .toList();
        if (!failed.isEmpty()) {
            RuntimeException first = failed.values().iterator().next();
            if (failed.size() == 1) {
                throw first;
            }
            String message = failed.size() + " domains were not pruned, the first for this reason: "
                    + ErrorReport.message(first);
            throw failed.values().stream().allMatch(DamagedException.class::isInstance)
                    ? new DamagedException(Finding.of(folder, message))
                    : CommandException.failed(message, first);
        }
        if (!damage.isEmpty()) {
            throw new DamagedException(damage);
        }
        return done();
    }
}
