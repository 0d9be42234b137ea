// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.Table;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.Mode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code virtwire points}: what a repository holds. */
@Command(
        name = "points",
        description = "List the points of a repository, the oldest first. Reads their manifests, not their images: see"
                + " virtwire verify.",
        sortOptions = false)
public final class PointsCommand extends AbstractCommand {
    @Parameters(index = "0", paramLabel = "DIR", description = "The repository.")
    private Path folder = Path.of("");

    @Parameters(index = "1", paramLabel = "DOMAIN", arity = "0..1", description = "Only this domain's points.")
    private @Nullable String domain;

    @Override
    public Integer call() {
        Repository repository = Repository.open(folder);
        List<DomainPoints> domains = domain == null ? repository.points() : List.of(repository.points(domain));
        if (json()) {
            printJson(json -> write(json, repository, domains));
        } else {
            print(domains);
        }
        List<Finding> damage =
                domains.stream().flatMap(each -> each.damage().stream()).toList();
        List<String> lost = domains.stream().flatMap(PointsCommand::lost).toList();
        if (!damage.isEmpty() || !lost.isEmpty()) {
            throw CommandException.damaged(VerifyCommand.summary(damage.size(), lost));
        }
        List<String> unreadable =
                domains.stream().flatMap(each -> each.unreadable().stream()).toList();
        if (!unreadable.isEmpty()) {
            throw CommandException.failed("not everything can be read: " + unreadable.get(0), null);
        }
        return ExitCode.DONE;
    }

    private static Stream<String> lost(DomainPoints domain) {
        return domain.known().stream()
                .filter(damage -> !damage.harmless())
                .map(damage -> domain.domain() + "@" + damage.point());
    }

    private void print(List<DomainPoints> domains) {
        Table table = Table.of("DOMAIN", "POINT", "LEVEL", "MODE", "BEGAN", "DISKS", "SIZE", "STORED", "OUTCOME")
                .rightAligned("DISKS", "SIZE", "STORED");
        for (DomainPoints each : domains) {
            for (Point point : each.points()) {
                row(table, point, each.hold(point.id()), each.known(point.id()));
            }
        }
        if (table.isEmpty()) {
            note("there is no point in " + folder);
        } else {
            table.print(console());
        }
        for (DomainPoints each : domains) {
            each.damage().forEach(finding -> line("damaged: " + finding));
            each.known().forEach(damage -> print(StoredDomain.shown(each.domain()) + "@" + damage.point(), damage));
            each.unreadable()
                    .forEach(problem -> line("unreadable: " + StoredDomain.shown(each.domain()) + ": " + problem));
            tell("", each.notices());
            for (String id : each.unfinished()) {
                note("point " + id + " of " + StoredDomain.shown(each.domain())
                        + " is unfinished: a run is at work on it, or died; the next" + " backup or 'virtwire recover "
                        + folder + "' clears up after one that died");
            }
        }
    }

    private void print(String name, PointDamage damage) {
        String found = " (found by " + damage.foundBy() + ", first at " + Amounts.instant(damage.since()) + ")";
        damage.lost().forEach(range -> line("lost: " + name + ": " + range + found));
        if (damage.lost().isEmpty()) {
            damage.files().forEach(file -> line("damaged: " + file + found));
        }
    }

    private static void row(Table table, Point point, @Nullable Hold hold, @Nullable PointDamage known) {
        Manifest manifest = point.manifest();
        boolean pushed = manifest.mode() == Mode.PUSH;
        table.row(
                manifest.domain().name(),
                point.id(),
                manifest.level().toString(),
                manifest.mode().toString(),
                Amounts.instant(manifest.began()),
                String.valueOf(manifest.disks().size()),
                Amounts.bytes(PointJson.virtualSize(manifest)),
                pushed ? "on host" : Amounts.bytes(PointJson.stored(manifest)),
                (known != null && !known.harmless() ? "damaged" : manifest.outcome())
                        + (hold == null ? "" : "; held" + (hold.reason() == null ? "" : ": " + hold.reason())));
    }

    private static void write(JsonGenerator json, Repository repository, List<DomainPoints> domains)
            throws IOException {
        json.writeStringField("repository", repository.id());
        json.writeStringField("folder", repository.folder().toString());
        json.writeArrayFieldStart("domains");
        for (DomainPoints each : domains) {
            json.writeStartObject();
            json.writeStringField("domain", each.domain());
            json.writeArrayFieldStart("points");
            for (Point point : each.points()) {
                json.writeStartObject();
                PointJson.write(json, point, each.known(point.id()));
                json.writeEndObject();
            }
            json.writeEndArray();
            PointJson.writeDamage(json, each.damage());
            Json.writeStrings(json, "unreadable", each.unreadable());
            Json.writeStrings(json, "unfinished", each.unfinished());
            json.writeArrayFieldStart("held");
            for (Hold hold : each.held()) {
                json.writeStartObject();
                PointJson.write(json, hold);
                json.writeEndObject();
            }
            json.writeEndArray();
            Json.writeNotices(json, each.notices());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
