// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.ExcludedDisk;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(LibvirtdExtension.class)
class DiskKindsIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    @Test
    void disksOfEverySizeAndFormatAreHeldAndOthersExcludedWithTheReason(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        Path readOnly = libvirtd.directory().resolve("disks/kinds-read-only.qcow2");
        Path medium = libvirtd.directory().resolve("disks/kinds.iso");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", readOnly.toString(), "1M"));
        Files.write(medium, new byte[64 << 10]);
        try (Guest guest = Guest.on(libvirtd, "kinds")
                .disk(GuestDisk.qcow2(512).fill(0, 512, 0x11))
                .disk(GuestDisk.qcow2(5 * MIB + 65536 + 512).random(0, 5 * MIB + 65536 + 512, 9))
                .disk(GuestDisk.raw(7 * MIB + 1536).pattern(5))
                .disk(GuestDisk.qcow2(4L << 40).fill((3L << 40) + 4096, 5000, 0x22))
                .disk(GuestDisk.qcow2(40 * MIB).clusterSize(1 << 20).pattern(7))
                .device(disk("disk", readOnly, "qcow2", "vdx", "virtio", "<readonly/>"))
                .device(disk("cdrom", medium, "raw", "hda", "ide", ""))
                .device("<disk type='file' device='cdrom'><target dev='hdb' bus='ide'/></disk>")
                .start()) {
            for (String target : guest.targets()) {
                guest.copyDisk(target, folder.resolve(target + ".raw"));
            }
            BackupResult result = scene.backup(BackupRequest.of("kinds").withoutDisk("vde"));
            Manifest manifest = result.point().manifest();

            assertThat(manifest.excluded())
                    .containsExactlyInAnyOrder(
                            new ExcludedDisk("vde", "excluded by the user"),
                            new ExcludedDisk("vdx", "it is read-only"),
                            new ExcludedDisk("hda", "it is a cdrom"),
                            new ExcludedDisk("hdb", "it is empty"));
            assertThat(result.notices())
                    .contains(
                            Notice.warning("disk vdx is not in it: it is read-only"),
                            Notice.information("disk vdc has no bitmap of changes (its format is raw): every backup of"
                                    + " it reads all of it"));
            assertThat(scene.repository()
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .intact())
                    .isTrue();
            Path out = folder.resolve("out");
            scene.repository()
                    .restore(RestoreRequest.of(result.point(), out), ProgressListener.NONE)
                    .join();
            for (ManifestDisk disk : manifest.disks()) {
                Path image = result.point().folder().resolve(disk.target() + ".qcow2");
                tools.check(image);
                tools.compare(folder.resolve(disk.target() + ".raw"), image, "qcow2");
                tools.compare(
                        folder.resolve(disk.target() + ".raw"),
                        out.resolve(result.point().domain() + "-" + disk.target() + ".qcow2"),
                        "qcow2");
            }
            assertThat(manifest.disk("vdd").digests().size()).isLessThan(1000);
            try (Libvirt libvirt = scene.connect()) {
                assertThat(libvirt.domain("kinds")
                                .join()
                                .checkpoints()
                                .find(manifest.checkpoint())
                                .join()
                                .description()
                                .join()
                                .disks())
                        .filteredOn(CheckpointDisk::tracked)
                        .extracting(CheckpointDisk::name)
                        .containsExactly("vda", "vdb", "vdd");
            }
        }
    }

    @Test
    void imagesThatCannotKeepBitmapsAreBackedUpWithoutACheckpointAndItIsSaid(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        Path old = libvirtd.directory().resolve("disks/old.qcow2");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", "-o", "compat=0.10", old.toString(), "3M"));
        try (Guest guest =
                Guest.on(libvirtd, "old").disk(GuestDisk.existing(old, "qcow2")).start()) {
            guest.write("vda", 4096, 100_000, 0x44);
            guest.copyDisk("vda", folder.resolve("vda.raw"));
            BackupResult result = scene.backup(BackupRequest.of("old"));

            assertThat(result.notices())
                    .extracting(Notice::text)
                    .containsExactly("disk vda has no bitmap of changes (its image cannot keep bitmaps):"
                            + " every backup of it reads all of it");
            assertThat(result.point().manifest().checkpoint()).isNull();
            assertThat(result.point().manifest().checkpointReason()).isEqualTo("the images cannot keep bitmaps");
            scene.requireClean("old");
            tools.compare(folder.resolve("vda.raw"), result.point().folder().resolve("vda.qcow2"), "qcow2");
        }
    }

    @Test
    void anImageWhoseDataLieInAnotherFileIsRestoredAsOne(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        Path image =
                Files.createDirectories(libvirtd.directory().resolve("disks")).resolve("outside.qcow2");
        tools.run(List.of(
                "qemu-img",
                "create",
                "-q",
                "-f",
                "qcow2",
                "-o",
                "data_file=" + image.resolveSibling("outside.raw") + ",data_file_raw=on",
                image.toString(),
                "4M"));
        try (Guest guest = Guest.on(libvirtd, "outside")
                .disk(GuestDisk.existing(image, "qcow2"))
                .start()) {
            guest.write("vda", 4096, 100_000, 0x44);
            scene.backup(BackupRequest.of("outside"));
            guest.write("vda", 2 << 20, 70_000, 0x55);
            guest.zero("vda", 8192, 4096);
            guest.copyDisk("vda", folder.resolve("vda.raw"));

            BackupResult next = scene.backup(BackupRequest.of("outside"));

            assertThat(next.point().manifest().disk("vda").reason()).startsWith("what changed since point ");
            Path out = folder.resolve("out");
            scene.repository()
                    .restore(RestoreRequest.of(next.point(), out), ProgressListener.NONE)
                    .join();
            tools.check(out.resolve("outside-vda.qcow2"));
            tools.compare(folder.resolve("vda.raw"), out.resolve("outside-vda.qcow2"), "qcow2");
        }
    }

    private static String disk(String device, Path file, String format, String target, String bus, String more) {
        return """
                <disk type='file' device='%s'>
                  <driver name='qemu' type='%s'/><source file='%s'/><target dev='%s' bus='%s'/>%s
                </disk>
                """.formatted(device, format, file, target, bus, more);
    }
}
