// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.Repository;
import dev.virtwire.backup.VerifyReport;
import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.ProgressView;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code virtwire verify}: whether every byte is as it was written. */
@Command(
        name = "verify",
        description = "Read every byte of a repository, of a domain's points, or of one point and those it builds on,"
                + " and compare it with its digest. Damage is listed with file and place; the exit code is then 3.",
        sortOptions = false)
public final class VerifyCommand extends AbstractCommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(
            index = "1",
            paramLabel = "DOMAIN[@POINT]",
            arity = "0..1",
            description = "Only this domain, or this point. Default: everything.")
    private @Nullable String name;

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        long begin = System.nanoTime();
        VerifyReport report;
        try (ProgressView view = progressView("verify")) {
            report = verify(repository, view);
        }
        print(report, Duration.ofNanos(System.nanoTime() - begin));
        if (!report.damage().isEmpty()) {
            throw new DamagedException(report.damage());
        }
        if (!report.unverifiable().isEmpty()) {
            throw CommandException.failed(
                    "not everything can be verified from here: "
                            + report.unverifiable().get(0),
                    null);
        }
        return ExitCode.DONE;
    }

    private VerifyReport verify(Repository repository, ProgressView view) {
        if (name == null) {
            return repository.verify(view);
        }
        PointName chosen = PointName.parse(repository, name);
        return repository.verify(chosen.domain(), chosen.point(), view);
    }

    private void print(VerifyReport report, Duration duration) {
        if (json()) {
            printJson(json -> {
                json.writeBooleanField("intact", report.intact());
                PointJson.writeStrings(json, "points", report.points());
                json.writeNumberField("bytesRead", report.bytes());
                json.writeNumberField("durationMillis", duration.toMillis());
                PointJson.writeDamage(json, report.damage());
                PointJson.writeStrings(json, "unverifiable", report.unverifiable());
                PointJson.writeStrings(json, "notices", report.notices());
            });
            return;
        }
        for (Finding finding : report.damage()) {
            out().println("damaged: " + finding);
        }
        for (String unverifiable : report.unverifiable()) {
            out().println("unverifiable: " + unverifiable);
        }
        report.notices().forEach(this::note);
        if (report.intact()) {
            say("intact: " + Amounts.count(report.points().size(), "point") + ", " + Amounts.bytes(report.bytes())
                    + " read in " + Amounts.duration(duration));
        }
    }
}
