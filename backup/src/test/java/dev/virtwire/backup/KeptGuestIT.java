// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.inMidCopy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.DebianLibvirtd;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A guest that shuts down during its backup, where libvirt keeps it until that has ended: from 11.10 on. */
@ExtendWith(LibvirtdExtension.class)
@DebianLibvirtd(DebianLibvirtd.NEWEST)
class KeptGuestIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    /** Nobody else would end it, or resume it. */
    @Test
    void endsWithTheJobThatADeadRunLeftAndIsBackedUpAsOneThatIsOff(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "left", 24 << 20)) {
            HalfBackup.killed(libvirtd.unixUri(), "left", scene.backups(), 8 << 20, false);
            guest.powerOff("paused");

            BackupResult result = scene.backup(BackupRequest.of("left"));

            assertThat(guest.guest().state()).isEqualTo("shut off");
            assertThat(result.notices())
                    .extracting(Notice::text)
                    .contains(
                            "an earlier run was cleaned up after: ended the backup job of domain left",
                            "an earlier run was cleaned up after: domain left, which had shut down and was kept for"
                                    + " that, has ended");
            assertThat(result.point().manifest().disks()).hasSize(1);

            guest.guest().start();
            BackupResult next = scene.backup(BackupRequest.of("left"));
            assertThat(next.point().manifest().parent().point())
                    .isEqualTo(result.point().id());
            scene.requireClean("left", next.point().manifest().checkpoint());
        }
    }

    @Test
    void isBackedUpWithTheDisksThatItsDefinitionHas(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        Path added = libvirtd.directory().resolve("disks/plugged-vdb.qcow2");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", added.toString(), "4M"));
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "plugged", 24 << 20);
                Libvirt libvirt = scene.connect()) {
            libvirt.domain("plugged")
                    .join()
                    .devices()
                    .attach("<disk type='file'><driver name='qemu' type='qcow2'/><source file='" + added
                            + "'/><target dev='vdb' bus='virtio'/></disk>")
                    .join();
            HalfBackup.killed(libvirtd.unixUri(), "plugged", scene.backups(), 8 << 20, false);
            guest.powerOff("paused");

            BackupResult result = scene.backup(BackupRequest.of("plugged"));

            assertThat(guest.guest().state()).isEqualTo("shut off");
            assertThat(result.point().manifest().disks())
                    .extracting(ManifestDisk::target)
                    .containsExactly("vda");
        }
    }

    @Test
    void isBackedUpAndThenEnds(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "kept", 48 << 20)) {
            Path truth = folder.resolve("vda.raw");
            guest.guest().copyDisk("vda", truth);

            BackupResult full = scene.backup(BackupRequest.of("kept"), inMidCopy(() -> guest.powerOff("paused")));

            guest.await("shut off");
            assertThat(full.left()).isEmpty();
            assertThat(full.notices())
                    .extracting(Notice::text)
                    .contains("the guest shut down meanwhile, and was kept paused until its disks were read");
            tools.compare(truth, full.point().folder().resolve("vda.qcow2"), "qcow2");

            guest.guest().start();
            guest.guest().write("vda", 5 << 20, 3 << 20, 7);
            guest.guest().copyDisk("vda", truth);
            BackupResult second = scene.backup(BackupRequest.of("kept"), inMidCopy(() -> guest.powerOff("paused")));

            guest.await("shut off");
            assertThat(second.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            assertThat(second.notices()).noneMatch(Notice::isWarning);
            assertThat(second.left())
                    .singleElement()
                    .asString()
                    .isEqualTo("checkpoint " + full.point().manifest().checkpoint()
                            + ": it can be deleted while domain kept runs");
            tools.compare(truth, second.point().folder().resolve("vda.qcow2"), "qcow2");

            guest.guest().start();
            BackupResult third = scene.backup(BackupRequest.of("kept"));
            assertThat(third.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            scene.requireClean("kept", third.point().manifest().checkpoint());
        }
    }
}
