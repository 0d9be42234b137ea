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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The command against the newest libvirt that the tables follow. */
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
    void itIsWhatTheTablesFollow(Libvirtd libvirtd) throws Exception {
        String version = run("-c", libvirtd.tcpUri(), "version", "--json");
        assertThat(Version.parse(
                        new ObjectMapper().readTree(version).get("libvirt").asText()))
                .isGreaterThanOrEqualTo(Version.parse("12.9.0"));
    }

    /** PRESERVE_SHUTDOWN_DOMAIN came with libvirt 11.10, virDomainAnnounceInterface with 12.5. */
    @Test
    void whatOnlyItKnowsCanBeCalled(Libvirtd libvirtd) throws Exception {
        String uri = libvirtd.unixUri();
        try (Guest guest = Guest.on(libvirtd, "on-newest-calls")
                .disk(GuestDisk.qcow2(1 * MIB))
                .start()) {
            String xml = "<domainbackup mode='push'><disks><disk name='vda' type='file'><target file='"
                    + libvirtd.directory().resolve("disks/pushed.qcow2") + "'/></disk></disks></domainbackup>";
            String backup = "{\"domain\": \"%s\", \"backupXml\": \"%s\", \"flags\": [\"preserveShutdownDomain\"]}";
            assertThat(run("-c", uri, "call", "DomainBackupBegin", backup.formatted(guest.name(), xml)))
                    .isEqualTo("{ }\n");
            assertThat(run("-c", uri, "call", "DomainAnnounceInterface", "{\"domain\": \"" + guest.name() + "\"}"))
                    .isEqualTo("{ }\n");
        }
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
            // Its name begins with what names of restored files begin with.
            try (DirectoryStream<Path> restored = Files.newDirectoryStream(out, "*vda.raw")) {
                assertThat(restored.iterator().next()).hasSameBinaryContentAs(folder.resolve("truth.raw"));
            }
        }
    }
}
