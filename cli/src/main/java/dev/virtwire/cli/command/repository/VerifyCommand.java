// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.command.WordConverter;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire verify}: whether every byte is as it was written. */
@Command(
        name = "verify",
        description = {
            "Read a repository, a domain's points, or one point and those it builds on, and compare every byte with its"
                    + " digest. Damage is listed with file and place, and with what it takes from which points. It is remembered"
                    + " in the repository. The exit code is then 3.",
            "Ctrl-C ends it. With --resume, the next run continues there."
        },
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

    @Option(
            names = "--depth",
            paramLabel = "DEPTH",
            converter = DepthConverter.class,
            description = "structure: manifests, links, sizes, small files and the images' tables, but no disk data."
                    + " digests: every byte of every file. full: also every disk as a restore would read it."
                    + " Default: digests.")
    private VerifyDepth depth = VerifyDepth.DIGESTS;

    @Option(
            names = "--resume",
            description = "Continue an interrupted verification that had this option: what it found right is not read"
                    + " again, unless it was changed since. The repository keeps a record for that.")
    private boolean resume;

    @Option(
            names = "--accept-missing",
            paramLabel = "POINT",
            description = "Accept that this point of DOMAIN is lost, before anything is read: it counts as removed from"
                    + " then on. May be given several times.")
    private Set<String> accepted = new LinkedHashSet<>();

    @Mixin
    private RateOption rate = new RateOption();

    static final class DepthConverter extends WordConverter<VerifyDepth> {
        DepthConverter() {
            super(VerifyDepth::toString, VerifyDepth.values());
        }
    }

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        if (!accepted.isEmpty()) {
            PointName chosen = name == null ? null : PointName.parse(repository, name);
            if (chosen == null || chosen.point() != null) {
                throw CommandException.usage("--accept-missing needs the DOMAIN that has lost the point", null);
            }
            accepted.forEach(point -> repository.acceptMissing(chosen.domain(), point));
        }
        long begin = System.nanoTime();
        VerifyReport report;
        try (ProgressView view = progressView("verify");
                InterruptibleWork work = InterruptibleWork.begin(
                        console().interruption(),
                        view,
                        InterruptibleWork.Outcome.of(
                                resume ? "'virtwire verify --resume' continues there" : "nothing was found out"))) {
            report = work.run(() -> repository.verify(request(repository), view).join());
        }
        tell("", report.notices());
        print(report, Duration.ofNanos(System.nanoTime() - begin));
        if (!report.damage().isEmpty() || !report.lost().isEmpty()) {
            throw CommandException.damaged(
                    summary(report.damage().size(), List.copyOf(report.lost().keySet())));
        }
        if (!report.unverifiable().isEmpty()) {
            throw CommandException.failed(
                    "not everything can be verified from here: "
                            + report.unverifiable().get(0),
                    null);
        }
        return done();
    }

    /** What is damaged, in one sentence; the places have been named before. */
    static String summary(int places, List<String> lost) {
        String damaged =
                Amounts.count(places, "place") + " of the repository " + (places == 1 ? "is" : "are") + " damaged";
        String points = Amounts.count(lost.size(), "point") + " cannot be given back as "
                + (lost.size() == 1 ? "it was: " : "they were: ") + Amounts.few(lost);
        if (lost.isEmpty()) {
            return damaged;
        }
        return places == 0 ? points : damaged + "; " + points;
    }

    private VerifyRequest request(Repository repository) {
        VerifyRequest request = VerifyRequest.everything();
        if (name != null) {
            PointName chosen = PointName.parse(repository, name);
            String point = chosen.point();
            request = point == null
                    ? VerifyRequest.ofDomain(chosen.domain())
                    : VerifyRequest.ofPoint(chosen.domain(), point);
        }
        request = request.withDepth(depth).limitedTo(rate.bytesPerSecond());
        return resume ? request.resuming() : request;
    }

    private void print(VerifyReport report, Duration duration) {
        if (json()) {
            printJson(json -> {
                json.writeBooleanField("intact", report.intact());
                json.writeStringField("depth", report.depth().toString());
                Json.writeStrings(json, "points", report.points());
                json.writeNumberField("bytesRead", report.bytes());
                json.writeNumberField("durationMillis", duration.toMillis());
                PointJson.writeDamage(json, report.damage());
                json.writeArrayFieldStart("lostPoints");
                for (Map.Entry<String, List<LostRange>> lost : report.lost().entrySet()) {
                    json.writeStartObject();
                    json.writeStringField("point", lost.getKey());
                    PointJson.writeLost(json, lost.getValue());
                    json.writeEndObject();
                }
                json.writeEndArray();
                Json.writeStrings(json, "unverifiable", report.unverifiable());
                Json.writeNotices(json, report.notices());
            });
            return;
        }
        for (Finding finding : report.damage()) {
            line("damaged: " + finding);
        }
        report.lost().forEach((point, ranges) -> ranges.forEach(range -> line("lost: " + point + ": " + range)));
        for (String unverifiable : report.unverifiable()) {
            line("unverifiable: " + unverifiable);
        }
        if (report.intact()) {
            String read = report.depth() == VerifyDepth.STRUCTURE
                    ? "by their structure, looked at"
                    : Amounts.bytes(report.bytes()) + " read";
            say("intact: " + Amounts.count(report.points().size(), "point") + ", " + read + " in "
                    + Amounts.duration(duration));
        }
    }
}
