// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code virtwire stats} of real domains. */
@ExtendWith(LibvirtdExtension.class)
class StatsIT {
    @Test
    void figuresArePrintedForPeopleAndForPrograms(Libvirtd libvirtd) throws Exception {
        try (Guest guest =
                Guest.on(libvirtd, "counted").disk(GuestDisk.qcow2(1 << 20)).start()) {
            String uri = libvirtd.unixUri();
            CommandRun table = CommandRun.of("-c", uri, "stats", guest.name());
            assertThat(table.out())
                    .startsWith("NAME")
                    .containsPattern("counted +running +\\d+\\.\\d s +1 +\\S+ MiB")
                    .hasLineCount(2);
            CommandRun json = CommandRun.of("-c", uri, "--json", "stats", guest.name(), guest.name());
            JsonNode domains = new ObjectMapper().readTree(json.out()).get("domains");
            assertThat(domains).hasSize(1);
            assertThat(domains.get(0).get("state").asText()).isEqualTo("running");
            assertThat(domains.get(0).get("values").get("block.0.capacity").asLong())
                    .isEqualTo(1 << 20);
            assertThat(CommandRun.of("-c", uri, "stats").out()).contains("counted");
        }
        CommandRun none = CommandRun.of("-c", libvirtd.unixUri(), "stats", "nobody");
        assertThat(none.exitCode()).isEqualTo(1);
        assertThat(none.err()).isEqualTo("error: there is no domain 'nobody' on this host\n");
    }
}
