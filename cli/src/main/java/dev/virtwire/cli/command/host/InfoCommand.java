// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.Table;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainInfo;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.JobOperation;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code virtwire info}: one domain, its disks, its job. */
@Command(name = "info", description = "Show a domain, its disks and its current job.", sortOptions = false)
public final class InfoCommand extends ConnectedCommand {
    private static final int KIB = 1024;

    @Parameters(paramLabel = "DOMAIN", description = "The domain's name or UUID.")
    private String name = "";

    private record Facts(
            Domain domain,
            DomainInfo info,
            boolean persistent,
            List<DomainDescription.Disk> disks,
            @Nullable JobStatistics job,
            @Nullable List<Checkpoint> checkpoints) {}

    @Override
    protected int run(Libvirt libvirt) {
        Facts facts = facts(domain(libvirt, name));
        if (json()) {
            printJson(json -> write(json, facts));
        } else {
            print(facts);
        }
        return ExitCode.DONE;
    }

    private static Facts facts(Domain domain) {
        CompletableFuture<DomainInfo> info = domain.info();
        CompletableFuture<Boolean> persistent = domain.isPersistent();
        CompletableFuture<String> xml = domain.xml();
        CompletableFuture<List<Checkpoint>> checkpoints = domain.checkpoints().list();
        DomainInfo its = await(info);
        // Drivers other than QEMU's have no jobs, some no checkpoints either.
        Optional<JobStatistics> job =
                its.isActive() ? find(domain.jobStatistics(), ErrorCode.NO_SUPPORT) : Optional.empty();
        return new Facts(
                domain,
                its,
                await(persistent),
                disks(await(xml)),
                job.filter(JobStatistics::isRunning).orElse(null),
                find(checkpoints, ErrorCode.NO_SUPPORT).orElse(null));
    }

    private static List<DomainDescription.Disk> disks(String xml) {
        try {
            return DomainDescription.parse(xml).disks();
        } catch (IllegalArgumentException e) {
            throw CommandException.failed("the server sent a domain's XML that cannot be read: " + e.getMessage(), e);
        }
    }

    private void print(Facts facts) {
        Domain domain = facts.domain;
        property("Name", domain.name());
        property("UUID", domain.uuid().toString());
        property("State", DomainTexts.state(facts.info));
        domain.id().ifPresent(id -> property("ID", String.valueOf(id)));
        property("Persistent", facts.persistent ? "yes" : "no");
        property("CPUs", String.valueOf(facts.info.vcpus()));
        property("Memory", memory(facts.info));
        property("CPU time", Amounts.duration(facts.info.cpuTime()));
        if (facts.job != null) {
            property("Job", jobName(facts.job) + ", for " + Amounts.duration(facts.job.elapsed()));
        } else if (facts.info.isActive()) {
            property("Job", "none");
        }
        if (facts.checkpoints != null) {
            property("Checkpoints", String.valueOf(facts.checkpoints.size()));
        }
        Table table = Table.of("TARGET", "DEVICE", "TYPE", "FORMAT", "SOURCE");
        for (DomainDescription.Disk disk : facts.disks) {
            table.row(
                    disk.target(),
                    disk.device(),
                    disk.place().type(),
                    text(disk.format()),
                    text(disk.place().name()));
        }
        if (table.isEmpty()) {
            property("Disks", "none");
        } else {
            out().println("Disks:");
            table.print(console(), "  ");
        }
    }

    private static String memory(DomainInfo info) {
        String has = Amounts.bytes(info.memoryKiB() * KIB);
        return info.memoryKiB() == info.maxMemoryKiB() ? has : has + " of " + Amounts.bytes(info.maxMemoryKiB() * KIB);
    }

    private static String jobName(JobStatistics job) {
        return job.operation().map(InfoCommand::jobName).orElse("unknown");
    }

    private static String jobName(JobOperation operation) {
        return operation.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String text(@Nullable String text) {
        return text == null ? "-" : text;
    }

    private static void write(JsonGenerator json, Facts facts) throws IOException {
        json.writeStringField("name", facts.domain.name());
        json.writeStringField("uuid", facts.domain.uuid().toString());
        json.writeStringField("state", DomainTexts.state(facts.info));
        json.writeFieldName("id");
        if (facts.domain.id().isPresent()) {
            json.writeNumber(facts.domain.id().get());
        } else {
            json.writeNull();
        }
        json.writeBooleanField("persistent", facts.persistent);
        json.writeNumberField("cpus", facts.info.vcpus());
        json.writeNumberField("memoryBytes", facts.info.memoryKiB() * KIB);
        json.writeNumberField("maxMemoryBytes", facts.info.maxMemoryKiB() * KIB);
        json.writeNumberField("cpuTimeNanos", facts.info.cpuTime().toNanos());
        json.writeFieldName("job");
        if (facts.job == null) {
            json.writeNull();
        } else {
            json.writeStartObject();
            json.writeStringField("operation", jobName(facts.job));
            json.writeNumberField("elapsedMillis", facts.job.elapsed().toMillis());
            json.writeEndObject();
        }
        if (facts.checkpoints == null) {
            json.writeNullField("checkpoints");
        } else {
            Json.writeStrings(
                    json,
                    "checkpoints",
                    facts.checkpoints.stream().map(Checkpoint::name).toList());
        }
        json.writeArrayFieldStart("disks");
        for (DomainDescription.Disk disk : facts.disks) {
            json.writeStartObject();
            json.writeStringField("target", disk.target());
            json.writeStringField("device", disk.device());
            json.writeStringField("type", disk.place().type());
            json.writeStringField("format", disk.format());
            json.writeStringField("source", disk.place().name());
            json.writeEndObject();
        }
        json.writeEndArray();
    }
}
