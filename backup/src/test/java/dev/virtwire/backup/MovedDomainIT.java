// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.manifest.Level;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A domain on shared storage runs on one host and then on another. The bitmaps are in its images and move with them; what
 * libvirt knows of its checkpoints stays behind.
 */
@ExtendWith(LibvirtdExtension.class)
class MovedDomainIT {
    private static final String NAME = "traveller";

    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private final Map<Point, Path> truths = new LinkedHashMap<>();

    @Test
    void goesOnWithIncrementsOnAnotherHostAndWhenItComesBack(Libvirtd home) throws Exception {
        try (Guest guest = Guest.on(home, NAME)
                        .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                        .disk(GuestDisk.qcow2(5 * MIB + 512).pattern(4))
                        .start();
                PrivateLibvirtd away = PrivateLibvirtd.start()) {
            Path xml = Files.writeString(folder.resolve("domain.xml"), virsh(home, "dumpxml", "--inactive", NAME));
            Scene atHome = new Scene(home, folder);
            Scene elsewhere = new Scene(away, folder);
            assertThat(backup(home, atHome, guest)).containsOnly(Level.FULL);
            write(home, 0x11);

            virsh(home, "destroy", NAME);
            virsh(away, "define", xml.toString());
            virsh(away, "start", NAME);
            write(away, 0x22);
            assertThat(backup(away, elsewhere, guest)).containsOnly(Level.INCREMENTAL);
            elsewhere.requireClean(NAME, newest().checkpoint());

            // At home libvirt still has the first point's checkpoint, whose bitmaps are gone, and none of the second.
            write(away, 0x33);
            virsh(away, "destroy", NAME);
            virsh(home, "start", NAME);
            write(home, 0x44);
            assertThat(backup(home, atHome, guest)).containsOnly(Level.INCREMENTAL);
            write(home, 0x55);
            assertThat(backup(home, atHome, guest)).containsOnly(Level.INCREMENTAL);
            atHome.requireClean(NAME, newest().checkpoint());

            for (Map.Entry<Point, Path> point : truths.entrySet()) {
                for (String target : guest.targets()) {
                    Path image = point.getKey().folder().resolve(target + ".qcow2");
                    tools.check(image);
                    tools.compare(point.getValue().resolve(target + ".raw"), image, "qcow2");
                }
            }
            assertThat(atHome.repository().verify(ProgressListener.NONE).intact())
                    .isTrue();
        }
    }

    private Manifest newest() {
        return Repository.openOrCreate(folder.resolve("backups"))
                .newestPoint(NAME)
                .manifest();
    }

    private List<Level> backup(Libvirtd host, Scene scene, Guest guest) throws Exception {
        Path truth = Files.createDirectories(folder.resolve("truth-" + truths.size()));
        for (String target : guest.targets()) {
            qemuIo(host, target, "flush");
            tools.run(List.of(
                    "qemu-img",
                    "convert",
                    "-U",
                    "-O",
                    "raw",
                    guest.image(target).toString(),
                    truth.resolve(target + ".raw").toString()));
        }
        BackupResult result = scene.backup(BackupPlan.builder(NAME).build());
        truths.put(result.point(), truth);
        return result.point().manifest().disks().stream()
                .map(ManifestDisk::level)
                .toList();
    }

    private void write(Libvirtd host, int value) throws Exception {
        qemuIo(host, "vda", "write -P %d %d 51200".formatted(value, 3 * MIB + 4096));
        qemuIo(host, "vdb", "write -P %d %d 512".formatted(value, MIB));
    }

    private void qemuIo(Libvirtd host, String target, String command) throws Exception {
        virsh(
                host,
                "qemu-monitor-command",
                NAME,
                "--hmp",
                "qemu-io -d /machine/peripheral/virtio-disk%d/virtio-backend \"%s\""
                        .formatted(target.charAt(2) - 'a', command));
    }

    private String virsh(Libvirtd host, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", host.unixUri()));
        command.addAll(List.of(arguments));
        return tools.run(command);
    }
}
