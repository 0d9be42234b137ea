// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.internal.host.HostFiles;
import dev.virtwire.backup.internal.host.OwnPools;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Storage pools that runs and restores have for a moment, when these die or are two at a time. */
@ExtendWith(LibvirtdExtension.class)
class OwnPoolsIT {
    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(libvirtd, folder);
    }

    private Path newFolder() throws Exception {
        return Files.createTempDirectory(libvirtd.directory(), "pool");
    }

    private static StoragePool create(Libvirt libvirt, String name, Path there) {
        return libvirt.storage()
                .createPool(
                        "<pool type='dir'><name>" + name + "</name><target><path>" + there + "</path></target></pool>")
                .join();
    }

    private static List<String> pools(Libvirt libvirt) {
        return libvirt.storage().pools().join().stream().map(StoragePool::name).toList();
    }

    @Test
    void poolsThatNoJournalKnowsOfAreEndedOnceNobodyCanUseThem() throws Exception {
        Path medium = Files.write(libvirtd.directory().resolve("own-pools.iso"), new byte[300 << 10]);
        try (Guest guest = Guest.on(libvirtd, "own-pools")
                        .disk(GuestDisk.qcow2(4 * MIB).pattern(1))
                        .device("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='"
                                + medium + "'/><target dev='sda' bus='sata'/><readonly/></disk>")
                        .start();
                Libvirt libvirt = scene.connect()) {
            BackupResult first = scene.backup(BackupRequest.of(guest.name()));
            assertThat(first.point().manifest().files())
                    .extracting(PointFile::role)
                    .contains("medium-sda");
            UUID domain = libvirt.domain(guest.name()).join().uuid();
            OwnPools own = new OwnPools(scene.repository().id(), domain);
            String run = own.ofRun();
            String old = own.ofRestore(Instant.now().minus(Duration.ofHours(2)));
            String young = own.ofRestore(Instant.now());
            Path kept = Files.writeString(newFolder().resolve("vars.fd"), "variables");
            create(libvirt, run, kept.getParent());
            create(libvirt, old, newFolder());
            StoragePool restore = create(libvirt, young, newFolder());

            RecoverReport report = Backups.recover(scene.repository(), scene::connect, ProgressListener.NONE)
                    .join();

            assertThat(report.clean()).isTrue();
            assertThat(report.done())
                    .containsExactlyInAnyOrder(
                            "ended storage pool " + run + ", whose files stay",
                            "ended storage pool " + old + ", whose files stay");
            assertThat(pools(libvirt)).contains(young).doesNotContain(run, old);
            assertThat(kept).hasContent("variables");

            create(libvirt, run, kept.getParent());
            assertThat(scene.backup(BackupRequest.of(guest.name())).notices())
                    .extracting(Notice::text)
                    .containsExactly(
                            "an earlier run was cleaned up after: ended storage pool " + run + ", whose files stay");
            assertThat(pools(libvirt)).containsExactly(young);
            restore.destroy().join();
        }
    }

    /** It goes at any moment, and with it the volume that would be read. */
    @Test
    void aFileInThePoolOfAnotherRunIsReadWhenThatPoolIsGone() throws Exception {
        Path file = Files.writeString(newFolder().resolve("vars.fd"), "variables");
        try (Libvirt libvirt = scene.connect()) {
            String name = new OwnPools("aaaaaaaaaaaa", UUID.randomUUID()).ofRun();
            StoragePool another = create(libvirt, name, file.getParent());
            CompletableFuture<Void> end = CompletableFuture.runAsync(
                    () -> another.destroy().join(), CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS));

            byte[] content = new HostFiles(libvirt, "host", "virtwire-own").read(file.toString(), 100);

            assertThat(content).asString().isEqualTo("variables");
            assertThat(pools(libvirt)).isEmpty();
            end.join();
        }
    }

    /** A medium that is small enough belongs into a point. If it is not there, that is said. */
    @Test
    void aSmallMediumThatCannotBeReadIsNamed() throws Exception {
        Path medium = Files.write(newFolder().resolve("own-medium.iso"), new byte[300 << 10]);
        try (Guest guest = Guest.on(libvirtd, "own-medium")
                .disk(GuestDisk.qcow2(4 * MIB).pattern(1))
                .device("<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='" + medium
                        + "'/><target dev='sda' bus='sata'/><readonly/></disk>")
                .start()) {
            // QEMU has it open.
            Files.delete(medium);

            BackupResult result = scene.backup(BackupRequest.of(guest.name()));

            assertThat(result.notices())
                    .extracting(Notice::text)
                    .contains(
                            "the medium of drive sda is not in it: the host does not give it: Storage volume not found:"
                                    + " no storage vol with matching name 'own-medium.iso'");
        }
    }
}
