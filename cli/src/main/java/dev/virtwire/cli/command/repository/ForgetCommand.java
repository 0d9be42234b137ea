// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.command.WaitOption;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.repository.ForgetReport;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire forget}: erases all of a domain. */
@Command(
        name = "forget",
        description =
                "Erase all points of a domain, and whatever else a repository holds of it. Without --yes: only say"
                        + " what that is. Held points have to be released first.",
        sortOptions = false)
public final class ForgetCommand extends AbstractCommand {
    static final String INTERRUPTED = "interrupted; what was being erased goes with the next forget or prune";

    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(index = "1", paramLabel = "DOMAIN", description = "The domain.")
    private String domain = "";

    @Option(names = "--yes", description = "Erase it.")
    private boolean yes;

    @Mixin
    private WaitOption wait = new WaitOption();

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        ForgetReport report;
        if (yes) {
            console().interruption().cleanUpBy(() -> INTERRUPTED);
            report = wait.whenFree(
                    () -> repository.forget(domain, null, ProgressListener.NONE).join(), this::note);
            console().interruption().cleanUpBy(null);
        } else {
            report = repository.lookToForget(domain);
        }
        if (json()) {
            printJson(json -> write(json, report));
            return ExitCode.DONE;
        }
        lines(report, quiet() && yes).forEach(this::line);
        return ExitCode.DONE;
    }

    /** The fields of what was erased, or would be. */
    static void write(JsonGenerator json, ForgetReport report) throws IOException {
        json.writeStringField("domain", report.domain());
        json.writeBooleanField("erased", report.erased());
        Json.writeStrings(json, "points", report.points());
        json.writeNumberField("stored", report.stored());
        json.writeStringField(
                "lastBackup",
                report.lastBackup() == null ? null : report.lastBackup().toString());
        Json.writeStrings(json, "obstacles", report.obstacles());
        Json.writeStrings(json, "remains", report.remains());
    }

    /** The same for people; with {@code quiet} only what may remain, because nothing else names it then. */
    static List<String> lines(ForgetReport report, boolean quiet) {
        List<String> lines = new ArrayList<>();
        if (quiet) {
            if (report.erased()) {
                report.remains()
                        .forEach(remains ->
                                lines.add("may remain: " + StoredDomain.shown(report.domain()) + ": " + remains));
            }
            return lines;
        }
        boolean blocked = !report.obstacles().isEmpty();
        lines.add((report.erased() ? "erased: " : blocked ? "not erased: " : "would be erased by --yes: ")
                + StoredDomain.shown(report.domain()) + ", "
                + Amounts.count(report.points().size(), "point") + ", "
                + Amounts.bytes(report.stored())
                + (report.lastBackup() == null ? "" : ", last backed up at " + Amounts.instant(report.lastBackup())));
        report.obstacles().forEach(obstacle -> lines.add("  " + obstacle));
        report.remains()
                .forEach(remains -> lines.add("  " + (report.erased() ? "may remain: " : "would remain: ") + remains));
        return lines;
    }
}
