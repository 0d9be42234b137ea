// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.protocol.remote.StorageVolProcedures;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Restores into a pool, over a connection by TCP: what this side writes is streams alone. */
@ExtendWith(LibvirtdExtension.class)
class PoolRestoreIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Scene scene;
    private Libvirt libvirt;
    private StoragePool pool;
    private Path volumes;

    @BeforeEach
    void prepare(Libvirtd shared) throws IOException {
        libvirtd = shared;
        scene = new Scene(libvirtd, folder);
        volumes = Files.createTempDirectory(libvirtd.directory(), "pool");
        libvirt = Libvirt.connect(libvirtd.tcpUri()).join();
        makePool();
    }

    private void makePool() {
        pool = libvirt.storage()
                .createPool("<pool type='dir'><name>%s</name><target><path>%s</path></target></pool>"
                        .formatted(volumes.getFileName(), volumes))
                .join();
    }

    @AfterEach
    void removePool() {
        pool.destroy().join();
        libvirt.close();
    }

    private Point backUp(Guest guest) {
        guest.targets().forEach(target -> guest.copyDisk(target, folder.resolve(target + ".raw")));
        return scene.backup(BackupRequest.of(guest.name())).point();
    }

    private HostRestoreRequest request(Point point) {
        return HostRestoreRequest.of(point, new RestoreTarget.Pool(pool.name()));
    }

    private HostRestoreResult restore(HostRestoreRequest request, ProgressListener listener) {
        return Backups.of(libvirt, scene.repository())
                .restore(request, listener)
                .join();
    }

    private List<String> files() throws IOException {
        try (Stream<Path> list = Files.list(volumes)) {
            return list.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aVolumeThatTheHostHasMadeWithoutAnAnswerIsNamed() throws Exception {
        Path way = folder.resolve("cut.sock");
        try (Guest guest = Guest.on(libvirtd, "unanswered")
                        .disk(GuestDisk.qcow2(MIB).pattern(2))
                        .start();
                FaultyProxy proxy = FaultyProxy.onUnix(way, UnixDomainSocketAddress.of(libvirtd.socket()));
                Libvirt lost =
                        Libvirt.connect("qemu+unix:///system?socket=" + way).join()) {
            Point point = backUp(guest);
            proxy.toClient().watch(piece -> {
                if (ByteBuffer.wrap(piece).getInt(12) == StorageVolProcedures.STORAGE_VOL_CREATE_XML.number()) {
                    proxy.cut();
                }
            });

            assertThatThrownBy(() -> Backups.of(lost, scene.repository())
                            .restore(request(point), ProgressListener.NONE)
                            .join())
                    .isInstanceOf(BackupException.class)
                    .satisfies(failure -> assertThat(failure.getSuppressed())
                            .extracting(Throwable::getMessage)
                            .contains("perhaps left behind: volume unanswered-vda.raw in storage pool " + pool.name()));
            assertThat(files()).containsExactly("unanswered-vda.raw");
        }
    }

    @Test
    void anotherDomainStartsFromVolumesThatWereSentToIt() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pooled")
                .disk(GuestDisk.qcow2(40 * MIB).random(4 * MIB, 6 * MIB, 1))
                .disk(GuestDisk.qcow2(3 * MIB + 512).pattern(2))
                .start()) {
            Point point = backUp(guest);
            HostRestoreResult result = restore(request(point).definingAs("pooled-two"), ProgressListener.NONE);
            assertThat(result.volumes())
                    .extracting(StorageVolume::name)
                    .containsExactly("pooled-two-vda.raw", "pooled-two-vdb.raw");
            for (String target : guest.targets()) {
                assertThat(Files.mismatch(
                                folder.resolve(target + ".raw"), volumes.resolve("pooled-two-" + target + ".raw")))
                        .as(target)
                        .isEqualTo(-1);
            }
            // The hole at the end of the first, and the one before its data, were not sent.
            assertThat(result.bytesWritten()).isBetween(6 * MIB, 10 * MIB);
            Domain two = libvirt.domain("pooled-two").join();
            two.start().join();
            assertThat(two.xml().join())
                    .contains("<source file='" + volumes.resolve("pooled-two-vda.raw") + "'", "type='raw'");
            two.destroy().join();
            two.undefine().join();

            assertThatThrownBy(() -> restore(request(point), progress -> {
                        if (progress.disksDone() == 1) {
                            throw new IllegalStateException("the listener gave up");
                        }
                    }))
                    .hasMessageContaining("the listener gave up");
            assertThat(files()).containsExactly("pooled-two-vda.raw", "pooled-two-vdb.raw");
        }
    }

    /** Two tables of 512 MiB each, and a last cluster that the disk does not fill. */
    @Test
    void qcow2VolumesAreThinAndSound() throws Exception {
        long size = 513 * MIB + 512;
        try (Guest guest = Guest.on(libvirtd, "pool-thin")
                .disk(GuestDisk.qcow2(size).random(4 * MIB, 3 * MIB, 6).random(size - 2 * MIB, 2 * MIB, 7))
                .disk(GuestDisk.raw(MIB))
                .start()) {
            Point point = backUp(guest);
            RestoreTarget qcow2 = new RestoreTarget.Pool(pool.name(), ImageFormat.QCOW2);

            HostRestoreResult result =
                    restore(HostRestoreRequest.of(point, qcow2).definingAs("pool-thin-two"), ProgressListener.NONE);

            assertThat(result.volumes())
                    .extracting(StorageVolume::name)
                    .containsExactly("pool-thin-two-vda.qcow2", "pool-thin-two-vdb.qcow2");
            for (String target : guest.targets()) {
                Path volume = volumes.resolve("pool-thin-two-" + target + ".qcow2");
                new Tools().check(volume);
                new Tools().compare(folder.resolve(target + ".raw"), volume, "qcow2");
                assertThat(Qcow2Check.check(volume).findings()).isEmpty();
            }
            assertThat(Files.size(volumes.resolve("pool-thin-two-vda.qcow2"))).isBetween(5 * MIB, 7 * MIB);
            StorageVolume first = pool.volume("pool-thin-two-vda.qcow2").join();
            assertThat(first.info().join().capacity()).isEqualTo(size);
            assertThat(first.xml().join()).contains("<format type='qcow2'/>");
            Domain two = libvirt.domain("pool-thin-two").join();
            two.start().join();
            assertThat(two.xml().join())
                    .contains("<source file='" + volumes.resolve("pool-thin-two-vda.qcow2") + "'", "type='qcow2'");
            two.destroy().join();
            two.undefine().join();
        }
    }

    @Test
    void aPoolThatCannotBeRefreshedKeepsItsNewVolumes() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pool-stale")
                .disk(GuestDisk.qcow2(2 * MIB).pattern(5))
                .start()) {
            Point point = backUp(guest);
            Path away = volumes.resolveSibling(volumes.getFileName() + "-away");

            HostRestoreResult result = restore(
                    HostRestoreRequest.of(point, new RestoreTarget.Pool(pool.name(), ImageFormat.QCOW2)), progress -> {
                        try {
                            if (progress.disksDone() == 1 && Files.exists(volumes)) {
                                Files.move(volumes, away);
                            }
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    });

            Files.move(away, volumes);
            makePool();
            assertThat(result.notices())
                    .anySatisfy(notice -> assertThat(notice.text())
                            .startsWith("storage pool " + pool.name()
                                    + " does not know the size of its new volumes: refresh it"
                                    + " (virsh pool-refresh): "));
            new Tools().compare(folder.resolve("vda.raw"), volumes.resolve("pool-stale-vda.qcow2"), "qcow2");
        }
    }

    @Test
    void volumesThatAreThereAreOverwritten() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pool-over")
                .disk(GuestDisk.qcow2(3 * MIB + 512).random(MIB, MIB, 8))
                .start()) {
            Point point = backUp(guest);
            byte[] old = new byte[(int) (4 * MIB)];
            Arrays.fill(old, (byte) 0x5e);
            Path file = Files.write(volumes.resolve("there.raw"), old);
            Files.write(volumes.resolve("small.raw"), new byte[512]);
            Files.copy(guest.image("vda"), volumes.resolve("image.qcow2"));
            pool.refresh().join();

            HostRestoreRequest request = HostRestoreRequest.of(point, existing("there.raw"));
            assertThat(Backups.of(libvirt, scene.repository()).overwritten(request))
                    .containsExactly(new OverwrittenPlace(
                            "vda",
                            3 * MIB + 512,
                            "volume there.raw in " + pool.name() + " on "
                                    + libvirt.uri().where(),
                            4 * MIB));
            HostRestoreResult result = restore(request, ProgressListener.NONE);

            assertThat(result.volumes()).extracting(StorageVolume::name).containsExactly("there.raw");
            byte[] expected = Arrays.copyOf(Files.readAllBytes(folder.resolve("vda.raw")), old.length);
            Arrays.fill(expected, (int) (3 * MIB + 512), old.length, (byte) 0x5e);
            assertThat(file).hasBinaryContent(expected);

            assertThatThrownBy(
                            () -> restore(HostRestoreRequest.of(point, existing("small.raw")), ProgressListener.NONE))
                    .hasMessageContaining("has 512 bytes, and disk vda of " + point.id() + " has 3146240");
            assertThatThrownBy(() -> restore(HostRestoreRequest.of(point, existing("none")), ProgressListener.NONE))
                    .hasMessage("there is no volume " + pool.name() + "/none on "
                            + libvirt.uri().where());
            assertThatThrownBy(
                            () -> restore(HostRestoreRequest.of(point, existing("image.qcow2")), ProgressListener.NONE))
                    .hasMessageContaining("is an image of format qcow2, and only raw ones are overwritten");
        }
    }

    @Test
    void aVolumeOfARunningDomainIsRefused() throws Exception {
        Path file = Files.write(volumes.resolve("busy.raw"), new byte[(int) MIB]);
        pool.refresh().join();
        try (Guest guest = Guest.on(libvirtd, "pool-busy")
                .disk(GuestDisk.existing(file, "raw"))
                .start()) {
            Point point = backUp(guest);

            assertThatThrownBy(() -> restore(HostRestoreRequest.of(point, existing("busy.raw")), ProgressListener.NONE))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("volume busy.raw in " + pool.name() + " on "
                            + libvirt.uri().where()
                            + " is in use for disk vda of domain pool-busy, which is running: shut it down");
        }
    }

    private RestoreTarget existing(String volume) {
        return new RestoreTarget.Existing(Map.of("vda", pool.name() + "/" + volume));
    }

    @Test
    void aDamagedPointLeavesNoVolumeAndATakenNameIsRefused() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pool-damage")
                .disk(GuestDisk.qcow2(8 * MIB).random(0, 8 * MIB, 3))
                .start()) {
            Point point = backUp(guest);
            Path truth = folder.resolve("vda.raw");
            Path taken = Files.createFile(volumes.resolve("pool-damage-vda.raw"));
            pool.refresh().join();
            assertThatThrownBy(() -> restore(request(point), ProgressListener.NONE))
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("cannot make volume pool-damage-vda.raw of 8388608 bytes in storage pool "
                            + pool.name() + " on ")
                    .hasMessageContaining("exists already");
            assertThat(taken).isEmptyFile();
            Files.delete(taken);
            pool.refresh().join();

            Path image = point.folder().resolve("vda.qcow2");
            try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
                file.seek(file.length() - 2 * MIB);
                int old = file.read();
                file.seek(file.length() - 2 * MIB);
                file.write(~old);
            }
            assertThatThrownBy(() -> restore(request(point), ProgressListener.NONE))
                    .isInstanceOf(DamagedException.class)
                    .hasMessageContaining("vda.qcow2");
            assertThat(files()).isEmpty();

            HostRestoreResult salvaged =
                    restore(request(point).definingAs("pool-salvaged").salvaging(), ProgressListener.NONE);

            assertThat(salvaged.lost()).singleElement().satisfies(lost -> {
                assertThat(lost.disk()).isEqualTo("vda");
                assertThat(lost.length()).isEqualTo(MIB);
            });
            assertThat(salvaged.damage()).extracting(Finding::file).containsExactly(image);
            byte[] expected = Files.readAllBytes(truth);
            LostRange lost = salvaged.lost().get(0);
            Arrays.fill(expected, (int) lost.offset(), (int) (lost.offset() + lost.length()), (byte) 0);
            assertThat(volumes.resolve("pool-salvaged-vda.raw")).hasBinaryContent(expected);
            libvirt.domain("pool-salvaged").join().undefine().join();
        }
    }

    @Test
    void aDamagedDefinitionIsFoundBeforeAVolumeIsMade() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pool-lost")
                .disk(GuestDisk.qcow2(2 * MIB).random(0, 2 * MIB, 5))
                .start()) {
            Point point = backUp(guest);
            Files.writeString(point.folder().resolve("domain.xml"), "<domain/>");
            Set<Progress.Phase> phases = EnumSet.noneOf(Progress.Phase.class);

            assertThatThrownBy(() -> restore(
                            request(point).salvaging().definingAs("pool-found"),
                            progress -> phases.add(progress.phase())))
                    .isInstanceOf(DamagedException.class)
                    .hasMessageContaining(point.folder().resolve("domain.xml").toString());

            assertThat(phases).doesNotContain(Progress.Phase.COPYING);
            assertThat(files()).isEmpty();
            assertThat(restore(request(point).salvaging(), ProgressListener.NONE)
                            .volumes())
                    .hasSize(1);
        }
    }

    @Test
    void aPoolThatIsNotThereIsNamed() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pool-none")
                .disk(GuestDisk.qcow2(MIB).random(0, MIB, 4))
                .start()) {
            Point point = backUp(guest);
            assertThatThrownBy(() -> restore(
                            HostRestoreRequest.of(point, new RestoreTarget.Pool("nowhere")), ProgressListener.NONE))
                    .isInstanceOf(BackupException.class)
                    .hasMessage("there is no storage pool 'nowhere' on "
                            + libvirt.uri().where());
        }
    }
}
