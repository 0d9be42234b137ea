// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.internal.host.ReplacedFile;
import dev.virtwire.backup.internal.host.TpmState;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.xml.DomainDescription.Tpm;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The state of an emulated TPM, which libvirt has no call for, is saved and restored. */
class TpmIT {
    @TempDir
    Path folder;

    private static Path state(PrivateLibvirtd libvirtd, UUID domain) {
        return libvirtd.directory().resolve("lib/swtpm/" + domain + "/tpm2/tpm2-00.permall");
    }

    @Test
    void theStateComesBackInPlaceAndInASecondDomain() throws Exception {
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.builder()
                        .qemuConf("swtpm_user = \"root\"")
                        .qemuConf("swtpm_group = \"root\"")
                        .start();
                Guest guest = Guest.on(libvirtd, "tpm-one")
                        .disk(GuestDisk.qcow2(2 * MIB).pattern(5))
                        .device("<tpm model='tpm-tis'><backend type='emulator' version='2.0'/></tpm>")
                        .start()) {
            Scene scene = new Scene(libvirtd, folder);
            BackupResult backup = scene.backup(BackupRequest.of(guest.name()));
            assertThat(backup.notices()).isEmpty();
            Point point = backup.point();
            assertThat(point.manifest().file(PointFile.TPM)).isNotNull();
            Path own = state(libvirtd, point.manifest().domain().uuid());
            byte[] saved = Files.readAllBytes(point.folder().resolve("tpm.state"));
            assertThat(saved).isNotEmpty();
            guest.destroy();
            assertThat(own).hasBinaryContent(saved);

            try (Libvirt libvirt = scene.connect()) {
                HostRestoreRequest request = HostRestoreRequest.of(
                        point, RestoreTarget.Files.in(libvirtd.directory().resolve("restored")));
                HostRestoreResult copy = scene.restore(libvirt, request.definingAs("tpm-two"));
                assertThat(copy.notices()).isEmpty();
                Domain two = libvirt.domain("tpm-two").join();
                assertThat(state(libvirtd, two.uuid())).hasBinaryContent(saved);
                two.start().join();
                two.destroy().join();
                two.undefine().join();

                // As after a restore that fails later.
                Files.writeString(own, "another state, and a shorter one");
                ReplacedFile undone = new ReplacedFile(
                        libvirt,
                        "virtwire-undone",
                        TpmState.place(
                                        new Tpm("2.0", null, false),
                                        point.manifest().domain().uuid())
                                .name());
                undone.write(saved);
                assertThat(own).hasBinaryContent(saved);
                // Whoever is ended here has lost nothing.
                Path kept = own.resolveSibling("tpm2-00.permall.before-virtwire-undone");
                assertThat(kept).hasContent("another state, and a shorter one");
                undone.undo();
                assertThat(own).hasContent("another state, and a shorter one");
                assertThat(kept).doesNotExist();
                assertThat(scene.restore(libvirt, request.defining().replacing())
                                .notices())
                        .isEmpty();
                assertThat(own).hasBinaryContent(saved);
                assertThat(own.getParent()).isDirectoryNotContaining("glob:**before-*");
                assertThat(libvirt.storage().pools().join())
                        .extracting(StoragePool::name)
                        .noneMatch(name -> name.startsWith("virtwire-"));
            }
            guest.start();
        }
    }
}
