// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.LoopDevice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** UEFI variables that lie in no file of the host. */
@ExtendWith(LibvirtdExtension.class)
class NvramPlacesIT {
    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    @Test
    void thoseOnADeviceComeBackAsAFile() throws Exception {
        Path out = Files.createTempDirectory(libvirtd.directory(), "out").resolve("images");
        // Who undefines a domain with its variables deletes what their name leads to.
        Path link = libvirtd.directory().resolve("disks/nvram-device");
        Files.createDirectories(link.getParent());
        try (LoopDevice device = LoopDevice.of(Files.copy(NvramGuest.TEMPLATE, folder.resolve("variables")))) {
            Files.createSymbolicLink(link, device.path());
            try (Guest guest = NvramGuest.define(
                    libvirtd, "nvram-device", "<nvram type='block'><source dev='" + link + "'/></nvram>")) {
                guest.start();
                guest.pause();
                byte[] variables = Files.readAllBytes(device.path());

                BackupResult backup = scene.backup(BackupRequest.of(guest.name()));

                assertThat(backup.notices()).isEmpty();
                Point point = backup.point();
                assertThat(point.manifest().nvram().path()).isEqualTo(link.toString());
                assertThat(point.folder().resolve("nvram.fd")).hasBinaryContent(variables);
                try (Libvirt libvirt = scene.connect()) {
                    HostRestoreResult result = scene.restore(
                            libvirt,
                            HostRestoreRequest.of(point, RestoreTarget.Files.in(out))
                                    .definingAs("nvram-device-copy"));
                    assertThat(result.notices()).isEmpty();
                    Domain copy = libvirt.domain("nvram-device-copy").join();
                    assertThat(copy.xml(DomainXmlFlags.INACTIVE).join())
                            .contains(out + "/nvram-device-copy-nvram.fd")
                            .doesNotContain(link.toString());
                    assertThat(out.resolve("nvram-device-copy-nvram.fd")).hasBinaryContent(variables);
                    copy.start().join();
                    copy.destroy().join();
                    copy.undefine(DomainUndefineFlags.NVRAM).join();
                }
            }
        }
    }

    @Test
    void thoseOnTheNetworkAreMissedWithTheirReason() throws Exception {
        Path variables = Files.copy(NvramGuest.TEMPLATE, folder.resolve("variables"));
        Path socket = libvirtd.directory().resolve("nvram.sock");
        try (NetworkDisk served = NetworkDisk.of(variables, socket);
                Guest guest = NvramGuest.define(
                        libvirtd,
                        "nvram-net",
                        "<nvram type='network'><source protocol='nbd' name='net'><host transport='unix' socket='"
                                + served.socket() + "'/></source></nvram>")) {
            guest.start();

            BackupResult backup = scene.backup(BackupRequest.of(guest.name()));

            assertThat(Notice.texts(backup.notices(), Notice.Severity.WARNING))
                    .isEqualTo(List.of("the UEFI variables in nbd:net are not in it: they are on the network, which"
                            + " libvirt has no call to read: copy them by hand, or move them to a file or device of"
                            + " the host"));
            assertThat(backup.notices()).hasSize(1);
        }
    }
}
