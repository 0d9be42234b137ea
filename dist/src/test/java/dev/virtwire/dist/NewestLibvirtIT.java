// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.client.Version;
import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The command against a libvirt that is newer than the protocol tables. */
@ExtendWith(LibvirtdExtension.class)
@DebianLibvirtd(DebianLibvirtd.NEWEST)
class NewestLibvirtIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private static String run(String... arguments) {
        CommandRun run = new Launcher().run(arguments);
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        return run.out();
    }

    @Test
    void itIsNewerThanTheTables(Libvirtd libvirtd) throws Exception {
        String version = run("-c", libvirtd.tcpUri(), "version", "--json");
        assertThat(Version.parse(
                        new ObjectMapper().readTree(version).get("libvirt").asText()))
                .isGreaterThanOrEqualTo(Version.parse("12.9.0"));
    }

    @Test
    void aGuestIsBackedUpVerifiedAndRestored(Libvirtd libvirtd) throws Exception {
        String repository = folder.resolve("backups").toString();
        Path out = folder.resolve("out");
        try (Guest guest = Guest.on(libvirtd, "on-newest")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(1))
                .start()) {
            for (String level : new String[] {"full", "incremental"}) {
                guest.write("vda", level.length() * MIB / 4, 70_000, level.length());
                guest.copyDisk("vda", folder.resolve("truth.raw"));
                assertThat(run("-c", libvirtd.unixUri(), "backup", guest.name(), repository, "--level", level))
                        .startsWith("completed: on-newest@")
                        .contains("-" + level);
            }
            assertThat(run("verify", repository)).startsWith("intact: 2 points");
            run("restore", repository, guest.name(), "--to", out.toString(), "--format", "raw");
            assertThat(out.resolve("vda.raw")).hasSameBinaryContentAs(folder.resolve("truth.raw"));
        }
    }
}
