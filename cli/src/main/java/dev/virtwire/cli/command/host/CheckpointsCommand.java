// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.Table;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.CheckpointXmlFlags;
import dev.virtwire.repository.Repository;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code virtwire checkpoints}: the moments since which a domain's changes are known. */
@Command(
        name = "checkpoints",
        description =
                "List a domain's checkpoints, the oldest first. They are the moments since which its changes are known."
                        + " With --remove, take those of Virtwire away, with their bitmaps.",
        sortOptions = false)
public final class CheckpointsCommand extends ConnectedCommand {
    @Parameters(paramLabel = "DOMAIN", description = "The domain's name or UUID.")
    private String name = "";

    @Option(
            names = "--remove",
            description = "Delete all checkpoints of Virtwire's, and their bitmaps in the disks' images.")
    private boolean removes;

    @Option(
            names = "--repository",
            paramLabel = "DIR",
            description = "With --remove: only those that belong to this repository.")
    private @Nullable Path folder;

    private @Nullable Repository repository;

    private record Row(String name, CheckpointSpec spec) {
        Instant created() {
            Instant time = spec.creationTime();
            return time == null ? Instant.EPOCH : time;
        }

        List<String> disks() {
            return spec.disks().stream()
                    .filter(CheckpointDisk::tracked)
                    .map(CheckpointDisk::name)
                    .toList();
        }
    }

    @Override
    public Integer call() throws Exception {
        if (folder != null && !removes) {
            throw CommandException.usage("--repository is for --remove", null);
        }
        // What is wrong with it is said before anybody is connected to.
        repository = folder == null ? null : Repository.open(folder);
        return super.call();
    }

    @Override
    protected int run(Libvirt libvirt) {
        if (removes) {
            return remove(libvirt);
        }
        Domain domain = domain(libvirt, name);
        List<Row> rows = rows(domain);
        if (json()) {
            printJson(json -> {
                json.writeStringField("domain", domain.name());
                json.writeArrayFieldStart("checkpoints");
                for (Row row : rows) {
                    write(json, row);
                }
                json.writeEndArray();
            });
            return ExitCode.DONE;
        }
        Table table = Table.of("NAME", "PARENT", "CREATED", "DISKS");
        for (Row row : rows) {
            table.row(
                    row.name,
                    text(row.spec.parent()),
                    row.spec.creationTime() == null ? "-" : Amounts.instant(row.created()),
                    text(String.join(" ", row.disks())));
        }
        if (table.isEmpty()) {
            note("domain " + domain.name() + " has no checkpoint");
        } else {
            table.print(console());
        }
        return ExitCode.DONE;
    }

    private int remove(Libvirt libvirt) {
        Domain domain = domain(libvirt, name);
        RecoverReport report =
                Backups.removeCheckpoints(libvirt, domain.name(), repository).join();
        if (json()) {
            printJson(json -> {
                json.writeStringField("domain", domain.name());
                json.writeBooleanField("clean", report.clean());
                Json.writeStrings(json, "done", report.done());
                Json.writeStrings(json, "left", report.left());
            });
        } else {
            report.done().forEach(this::say);
            report.left().forEach(left -> line("left: " + left));
            if (report.clean() && report.done().isEmpty()) {
                say("domain " + domain.name() + " has no checkpoint of Virtwire's");
            }
        }
        if (!report.clean()) {
            throw CommandException.failed(
                    "not everything could be removed: " + report.left().get(0), null);
        }
        return ExitCode.DONE;
    }

    private static List<Row> rows(Domain domain) {
        List<Checkpoint> checkpoints = await(domain.checkpoints().list());
        List<CompletableFuture<CheckpointSpec>> specs = new ArrayList<>();
        for (Checkpoint checkpoint : checkpoints) {
            specs.add(checkpoint.description(CheckpointXmlFlags.NO_DOMAIN));
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < specs.size(); i++) {
            // One that was deleted since it was listed is left out.
            String checkpoint = checkpoints.get(i).name();
            find(specs.get(i), ErrorCode.NO_DOMAIN_CHECKPOINT).ifPresent(spec -> rows.add(new Row(checkpoint, spec)));
        }
        rows.sort(Comparator.comparing(Row::created).thenComparing(Row::name));
        return rows;
    }

    private static String text(@Nullable String text) {
        return text == null || text.isEmpty() ? "-" : text;
    }

    private static void write(JsonGenerator json, Row row) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", row.name);
        json.writeStringField("parent", row.spec.parent());
        json.writeStringField(
                "created",
                row.spec.creationTime() == null ? null : row.created().toString());
        json.writeStringField("description", row.spec.description());
        Json.writeStrings(json, "disks", row.disks());
        json.writeEndObject();
    }
}
