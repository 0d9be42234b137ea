// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Table;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainInfo;
import dev.virtwire.protocol.error.ErrorCode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.Command;

/** {@code virtwire domains}: every domain of a host. */
@Command(name = "domains", description = "List the domains of a host, running or not.", sortOptions = false)
public final class DomainsCommand extends ConnectedCommand {
    private record Row(Domain domain, DomainInfo info) {}

    @Override
    protected int run(Libvirt libvirt) {
        List<Row> rows = rows(libvirt);
        if (json()) {
            printJson(json -> {
                json.writeArrayFieldStart("domains");
                for (Row row : rows) {
                    write(json, row);
                }
                json.writeEndArray();
            });
            return ExitCode.DONE;
        }
        Table table = Table.of("ID", "NAME", "STATE", "UUID").rightAligned("ID");
        for (Row row : rows) {
            Domain domain = row.domain;
            table.row(
                    domain.id().map(String::valueOf).orElse("-"),
                    domain.name(),
                    DomainTexts.state(row.info),
                    domain.uuid().toString());
        }
        if (table.isEmpty()) {
            note("there is no domain on " + libvirt.uri().where());
        } else {
            table.print(console());
        }
        return ExitCode.DONE;
    }

    private static List<Row> rows(Libvirt libvirt) {
        List<Domain> domains = new ArrayList<>(await(libvirt.domains()));
        domains.sort(Comparator.comparing(Domain::name));
        // All are asked before the first answer is awaited.
        List<CompletableFuture<DomainInfo>> infos = new ArrayList<>();
        for (Domain domain : domains) {
            infos.add(domain.info());
        }
        List<Row> rows = new ArrayList<>();
        for (int i = 0; i < infos.size(); i++) {
            // One that went away since it was listed is left out.
            Optional<DomainInfo> info = find(infos.get(i), ErrorCode.NO_DOMAIN);
            if (info.isPresent()) {
                rows.add(new Row(domains.get(i), info.get()));
            }
        }
        return rows;
    }

    private static void write(JsonGenerator json, Row row) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", row.domain.name());
        json.writeStringField("uuid", row.domain.uuid().toString());
        json.writeFieldName("id");
        if (row.domain.id().isPresent()) {
            json.writeNumber(row.domain.id().get());
        } else {
            json.writeNull();
        }
        json.writeStringField("state", DomainTexts.state(row.info));
        json.writeEndObject();
    }
}
