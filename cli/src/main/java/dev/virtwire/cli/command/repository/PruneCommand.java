// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ErrorReport;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Table;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Retention;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire prune}: removes points that no rule keeps. */
@Command(
        name = "prune",
        description = {
            "Remove the points of a repository, or of some of its domains, that no --keep rule keeps. A point stays if any"
                    + " rule keeps it, or if a point that stays builds on it.",
            "Always kept: the newest point that can be restored, what the next increment starts from, pushed points, and"
                    + " damaged ones, which count for no rule."
        },
        sortOptions = false)
public final class PruneCommand extends AbstractCommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(index = "1..*", paramLabel = "DOMAIN", description = "Only these domains. Default: all.")
    private List<String> domains = new ArrayList<>();

    @Option(names = "--keep-last", paramLabel = "N", description = "Keep the newest N points of each domain.")
    private int last;

    @Option(
            names = "--keep-daily",
            paramLabel = "N",
            description = "Keep the newest point of each of the newest N days (of UTC) that have one.")
    private int daily;

    @Option(
            names = "--keep-weekly",
            paramLabel = "N",
            description =
                    "Keep the newest point of each of the newest N weeks (from Monday, as ISO counts them) that have"
                            + " one.")
    private int weekly;

    @Option(
            names = "--keep-monthly",
            paramLabel = "N",
            description = "Keep the newest point of each of the newest N months that have one.")
    private int monthly;

    @Option(names = "--dry-run", description = "Say what would be done, and do nothing.")
    private boolean dryRun;

    @Override
    public Integer call() {
        Retention retention = retention();
        Repository repository = Repository.open(folder);
        List<String> chosen = domains.isEmpty() ? repository.domains() : List.copyOf(new LinkedHashSet<>(domains));
        Map<String, PruneReport> done = new LinkedHashMap<>();
        Map<String, RuntimeException> failed = new LinkedHashMap<>();
        console()
                .interruption()
                .cleanUpBy(() -> "interrupted; what was being removed goes with the next prune, backup or recover");
        for (String domain : chosen) {
            try {
                done.put(
                        domain,
                        repository
                                .prune(request(domain, retention), ProgressListener.NONE)
                                .join());
            } catch (RepositoryException e) {
                failed.put(domain, e);
            }
        }
        console().interruption().cleanUpBy(null);
        if (json()) {
            printJson(json -> write(json, chosen, done, failed));
        } else {
            done.values().forEach(this::print);
        }
        return conclude(done, failed);
    }

    private PruneRequest request(String domain, Retention retention) {
        PruneRequest request = PruneRequest.of(domain, retention);
        return dryRun ? request.asDryRun() : request;
    }

    private Retention retention() {
        if (last == 0 && daily == 0 && weekly == 0 && monthly == 0) {
            throw CommandException.usage(
                    "prune needs at least one of --keep-last, --keep-daily, --keep-weekly and --keep-monthly, with a"
                            + " number of points to keep",
                    null);
        }
        try {
            return new Retention(last, daily, weekly, monthly);
        } catch (RepositoryException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()), e);
        }
    }

    private void print(PruneReport report) {
        if (!quiet() || dryRun) {
            Table table = Table.of("DOMAIN", "POINT", dryRun ? "WOULD BE" : "IS", "STORED", "REASON")
                    .rightAligned("STORED");
            for (PointVerdict point : report.points()) {
                table.row(
                        report.domain(),
                        point.point(),
                        point.kept() ? "kept" : "removed",
                        Amounts.bytes(point.stored()),
                        point.reason());
            }
            if (!table.isEmpty()) {
                table.print(out());
            }
        }
        int removed = report.removed().size();
        say(report.domain() + ": " + Amounts.count(removed, "point") + (dryRun ? " would be" : "") + " removed, "
                + Amounts.bytes(report.freed()) + "; " + (report.points().size() - removed) + " stay");
    }

    private void write(
            JsonGenerator json,
            List<String> chosen,
            Map<String, PruneReport> done,
            Map<String, RuntimeException> failed)
            throws IOException {
        json.writeBooleanField("dryRun", dryRun);
        json.writeArrayFieldStart("domains");
        for (String domain : chosen) {
            json.writeStartObject();
            PruneReport report = done.get(domain);
            if (report != null) {
                PointJson.write(json, report);
            } else {
                json.writeStringField("domain", domain);
                ErrorReport.writeField(json, requireNonNull(failed.get(domain)));
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
            Map.Entry<String, RuntimeException> first =
                    failed.entrySet().iterator().next();
            if (failed.size() == 1) {
                throw first.getValue();
            }
            throw CommandException.failed(
                    failed.size() + " domains were not pruned; the first: "
                            + first.getValue().getMessage(),
                    first.getValue());
        }
        if (!damage.isEmpty()) {
            throw new DamagedException(damage);
        }
        return ExitCode.DONE;
    }
}
