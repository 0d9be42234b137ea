// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What may have happened to a domain between two points, and that the second one is still right. */
@ExtendWith(LibvirtdExtension.class)
class ChangedHostIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;
    private History history;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    /** A guest of two disks, backed up once and written to since. */
    private Guest guest(String name) throws Exception {
        Guest guest = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                .disk(GuestDisk.qcow2(5 * MIB + 512).pattern(4))
                .start();
        history = new History(libvirtd, guest, scene, folder);
        history.backup();
        write(guest, 0x11);
        return guest;
    }

    private static void write(Guest guest, int value) {
        guest.write("vda", 3 * MIB + 4096, 100 * 512, value);
        guest.write("vdb", MIB, 512, value);
    }

    /** Another point, in which the disks have these levels; and one more, which is an increment again. */
    private BackupResult backup(Guest guest, Level vda, Level vdb) throws Exception {
        BackupResult result = history.backup();
        assertThat(disk(result, "vda").level()).as(disk(result, "vda").reason()).isEqualTo(vda);
        assertThat(disk(result, "vdb").level()).as(disk(result, "vdb").reason()).isEqualTo(vdb);
        write(guest, 0x77);
        BackupResult next = history.backup();
        assertThat(next.point().manifest().disks())
                .extracting(ManifestDisk::level)
                .containsOnly(Level.INCREMENTAL);
        scene.requireClean(guest.name(), next.point().manifest().checkpoint());
        history.requireTruth();
        return result;
    }

    /** A disk was read as a whole for this reason, and what differs from the point before is all that is stored. */
    private static void requireCompared(BackupResult result, String target, String reason) {
        Manifest manifest = result.point().manifest();
        ManifestDisk disk = manifest.disk(target);
        assertThat(disk.level()).as(disk.reason()).isEqualTo(Level.INCREMENTAL);
        assertThat(disk.reason())
                .startsWith("what differs from point " + manifest.parent().point() + ", found by reading all of it: "
                        + reason);
        assertThat(disk.image().size()).isLessThan(3 * MIB);
        assertThat(result.notices()).extracting(Notice::text).contains("disk " + target + " holds " + disk.reason());
    }

    private static ManifestDisk disk(BackupResult result, String target) {
        return result.point().manifest().disk(target);
    }

    private String checkpoint(Guest guest) {
        return scene.repository().newestPoint(guest.name()).manifest().checkpoint();
    }

    private String parent(Guest guest) {
        return scene.repository().newestPoint(guest.name()).id();
    }

    @Test
    void aDiskWhoseBitmapIsLostIsCompared() throws Exception {
        try (Guest guest = guest("lost")) {
            String node = history.formatNode("vdb");
            history.qmp("""
                    {"execute": "block-dirty-bitmap-remove", "arguments": {"node": "%s", "name": "%s"}}""".formatted(node, checkpoint(guest)));

            BackupResult result = backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);

            requireCompared(result, "vdb", "the host cannot tell what changed: ");
            assertThat(disk(result, "vda").reason()).startsWith("what changed since");
            assertThat(result.notices()).hasSize(1);
        }
    }

    @Test
    void afterAKilledQemuAllDisksAreCompared() throws Exception {
        try (Guest guest = guest("killed")) {
            guest.kill();
            await().atMost(Duration.ofMinutes(1)).until(() -> guest.state().equals("shut off"));
            guest.start();

            BackupResult result = backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);

            assertThat(result.point().id()).endsWith("-incremental");
            requireCompared(result, "vda", "the host cannot tell what changed: ");
            requireCompared(result, "vdb", "the host cannot tell what changed: ");
            assertThat(result.notices()).hasSize(2);
        }
    }

    @Test
    void aQemuThatEndedInOrderHasKeptItsBitmaps() throws Exception {
        try (Guest guest = guest("restarted")) {
            guest.destroy();
            guest.start();
            write(guest, 0x22);
            backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);
        }
    }

    @Test
    void aLibvirtdThatWasKilledHasLostNothing() throws Exception {
        try (Guest guest = guest("libvirtd-killed")) {
            libvirtd.kill();
            libvirtd.restart();
            write(guest, 0x22);
            backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);
        }
    }

    @Test
    void aNewDiskIsFullAndOneThatIsGoneCostsNothing() throws Exception {
        Path added = image("added", 4);
        try (Guest guest = guest("hotplug")) {
            String before = parent(guest);
            history.virsh("attach-disk", guest.name(), added.toString(), "vdc", "--subdriver", "qcow2");
            history.moved("vdc", added);
            BackupResult more = history.backup();
            assertThat(more.point().manifest().disks())
                    .extracting(ManifestDisk::level)
                    .containsExactly(Level.INCREMENTAL, Level.INCREMENTAL, Level.FULL);
            assertThat(disk(more, "vdc").reason()).isEqualTo("point " + before + " does not have it");
            scene.requireClean(guest.name(), checkpoint(guest));

            history.write("vdc", MIB, 4096, 0x21);
            assertThat(disk(history.backup(), "vdc").level()).isEqualTo(Level.INCREMENTAL);
            // It was attached to the running guest only.
            guest.destroy();
            guest.start();
            history.gone("vdc");
            write(guest, 0x31);
            BackupResult less = history.backup();
            assertThat(less.point().manifest().disks())
                    .extracting(ManifestDisk::target)
                    .containsExactly("vda", "vdb");
            backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);
        }
    }

    private Path image(String name, long mebibytes) throws Exception {
        Path image = libvirtd.directory().resolve("disks/" + name + ".qcow2");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", image.toString(), mebibytes + "M"));
        tools.run(List.of("qemu-io", "-f", "qcow2", "-c", "write -P 7 512k 1M", image.toString()));
        return image;
    }

    @Test
    void aResizedDiskIsFull() throws Exception {
        try (Guest guest = guest("resized")) {
            history.virsh("blockresize", guest.name(), "vda", "30M");
            guest.write("vda", 28 * MIB, MIB, 0x19);

            BackupResult result = backup(guest, Level.FULL, Level.INCREMENTAL);

            assertThat(disk(result, "vda").reason())
                    .isEqualTo("it has 31457280 bytes now, and had 25165824 at point "
                            + result.point().manifest().parent().point());
        }
    }

    @Test
    void aDiskThatLiesElsewhereIsCompared() throws Exception {
        Path other = image("other", 5);
        tools.run(List.of("qemu-img", "resize", "-q", other.toString(), "5243392"));
        try (Guest guest = guest("swapped")) {
            Path before = guest.image("vdb");
            guest.destroy();
            Path xml = Files.writeString(
                    folder.resolve("swapped.xml"),
                    history.virsh("dumpxml", "--inactive", guest.name()).replace(before.toString(), other.toString()));
            history.virsh("define", xml.toString());
            guest.start();
            history.moved("vdb", other);
            BackupResult result = backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);
            assertThat(disk(result, "vdb").reason())
                    .isEqualTo("what differs from point "
                            + result.point().manifest().parent().point() + ", found by reading all of it: it is qcow2 "
                            + other + " now, and was qcow2 " + before + " at point "
                            + result.point().manifest().parent().point());
        }
    }

    @Test
    void anotherImageUnderTheSameNameIsCompared() throws Exception {
        try (Guest guest = guest("replaced")) {
            guest.destroy();
            Files.move(image("replacement", 5), guest.image("vdb"), StandardCopyOption.REPLACE_EXISTING);
            tools.run(List.of("qemu-img", "resize", "-q", guest.image("vdb").toString(), "5243392"));
            guest.start();
            BackupResult result = backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);
            assertThat(disk(result, "vdb").reason())
                    .contains(", found by reading all of it: the host cannot tell what changed: ");
        }
    }

    @Test
    void withoutACheckpointThatSomebodyDeletedAllDisksAreCompared() throws Exception {
        try (Guest guest = guest("deleted")) {
            String gone = checkpoint(guest);
            history.virsh("checkpoint-delete", guest.name(), gone);

            BackupResult result = backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);

            requireCompared(
                    result,
                    "vda",
                    "its checkpoint " + gone + " is not on the host any more, and cannot be defined again:");
        }
    }

    @Test
    void aDomainThatWasUndefinedAndDefinedAgainGetsItsCheckpointBack() throws Exception {
        try (Guest guest = guest("redefined")) {
            // The checkpoint before it is its parent, and is gone by now.
            history.virsh("checkpoint-create-as", guest.name(), "somebody-elses", "--diskspec", "vda");
            history.backup();
            history.virsh("checkpoint-delete", guest.name(), "somebody-elses");
            write(guest, 0x41);
            Path xml = Files.writeString(
                    folder.resolve("again.xml"), history.virsh("dumpxml", "--inactive", guest.name()));
            guest.destroy();
            history.virsh("undefine", guest.name(), "--checkpoints-metadata");
            history.virsh("define", xml.toString());
            guest.start();
            write(guest, 0x42);
            backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);
        }
    }

    @Test
    void checkpointsOfOthersStayAndSoDoTheirBitmaps() throws Exception {
        try (Guest guest = guest("foreign");
                Libvirt libvirt = scene.connect()) {
            libvirt.domain(guest.name())
                    .join()
                    .checkpoints()
                    .create(CheckpointSpec.of("not-ours", List.of(CheckpointDisk.of("vda"))))
                    .join();
            for (int i = 0; i < 3; i++) {
                write(guest, 0x51 + i);
                Manifest manifest = history.backup().point().manifest();
                assertThat(manifest.level()).isEqualTo(Level.INCREMENTAL);
                scene.requireClean(guest.name(), "not-ours", manifest.checkpoint());
            }
            history.requireTruth();
        }
    }

    @Test
    void twoRepositoriesOfOneDomainDoNotDisturbEachOther() throws Exception {
        try (Guest guest = guest("two")) {
            Scene otherScene = new Scene(libvirtd, Files.createDirectory(folder.resolve("b")));
            History other = new History(libvirtd, guest, otherScene, folder.resolve("b"));
            for (int i = 0; i < 3; i++) {
                write(guest, 0x61 + i);
                Manifest there = other.backup().point().manifest();
                assertThat(there.level()).isEqualTo(i == 0 ? Level.FULL : Level.INCREMENTAL);
                guest.write("vda", 7 * MIB, 4096, 0x71 + i);
                Manifest here = history.backup().point().manifest();
                assertThat(here.level()).isEqualTo(Level.INCREMENTAL);
                scene.requireClean(guest.name(), there.checkpoint(), here.checkpoint());
            }
            other.requireTruth();
            history.requireTruth();
        }
    }

    /** Nobody would notice such a step back; that QEMU refuses it is what increments stand on. */
    @Test
    void anInternalSnapshotCannotBeGoneBackToWhileThereAreBitmaps() throws Exception {
        try (Guest guest = guest("internal")) {
            history.virsh("snapshot-create-as", guest.name(), "s1");
            write(guest, 0x12);
            guest.destroy();
            Process back = new ProcessBuilder(
                            "qemu-img",
                            "snapshot",
                            "-a",
                            "s1",
                            guest.image("vda").toString())
                    .redirectErrorStream(true)
                    .start();
            assertThat(new String(back.getInputStream().readAllBytes())).contains("Device has active dirty bitmaps");
            assertThat(back.waitFor()).isNotZero();
            guest.start();
            backup(guest, Level.INCREMENTAL, Level.INCREMENTAL);
        }
    }

    @Test
    void aDiskWithAnExternalSnapshotIsComparedAndAlsoAtItsEnd() throws Exception {
        try (Guest guest = guest("snapshot")) {
            Path overlay = libvirtd.directory().resolve("disks/snapshot-overlay.qcow2");
            history.virsh(
                    "snapshot-create-as",
                    guest.name(),
                    "s1",
                    "--disk-only",
                    "--no-metadata",
                    "--diskspec",
                    "vda,file=" + overlay,
                    "--diskspec",
                    "vdb,snapshot=no");
            history.moved("vda", overlay);
            write(guest, 0x21);
            BackupResult above = history.backup();
            requireCompared(above, "vda", "it is qcow2 " + overlay + " now, and was");
            assertThat(disk(above, "vdb").level()).isEqualTo(Level.INCREMENTAL);
            write(guest, 0x22);
            assertThat(disk(history.backup(), "vda").level()).isEqualTo(Level.INCREMENTAL);

            write(guest, 0x23);
            history.virsh("blockcommit", guest.name(), "vda", "--active", "--pivot", "--wait");
            history.moved("vda", guest.image("vda"));
            write(guest, 0x24);
            requireCompared(backup(guest, Level.INCREMENTAL, Level.INCREMENTAL), "vda", "it is qcow2 ");
        }
    }

    @Test
    void anExternalSnapshotThatCameAndWentBetweenTwoPointsLosesNothing() throws Exception {
        try (Guest guest = guest("between")) {
            Path overlay = libvirtd.directory().resolve("disks/between-overlay.qcow2");
            history.virsh(
                    "snapshot-create-as",
                    guest.name(),
                    "s1",
                    "--disk-only",
                    "--no-metadata",
                    "--diskspec",
                    "vda,file=" + overlay,
                    "--diskspec",
                    "vdb,snapshot=no");
            guest.write("vda", 11 * MIB, 8192, 0x31);
            guest.write("vda", 3 * MIB, 8192, 0x32);
            history.virsh("blockcommit", guest.name(), "vda", "--active", "--pivot", "--wait");
            guest.write("vda", 13 * MIB, 8192, 0x33);
            BackupResult result = history.backup();
            assertThat(disk(result, "vdb").level()).isEqualTo(Level.INCREMENTAL);
            history.requireTruth();
        }
    }
}
