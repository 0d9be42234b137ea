// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.command.ValueConverter;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Table;
import dev.virtwire.jobs.config.Values;
import dev.virtwire.jobs.report.JsonFields;
import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.DomainStatus.Verdict;
import dev.virtwire.repository.DomainStatus.Verification;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Repository;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire status}: whether every domain has a good point that is young enough. */
@Command(
        name = "status",
        description = {
            "Say of each domain when its newest good point began, and when one was last verified. The exit code is 3 if"
                    + " all domains that are not ok are damaged, and 1 if any of them is not ok for another reason: a"
                    + " line for monitoring.",
            "Reads manifests and what is known of the points, and the lengths of files, not what they hold: see"
                    + " virtwire verify."
        },
        sortOptions = false)
public final class StatusCommand extends AbstractCommand {
    private static final long HOURS_A_DAY = 24;
    /** Up to here, hours say more than days. */
    private static final long MOST_HOURS = 72;

    static final class AgeConverter extends ValueConverter<Duration> {
        AgeConverter() {
            super(Values::time);
        }
    }

    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(
            index = "1..*",
            paramLabel = "DOMAIN",
            description = "These domains have to have points. Default: all that the repository holds something of.")
    private List<String> domains = new ArrayList<>();

    @Option(
            names = "--max-age",
            paramLabel = "TIME",
            required = true,
            converter = AgeConverter.class,
            description = "How old the newest good point of each domain may be, such as 26h or 8d.")
    private Duration maxAge = Duration.ZERO;

    @Option(
            names = "--verified-within",
            paramLabel = "TIME",
            converter = AgeConverter.class,
            description =
                    "How long ago the last verification may have begun that found a point of the domain right, such"
                            + " as 8d. Default: that does not matter.")
    private @Nullable Duration verifiedWithin;

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        List<String> asked = domains.isEmpty() ? repository.domains() : List.copyOf(new LinkedHashSet<>(domains));
        List<DomainStatus> found = asked.stream()
                .map(domain -> repository.status(domain, maxAge, verifiedWithin))
                .toList();
        if (json()) {
            printJson(json -> write(json, found));
        } else if (!quiet() && !found.isEmpty()) {
            print(found);
        }
        return conclude(found);
    }

    private void print(List<DomainStatus> found) {
        Table table = Table.of("DOMAIN", "STATUS", "NEWEST GOOD POINT", "AGE", "VERIFIED")
                .rightAligned("AGE");
        for (DomainStatus status : found) {
            Point good = status.newestGood();
            Duration age = status.age();
            Verification verified = status.verified();
            table.row(
                    StoredDomain.shown(status.domain()),
                    status.verdict().toString(),
                    good == null ? "-" : good.id(),
                    age == null ? "-" : age(age),
                    verified == null ? "-" : Amounts.instant(verified.at()) + ", " + verified.depth());
        }
        table.print(console());
    }

    private static String age(Duration age) {
        return age.toHours() < MOST_HOURS ? age.toHours() + " h" : age.toHours() / HOURS_A_DAY + " d";
    }

    private int conclude(List<DomainStatus> found) {
        if (found.isEmpty()) {
            throw CommandException.failed(folder + " holds nothing of any domain", null);
        }
        List<DomainStatus> bad = found.stream().filter(status -> !status.ok()).toList();
        if (bad.isEmpty()) {
            return ExitCode.DONE;
        }
        String sentence = bad.size() + " of " + Amounts.count(found.size(), "domain")
                + (bad.size() == 1 ? " is not as it should be: " : " are not as they should be: ")
                + Amounts.few(bad.stream()
                        .map(status -> StoredDomain.shown(status.domain()) + " is " + status.verdict() + " ("
                                + status.reason() + ")")
                        .toList());
        throw bad.stream().allMatch(status -> status.verdict() == Verdict.DAMAGED)
                ? CommandException.damaged(sentence)
                : CommandException.failed(sentence, null);
    }

    private void write(JsonGenerator json, List<DomainStatus> found) throws IOException {
        json.writeBooleanField("ok", !found.isEmpty() && found.stream().allMatch(DomainStatus::ok));
        json.writeNumberField("maxAgeSeconds", maxAge.toSeconds());
        JsonFields.seconds(json, "verifiedWithinSeconds", verifiedWithin);
        json.writeArrayFieldStart("domains");
        for (DomainStatus status : found) {
            json.writeStartObject();
            json.writeStringField("domain", status.domain());
            JsonFields.status(json, status);
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
