// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.snapshot.Snapshot;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.SnapshotDeleteFlags;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.LoopDevice;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Restores to where a domain has its disks, and to devices that the host's domains may have. */
@ExtendWith(LibvirtdExtension.class)
class InPlaceIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(libvirtd, folder);
    }

    private Path truth(String target) {
        return folder.resolve(target + ".raw");
    }

    private Point backUp(Guest guest) {
        guest.targets().forEach(target -> guest.copyDisk(target, truth(target)));
        return scene.backup(BackupRequest.of(guest.name())).point();
    }

    private HostRestoreResult restore(HostRestoreRequest request) {
        try (Libvirt libvirt = scene.connect()) {
            return scene.restore(libvirt, request);
        }
    }

    private static HostRestoreRequest inPlace(Point point, String... targets) {
        return HostRestoreRequest.of(point, new RestoreTarget.InPlace()).withDisks(Set.of(targets));
    }

    private List<String> disksOf(Guest guest) throws IOException {
        try (Stream<Path> files = Files.list(guest.image("vda").getParent())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith(guest.name() + "-vd") || name.startsWith("." + guest.name()))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void oneDiskIsAsItWasAndTheOtherStaysAsItIs() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "placed")
                .disk(GuestDisk.qcow2(20 * MIB).random(MIB, 4 * MIB, 1))
                .disk(GuestDisk.qcow2(2 * MIB).pattern(2))
                .start()) {
            Point point = backUp(guest);
            guest.write("vda", 0, 2 * MIB, 0x11);
            guest.write("vdb", 0, MIB, 0x22);
            assertThatThrownBy(() -> restore(inPlace(point, "vda")))
                    .hasMessage("domain placed is running: shut it down");
            guest.copyDisk("vdb", truth("vdb"));
            guest.destroy();
            tools.run(List.of(
                    "setfacl", "--modify", "user:daemon:rw", guest.image("vda").toString()));
            PosixFileAttributes before = Files.readAttributes(guest.image("vda"), PosixFileAttributes.class);

            try (Libvirt libvirt = scene.connect()) {
                assertThat(Backups.of(libvirt, scene.repository()).overwritten(inPlace(point, "vda")))
                        .containsExactly(new OverwrittenPlace(
                                "vda", 20 * MIB, "file " + guest.image("vda"), Files.size(guest.image("vda"))));
            }
            HostRestoreResult result = restore(inPlace(point, "vda"));

            assertThat(result.files()).containsExactly(guest.image("vda"));
            assertThat(result.defined()).isNull();
            tools.check(guest.image("vda"));
            tools.compare(truth("vda"), guest.image("vda"), "qcow2");
            tools.compare(truth("vdb"), guest.image("vdb"), "qcow2");
            PosixFileAttributes after = Files.readAttributes(guest.image("vda"), PosixFileAttributes.class);
            assertThat(after.owner()).isEqualTo(before.owner());
            assertThat(after.group()).isEqualTo(before.group());
            assertThat(after.permissions()).isEqualTo(before.permissions());
            assertThat(tools.run(List.of(
                            "getfacl", "--absolute-names", guest.image("vda").toString())))
                    .contains("user:daemon:rw-");
            assertThat(disksOf(guest)).containsExactly("placed-vda.qcow2", "placed-vdb.qcow2");

            // What libvirt remembers of the disk that is gone misleads no later backup.
            guest.start();
            guest.write("vda", 3 * MIB, 4096, 0x33);
            Point next = backUp(guest);
            assertThat(scene.repository()
                            .verify(VerifyRequest.everything().withDepth(VerifyDepth.FULL), ProgressListener.NONE)
                            .join()
                            .intact())
                    .isTrue();
            guest.destroy();
            restore(inPlace(next));
            tools.compare(truth("vda"), guest.image("vda"), "qcow2");
            tools.compare(truth("vdb"), guest.image("vdb"), "qcow2");
        }
    }

    /** The restore may take hours, and nothing keeps the domain from being started meanwhile. */
    @Test
    void aDomainThatWasStartedMeanwhileKeepsItsDisk() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "awake")
                        .disk(GuestDisk.raw(4 * MIB).random(0, 4 * MIB, 7))
                        .start();
                Libvirt libvirt = scene.connect()) {
            Point point = backUp(guest);
            guest.write("vda", 0, MIB, 0x11);
            guest.destroy();
            byte[] before = Files.readAllBytes(guest.image("vda"));

            assertThatThrownBy(() -> Backups.of(libvirt, scene.repository())
                            .restore(inPlace(point), Scene.inMidCopy(guest::start))
                            .join())
                    .hasMessageEndingWith("domain awake is running: shut it down");

            assertThat(guest.image("vda")).hasBinaryContent(before);
            assertThat(disksOf(guest)).containsExactly("awake-vda.raw");
        }
    }

    @Test
    void aSliceOfAFileAndADiskThatHasMovedAreRefused() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "sliced")
                        .disk(GuestDisk.raw(2 * MIB).random(0, 2 * MIB, 8))
                        .start();
                Libvirt libvirt = scene.connect()) {
            Point point = backUp(guest);
            guest.destroy();
            Path image = guest.image("vda");
            Path moved = Files.copy(image, image.resolveSibling("sliced-moved.raw"));
            byte[] before = Files.readAllBytes(image);
            String xml =
                    libvirt.domain("sliced").join().xml(DomainXmlFlags.INACTIVE).join();
            String source = "<source file='" + image + "'";
            assertThat(xml).contains(source);

            assertThatThrownBy(() -> Backups.of(libvirt, scene.repository())
                            .restore(
                                    inPlace(point),
                                    Scene.inMidCopy(() -> libvirt.defineDomain(
                                                    xml.replace(source, "<source file='" + moved + "'"))
                                            .join()))
                            .join())
                    .hasMessageEndingWith("domain sliced has its disks in other places than when the restore began");
            libvirt.defineDomain(xml.replace(
                            source + "/>",
                            source + "><slices><slice type='storage' offset='0'"
                                    + " size='1048576'/></slices></source>"))
                    .join();
            assertThatThrownBy(() -> restore(inPlace(point)))
                    .hasMessage("disk vda of domain sliced is a slice of " + image
                            + ", and the rest of that would be lost: restore it to a folder or a pool");

            assertThat(image).hasBinaryContent(before);
            assertThat(moved).hasBinaryContent(before);
            libvirt.defineDomain(xml).join();
            Files.delete(moved);
        }
    }

    @Test
    void aVolumeIsTheFileThatItIsOnThisMachine() throws Exception {
        Path volumes = Files.createTempDirectory(libvirtd.directory(), "local-pool");
        Path file = Files.write(volumes.resolve("one.raw"), new byte[(int) MIB]);
        Files.createLink(volumes.resolve("two.raw"), file);
        try (Guest guest = Guest.on(libvirtd, "twice")
                        .disk(GuestDisk.qcow2(MIB).pattern(1))
                        .disk(GuestDisk.qcow2(MIB).pattern(2))
                        .start();
                Libvirt libvirt = scene.connect()) {
            StoragePool pool = libvirt.storage()
                    .createPool("<pool type='dir'><name>local</name><target><path>%s</path></target></pool>"
                            .formatted(volumes))
                    .join();
            try {
                Point point = backUp(guest);
                assertThatThrownBy(() -> restore(HostRestoreRequest.of(
                                point,
                                new RestoreTarget.Existing(Map.of("vda", "local/one.raw", "vdb", "local/two.raw")))))
                        .isInstanceOf(BackupException.class)
                        .hasMessageContaining(" is the place of disk ");
                assertThat(file).hasBinaryContent(new byte[(int) MIB]);

                restore(HostRestoreRequest.of(point, new RestoreTarget.Existing(Map.of("vda", "local/one.raw"))));
                assertThat(Files.mismatch(truth("vda"), file)).isEqualTo(-1);
                // Others than libvirt's domains: what QEMU does for a program.
                Process program = new ProcessBuilder("qemu-io", "-f", "raw", file.toString()).start();
                try {
                    program.getOutputStream().write("length\n".getBytes());
                    program.getOutputStream().flush();
                    assertThat(program.getInputStream().read()).isPositive();
                    assertThatThrownBy(() -> restore(HostRestoreRequest.of(
                                    point, new RestoreTarget.Existing(Map.of("vda", "local/one.raw")))))
                            .isInstanceOf(RepositoryException.class)
                            .hasMessageStartingWith(file + " is in use by a guest or another program");
                } finally {
                    program.getOutputStream().close();
                    program.waitFor();
                }
            } finally {
                pool.destroy().join();
            }
        }
    }

    /** What a running guest builds on is no disk of any domain that is off. */
    @Test
    void whatADiskOfARunningDomainBuildsOnIsRefused() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "base")
                .disk(GuestDisk.raw(2 * MIB).random(0, 2 * MIB, 9))
                .start()) {
            Point point = backUp(guest);
            guest.destroy();
            Path overlay = guest.image("vda").resolveSibling("base-overlay.qcow2");
            tools.run(List.of(
                    "qemu-img",
                    "create",
                    "-f",
                    "qcow2",
                    "-b",
                    guest.image("vda").toString(),
                    "-F",
                    "raw",
                    overlay.toString()));
            byte[] before = Files.readAllBytes(guest.image("vda"));
            try (Guest above = Guest.on(libvirtd, "above")
                    .disk(GuestDisk.existing(overlay, "qcow2"))
                    .start()) {
                assertThatThrownBy(() -> restore(inPlace(point)))
                        .isInstanceOf(BackupException.class)
                        .hasMessage("file " + guest.image("vda") + " is in use for disk vda of domain above, which is"
                                + " running: shut it down");
                assertThat(above.state()).isEqualTo("running");
            }
            assertThat(guest.image("vda")).hasBinaryContent(before);
            Files.deleteIfExists(overlay);
            restore(inPlace(point));
        }
    }

    @Test
    void afterAFailureTheOldDiskIsThere() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "unplaced")
                .disk(GuestDisk.raw(4 * MIB).random(0, 4 * MIB, 3))
                .start()) {
            Point point = backUp(guest);
            guest.write("vda", 0, MIB, 0x11);
            guest.destroy();
            byte[] before = Files.readAllBytes(guest.image("vda"));
            Path image = point.folder().resolve("vda.qcow2");
            byte[] good = Files.readAllBytes(image);
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.seek(file.length() - 2 * MIB);
                int old = file.read();
                file.seek(file.length() - 2 * MIB);
                file.write(~old);
            }

            assertThatThrownBy(() -> restore(inPlace(point))).isInstanceOf(DamagedException.class);

            assertThat(guest.image("vda")).hasBinaryContent(before);
            assertThat(disksOf(guest)).containsExactly("unplaced-vda.raw");

            Files.write(image, good);
            Files.delete(guest.image("vda"));
            restore(inPlace(point));
            tools.compare(truth("vda"), guest.image("vda"), "raw");
            guest.start();
        }
    }

    @Test
    void aSavedMemoryIsNotResumedWithAnotherDisk() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "remembering")
                .disk(GuestDisk.qcow2(MIB).pattern(4))
                .start()) {
            Point point = backUp(guest);
            try (Libvirt libvirt = scene.connect()) {
                Domain domain = libvirt.domain(guest.name()).join();
                domain.saved().manage().join();
                assertThatThrownBy(() -> restore(inPlace(point)))
                        .hasMessageStartingWith(
                                "domain remembering has a saved memory (managed save), and its next start");
                domain.saved().discardManaged().join();
            }
            restore(inPlace(point));
            tools.compare(truth("vda"), guest.image("vda"), "qcow2");
        }
    }

    @Test
    void snapshotsThatTheDiskDoesNotHaveAreNamed() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "snapped")
                .disk(GuestDisk.qcow2(MIB).pattern(6))
                .start()) {
            Point point = backUp(guest);
            guest.destroy();
            try (Libvirt libvirt = scene.connect()) {
                // libvirt takes no snapshot of a domain with checkpoints.
                Backups.removeCheckpoints(libvirt, guest.name(), null).join();
                Snapshot snapshot = libvirt.domain(guest.name())
                        .join()
                        .snapshots()
                        .create("<domainsnapshot><name>before</name></domainsnapshot>")
                        .join();

                HostRestoreResult result = restore(inPlace(point));

                assertThat(result.notices())
                        .contains(Notice.warning("domain snapped has snapshots, of which the"
                                + " restored disks hold nothing: delete them (virsh snapshot-delete --metadata)"));
                snapshot.delete(SnapshotDeleteFlags.METADATA_ONLY).join();
            }
            assertThat(restore(inPlace(point)).notices()).isEmpty();
            tools.compare(truth("vda"), guest.image("vda"), "qcow2");
        }
    }

    @Test
    void aDeviceOfADomainIsRestoredWhenThatIsOff() throws Exception {
        byte[] old = new byte[(int) (3 * MIB)];
        Arrays.fill(old, (byte) 0x5d);
        Path link = folder.resolve("link");
        try (LoopDevice device = LoopDevice.of(Files.write(folder.resolve("device"), old));
                Guest guest = Guest.on(libvirtd, "on-device")
                        .disk(GuestDisk.qcow2(MIB).pattern(5))
                        .device("<disk type='block' device='disk'><driver name='qemu' type='raw'/>"
                                + "<source dev='%s'/><target dev='vdz' bus='virtio'/></disk>"
                                        .formatted(Files.createSymbolicLink(link, device.path())))
                        .start()) {
            Point point = backUp(guest);
            HostRestoreRequest onto = HostRestoreRequest.of(
                    point,
                    new RestoreTarget.Existing(Map.of("vda", device.path().toString())));
            assertThatThrownBy(() -> restore(onto))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("device " + device.path()
                            + " is in use for disk vdz of domain on-device, which is running: shut it down");
            assertThatThrownBy(() -> Backups.restoreHere(scene.repository(), onto, ProgressListener.NONE)
                            .join())
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageStartingWith("device " + device.path() + " is in use: process ");
            guest.destroy();
            try (RandomAccessFile written = new RandomAccessFile(device.path().toFile(), "rw")) {
                written.write(new byte[4096]);
            }

            HostRestoreResult result = restore(inPlace(point, "vdz"));

            assertThat(result.files()).containsExactly(link);
            assertThat(device.file()).hasBinaryContent(old);

            Files.delete(link);
            assertThatThrownBy(() -> restore(inPlace(point, "vdz")))
                    .isInstanceOf(RepositoryException.class)
                    .hasMessage("there is no device " + link + " on this machine");
            assertThat(link).doesNotExist();
        }
    }
}
