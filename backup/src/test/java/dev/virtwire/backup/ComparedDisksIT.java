// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.Compression;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Disks of which no bitmap tells what changed: all of them is read, and their points hold what differs. */
@ExtendWith(LibvirtdExtension.class)
class ComparedDisksIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    private static ManifestDisk disk(BackupResult result, String target) {
        return result.point().manifest().disk(target);
    }

    @Test
    void aRawDiskHasSmallIncrements() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "cmp-raw")
                .disk(GuestDisk.raw(24 * MIB + 1536).random(0, 20 * MIB, 5))
                .start()) {
            History history = new History(libvirtd, guest, scene, folder);
            history.backup();
            BackupResult equal = history.backup();
            assertThat(equal.bytesStored()).isLessThan(MIB);
            String before = equal.point().id();
            for (int i = 0; i < 3; i++) {
                guest.write("vda", (3 + 4 * i) * MIB + 4096, 70_144, 0x40 + i);
                guest.zero("vda", (5 + 4 * i) * MIB, MIB);
                guest.write("vda", 24 * MIB, 512, 0x50 + i);
                BackupResult next =
                        history.backup(BackupRequest.of(guest.name()).withCompression(Compression.values()[i]));

                Manifest manifest = next.point().manifest();
                assertThat(manifest.level()).isEqualTo(Level.INCREMENTAL);
                assertThat(manifest.parent().point()).isEqualTo(before);
                assertThat(manifest.checkpoint()).isNull();
                assertThat(disk(next, "vda").reason())
                        .isEqualTo("what differs from point " + before
                                + ", found by reading all of it: its format is raw, which keeps no bitmap of changes");
                assertThat(next.bytesRead()).isGreaterThan(15 * MIB);
                assertThat(next.bytesStored()).isLessThan(4 * MIB);
                before = next.point().id();
            }
            scene.requireClean(guest.name());
            history.requireTruth();
        }
    }

    @Test
    void aPointThatNeedsBitmapsIsRefusedOnlyIfNoDiskCanBuildOnAnything() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "cmp-level")
                .disk(GuestDisk.raw(4 * MIB).pattern(5))
                .start()) {
            BackupRequest request = BackupRequest.of(guest.name());
            assertThatThrownBy(() -> scene.backup(request.withLevel(Level.INCREMENTAL)))
                    .hasMessageContaining("has no point to build on");
            BackupResult full = scene.backup(request.withLevel(Level.FULL));
            assertThat(disk(full, "vda").level()).isEqualTo(Level.FULL);
            assertThat(disk(scene.backup(request.withLevel(Level.INCREMENTAL)), "vda")
                            .level())
                    .isEqualTo(Level.INCREMENTAL);
            assertThat(disk(scene.backup(request.since(full.point().id())), "vda")
                            .level())
                    .isEqualTo(Level.DIFFERENTIAL);
        }
    }

    /** The other disk is compared with a point from before the first one grew. */
    @Test
    void aFullCopyForDamageSaysSoWhateverAnOlderPointLacks() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "cmp-damage")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(5))
                .disk(GuestDisk.raw(4 * MIB).pattern(6))
                .start()) {
            History history = new History(libvirtd, guest, scene, folder);
            BackupResult first = history.backup();
            history.virsh("blockresize", guest.name(), "vda", "9M");
            BackupResult grown = history.backup();
            history.backup();
            Path manifest = grown.point().folder().resolve("manifest.json");
            Files.write(manifest, new byte[] {' '}, StandardOpenOption.APPEND);

            BackupResult after = history.backup();

            assertThat(after.point().manifest().parent().point())
                    .isEqualTo(first.point().id());
            assertThat(disk(after, "vda").level()).isEqualTo(Level.FULL);
            assertThat(disk(after, "vda").reason()).startsWith("what it would build on is damaged: " + manifest);
        }
    }

    @Test
    void aDiskThatBecameAnotherFormatIsCompared() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "cmp-format")
                .disk(GuestDisk.qcow2(12 * MIB).random(0, 12 * MIB, 7))
                .start()) {
            History history = new History(libvirtd, guest, scene, folder);
            history.backup();
            guest.write("vda", 4 * MIB, 4096, 0x11);
            guest.destroy();
            Path raw = libvirtd.directory().resolve("disks/cmp-format.raw");
            tools.run(List.of(
                    "qemu-img", "convert", "-O", "raw", guest.image("vda").toString(), raw.toString()));
            Path xml = Files.writeString(
                    folder.resolve("raw.xml"),
                    history.virsh("dumpxml", "--inactive", guest.name())
                            .replace(guest.image("vda").toString(), raw.toString())
                            .replace("type='qcow2'", "type='raw'"));
            history.virsh("define", xml.toString());
            guest.start();
            history.moved("vda", raw);

            BackupResult next = history.backup();

            assertThat(disk(next, "vda").level()).isEqualTo(Level.INCREMENTAL);
            assertThat(next.bytesStored()).isLessThan(3 * MIB);
            history.requireTruth();
        }
    }

    @Test
    void aGuestThatMovedToAnotherHostWithoutItsBitmapsIsCompared() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "cmp-moved")
                        .disk(GuestDisk.qcow2(16 * MIB).random(0, 16 * MIB, 8))
                        .start();
                PrivateLibvirtd elsewhere = PrivateLibvirtd.start()) {
            Scene away = new Scene(elsewhere, folder);
            History atHome = new History(libvirtd, guest, scene, folder.resolve("home"));
            History moved = new History(elsewhere, guest, away, folder.resolve("away"));
            atHome.backup();
            guest.write("vda", 5 * MIB, 8192, 0x21);
            guest.destroy();
            Path copy = elsewhere.directory().resolve("disks/cmp-moved.qcow2");
            Files.createDirectories(copy.getParent());
            tools.run(List.of(
                    "qemu-img", "convert", "-O", "qcow2", guest.image("vda").toString(), copy.toString()));
            Path xml = Files.writeString(
                    folder.resolve("moved.xml"),
                    atHome.virsh("dumpxml", "--inactive", guest.name())
                            .replace(guest.image("vda").toString(), copy.toString()));
            moved.virsh("define", xml.toString());
            moved.virsh("start", guest.name());
            moved.moved("vda", copy);

            BackupResult first = moved.backup();
            moved.write("vda", 9 * MIB, 4096, 0x31);
            BackupResult next = moved.backup();

            assertThat(disk(first, "vda").level()).isEqualTo(Level.INCREMENTAL);
            assertThat(disk(first, "vda").reason()).contains(", found by reading all of it: it is qcow2 " + copy);
            assertThat(first.bytesStored()).isLessThan(3 * MIB);
            assertThat(disk(next, "vda").reason()).startsWith("what changed since point ");
            assertThat(next.bytesRead()).isLessThan(2 * MIB);
            away.requireClean(guest.name(), next.point().manifest().checkpoint());
            moved.requireTruth();
            moved.virsh("destroy", guest.name());
            moved.virsh("undefine", guest.name(), "--checkpoints-metadata");
        }
    }

    /** The copy has the bitmap too, and the export the same name; what was written to it since is in no bitmap. */
    @Test
    void aDiskThatAnotherServerServesIsCompared() throws Exception {
        Path image = libvirtd.directory().resolve("disks/cmp-net.img");
        Path copy = libvirtd.directory().resolve("disks/cmp-net-copy.img");
        Path first = libvirtd.directory().resolve("disks/cmp-net-1.sock");
        Path second = libvirtd.directory().resolve("disks/cmp-net-2.sock");
        Files.createDirectories(image.getParent());
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), "4M"));
        tools.run(List.of("qemu-io", "-f", "qcow2", "-c", "write -P 9 1M 8k", image.toString()));
        // The image cannot grow there.
        tools.run(List.of("truncate", "-s", "16M", image.toString()));
        try (NetworkDisk here = NetworkDisk.of(image, first);
                Guest guest = Guest.on(libvirtd, "cmp-net")
                        .device(here.device("vda", "qcow2"))
                        .start()) {
            History history = new History(libvirtd, guest, scene, folder);
            Point point = scene.backup(BackupRequest.of(guest.name())).point();
            assertThat(point.manifest().disk("vda").source().hosts()).containsExactly(first.toString());
            assertThat(point.manifest().disk("vda").bitmap()).isNotNull();
            assertThat(disk(scene.backup(BackupRequest.of(guest.name())), "vda").reason())
                    .startsWith("what changed since point ");
            guest.destroy();
            here.end();
            Files.copy(image, copy);
            try (NetworkDisk there = NetworkDisk.of(copy, second)) {
                Path xml = Files.writeString(
                        folder.resolve("net.xml"),
                        history.virsh("dumpxml", "--inactive", guest.name())
                                .replace(first.toString(), there.socket().toString()));
                history.virsh("define", xml.toString());
                guest.start();

                BackupResult next = scene.backup(BackupRequest.of(guest.name()));

                assertThat(disk(next, "vda").reason())
                        .contains(", found by reading all of it: it is qcow2 nbd:net on " + second
                                + " now, and was qcow2 nbd:net on " + first + " at point ");
                guest.destroy();
            }
        }
    }

    @Test
    void oneThatWasKilledIsResumed() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "cmp-resumed")
                .disk(GuestDisk.raw(24 * MIB).random(0, 24 * MIB, 9))
                .disk(GuestDisk.qcow2(6 * MIB).random(0, 6 * MIB, 10))
                .start()) {
            scene.backup(BackupRequest.of(guest.name()));
            for (int i = 0; i < 24; i += 2) {
                guest.write("vda", i * MIB, 4096, 0x60 + i);
            }
            guest.write("vdb", MIB, 4096, 0x41);
            Path vda = folder.resolve("vda.raw");
            Path vdb = folder.resolve("vdb.raw");
            guest.copyDisk("vda", vda);
            guest.copyDisk("vdb", vdb);
            HalfBackup.killed(libvirtd.unixUri(), guest.name(), scene.backups(), 14 * MIB, false);
            String id = scene.repository().points(guest.name()).unfinished().get(0);
            guest.write("vda", 0, 4 * MIB, 0x77);
            guest.write("vda", 18 * MIB, 4 * MIB, 0x78);

            BackupResult result = scene.backup(BackupRequest.of(guest.name()).resuming());

            assertThat(result.point().id()).isEqualTo(id);
            assertThat(result.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            assertThat(disk(result, "vda").reason()).contains(", found by reading all of it: ");
            assertThat(disk(result, "vdb").reason()).startsWith("what changed since point ");
            // Half of the disk, and what the run that died had begun to write.
            assertThat(disk(result, "vda").image().size()).isLessThan(20 * MIB);
            for (String target : guest.targets()) {
                Path image = result.point().folder().resolve(target + ".qcow2");
                tools.check(image);
                tools.compare(folder.resolve(target + ".raw"), image, "qcow2");
            }
            scene.requireClean(guest.name(), result.point().manifest().checkpoint());
        }
    }
}
