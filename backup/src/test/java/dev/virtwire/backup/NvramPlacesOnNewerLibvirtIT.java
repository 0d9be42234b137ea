// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** UEFI variables in places that libvirt 9.0 does not know. */
@DebianLibvirtd("trixie")
@ExtendWith(LibvirtdExtension.class)
class NvramPlacesOnNewerLibvirtIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;
    private Path out;

    @BeforeEach
    void prepare(Libvirtd shared) throws Exception {
        libvirtd = shared;
        scene = new Scene(libvirtd, folder);
        out = Files.createTempDirectory(libvirtd.directory(), "out").resolve("images");
    }

    /** Restores a second domain, which has to start, and returns its definition. */
    private String restored(Point point, String name) {
        try (Libvirt libvirt = scene.connect()) {
            HostRestoreResult result = scene.restore(
                    libvirt,
                    HostRestoreRequest.of(point, RestoreTarget.Files.in(out)).definingAs(name));
            assertThat(result.notices()).isEmpty();
            Domain domain = libvirt.domain(name).join();
            String xml = domain.xml(DomainXmlFlags.INACTIVE).join();
            domain.start().join();
            domain.destroy().join();
            domain.undefine(DomainUndefineFlags.KEEP_NVRAM).join();
            return xml;
        }
    }

    @Test
    void aQcow2ImageComesBackAsItIs() throws Exception {
        Path image = libvirtd.directory().resolve("disks/nvram.qcow2");
        Files.createDirectories(image.getParent());
        tools.run(List.of(
                "qemu-img",
                "convert",
                "-O",
                "qcow2",
                "-o",
                "cluster_size=4096",
                NvramGuest.TEMPLATE.toString(),
                image.toString()));
        try (Guest guest = NvramGuest.define(libvirtd, "nvram-qcow2", "<nvram format='qcow2'>" + image + "</nvram>")) {
            guest.start();
            guest.pause();
            byte[] variables = Files.readAllBytes(image);

            Point point = scene.backup(BackupRequest.of(guest.name())).point();

            assertThat(point.manifest().nvram().reason()).isNull();
            assertThat(point.folder().resolve("nvram.fd")).hasBinaryContent(variables);
            assertThat(restored(point, "nvram-qcow2-copy"))
                    .contains("format='qcow2'")
                    .contains(out + "/nvram-qcow2-copy-nvram.fd</nvram>");
            tools.check(out.resolve("nvram-qcow2-copy-nvram.fd"));
        }
    }
}
