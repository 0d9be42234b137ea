// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Table;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.params.TypedParameter;
import dev.virtwire.client.statistics.DiskStatistics;
import dev.virtwire.client.statistics.DomainStatistics;
import dev.virtwire.client.statistics.NetStatistics;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code virtwire stats}: the figures of many domains. */
@Command(
        name = "stats",
        description = "Show what domains use of their host: CPU time, memory, disks, network. --json prints all of it.",
        sortOptions = false)
public final class StatsCommand extends ConnectedCommand {
    private static final String NOTHING = "-";
    private static final int KIB = 1024;

    @Parameters(paramLabel = "DOMAIN", arity = "0..*", description = "Names or UUIDs of domains. Default: all.")
    private List<String> names = List.of();

    @Override
    protected int run(Libvirt libvirt) {
        List<DomainStatistics> all = new ArrayList<>(statistics(libvirt));
        all.sort(Comparator.comparing(statistics -> statistics.domain().name()));
        if (json()) {
            printJson(json -> {
                json.writeArrayFieldStart("domains");
                for (DomainStatistics statistics : all) {
                    write(json, statistics);
                }
                json.writeEndArray();
            });
        } else if (all.isEmpty()) {
            note("there is no domain on " + libvirt.uri().where());
        } else {
            print(all);
        }
        return ExitCode.DONE;
    }

    private List<DomainStatistics> statistics(Libvirt libvirt) {
        if (names.isEmpty()) {
            return await(libvirt.statistics());
        }
        // Named twice, by name and by UUID, it is still one.
        Set<Domain> domains = new LinkedHashSet<>();
        names.forEach(name -> domains.add(domain(libvirt, name)));
        return await(libvirt.statistics(domains, Set.of(), Set.of()));
    }

    private void print(List<DomainStatistics> all) {
        Table table = Table.of("NAME", "STATE", "CPU TIME", "CPUS", "MEMORY", "READ", "WRITTEN", "RECEIVED", "SENT")
                .rightAligned("CPU TIME", "CPUS", "MEMORY", "READ", "WRITTEN", "RECEIVED", "SENT");
        for (DomainStatistics one : all) {
            table.row(
                    one.domain().name(),
                    state(one),
                    one.cpu().total().map(Amounts::duration).orElse(NOTHING),
                    one.vcpuCount().isPresent() ? Long.toString(one.vcpuCount().getAsLong()) : NOTHING,
                    one.balloon().currentKiB().isPresent()
                            ? Amounts.bytes(one.balloon().currentKiB().getAsLong() * KIB)
                            : NOTHING,
                    sum(one.disks().stream(), DiskStatistics::readBytes),
                    sum(one.disks().stream(), DiskStatistics::writeBytes),
                    sum(one.interfaces().stream(), NetStatistics::receivedBytes),
                    sum(one.interfaces().stream(), NetStatistics::sentBytes));
        }
        table.print(console());
    }

    private static String state(DomainStatistics statistics) {
        return statistics.status().map(DomainTexts::state).orElse(NOTHING);
    }

    private static <T> String sum(Stream<T> devices, Function<T, OptionalLong> figure) {
        List<OptionalLong> told =
                devices.map(figure).filter(OptionalLong::isPresent).toList();
        return told.isEmpty()
                ? NOTHING
                : Amounts.bytes(told.stream().mapToLong(OptionalLong::getAsLong).sum());
    }

    private static void write(JsonGenerator json, DomainStatistics statistics) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", statistics.domain().name());
        json.writeStringField("uuid", statistics.domain().uuid().toString());
        json.writeStringField(
                "state", statistics.status().map(DomainTexts::state).orElse(null));
        json.writeObjectFieldStart("values");
        for (TypedParameter parameter : statistics.parameters()) {
            json.writeFieldName(parameter.name());
            write(json, parameter);
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void write(JsonGenerator json, TypedParameter parameter) throws IOException {
        if (parameter.value() instanceof Boolean flag) {
            json.writeBoolean(flag);
        } else if (parameter.value() instanceof String text) {
            json.writeString(text);
        } else if (parameter.value() instanceof Double real && !Double.isFinite(real)) {
            // JSON has no such number.
            json.writeNull();
        } else {
            json.writeNumber(parameter.text());
        }
    }
}
