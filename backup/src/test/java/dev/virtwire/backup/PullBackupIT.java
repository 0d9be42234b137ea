// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.image.Compression;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(LibvirtdExtension.class)
class PullBackupIT {
    private static final long MIB = 1 << 20;

    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    private BackupResult backup(Libvirt libvirt, BackupRequest plan) {
        return backup(libvirt, plan, ProgressListener.NONE);
    }

    private BackupResult backup(Libvirt libvirt, BackupRequest plan, ProgressListener listener) {
        return Backups.of(libvirt, Repository.openOrCreate(folder.resolve("backups")))
                .backup(plan, listener)
                .result()
                .join();
    }

    private void restoreAndCompare(Point point, Guest guest, String prefix) throws Exception {
        Repository repository = Repository.open(folder.resolve("backups"));
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.intact()).isTrue();
        for (ImageFormat format : ImageFormat.values()) {
            Path out = folder.resolve(prefix + format);
            repository
                    .restore(RestoreRequest.of(point, out).withFormat(format), ProgressListener.NONE)
                    .join();
            for (ManifestDisk disk : point.manifest().disks()) {
                Path truth = folder.resolve(prefix + disk.target() + ".raw");
                Path stored = point.folder().resolve(disk.target() + ".qcow2");
                tools.check(stored);
                tools.compare(truth, stored, "qcow2");
                tools.compare(
                        truth, out.resolve(point.domain() + "-" + disk.target() + "." + format), format.toString());
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void compressedImagesAreReadByQemuAsTheDisksThatTheyAre(Compression kind, Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pull-" + kind)
                        .disk(GuestDisk.qcow2(96 * MIB).pattern(3))
                        .disk(GuestDisk.qcow2(33 * MIB + 512).fill(0, 33 * MIB + 512, 0x41))
                        .start();
                Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            for (String target : guest.targets()) {
                guest.copyDisk(target, folder.resolve(target + ".raw"));
            }
            BackupResult result = backup(libvirt, BackupRequest.of(guest.name()).withCompression(kind));
            for (ManifestDisk disk : result.point().manifest().disks()) {
                assertThat(disk.image().compression()).isEqualTo(kind.toString());
            }
            assertThat(result.point().manifest().disk("vdb").image().size()).isLessThan(2 * MIB);
            restoreAndCompare(result.point(), guest, "");
        }
    }

    @Test
    void holdsTheDisksAsTheyWereWhenItBegan_overBothTransports(Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "pull")
                .disk(GuestDisk.qcow2(96 * MIB).pattern(1))
                .disk(GuestDisk.qcow2(33 * MIB + 512).pattern(2))
                .start()) {
            String before = null;
            for (String uri : List.of(libvirtd.unixUri(), libvirtd.tcpUri())) {
                String prefix = uri.startsWith("qemu+unix") ? "unix-" : "tcp-";
                for (String target : guest.targets()) {
                    guest.copyDisk(target, folder.resolve(prefix + target + ".raw"));
                }
                List<Progress> heard = new ArrayList<>();
                boolean[] written = {false};
                ProgressListener listener = progress -> {
                    heard.add(progress);
                    if (progress.phase() == Progress.Phase.COPYING && !written[0]) {
                        written[0] = true;
                        guest.write("vda", 0, 40 * MIB, 0x5a);
                        guest.discard("vda", 50 * MIB, 20 * MIB);
                        guest.write("vdb", 32 * MIB, MIB + 512, 0x77);
                    }
                };
                BackupRequest plan = BackupRequest.of("pull");
                try (Libvirt libvirt = Libvirt.connect(uri).join()) {
                    BackupResult result = backup(libvirt, plan, listener);

                    assertThat(written[0]).isTrue();
                    assertThat(result.notices()).isEmpty();
                    Manifest manifest = result.point().manifest();
                    assertThat(manifest.disks())
                            .extracting(ManifestDisk::target)
                            .containsExactly("vda", "vdb");
                    assertThat(libvirt.domain("pull")
                                    .join()
                                    .checkpoints()
                                    .list()
                                    .join())
                            .extracting(Checkpoint::name)
                            .containsExactly(manifest.checkpoint());
                    assertThat(manifest.checkpoint()).isNotNull().isNotEqualTo(before);
                    assertThat(libvirt.domain("pull")
                                    .join()
                                    .jobStatistics()
                                    .join()
                                    .isRunning())
                            .isFalse();
                    assertThat(manifest.files())
                            .extracting(PointFile::role)
                            .contains(PointFile.DOMAIN, PointFile.CHECKPOINT);
                    before = manifest.checkpoint();
                    Progress last = heard.get(heard.size() - 1);
                    assertThat(last.phase()).isEqualTo(Progress.Phase.DONE);
                    assertThat(last.bytesDone()).isEqualTo(129 * MIB + 512);
                    restoreAndCompare(result.point(), guest, prefix);
                }
                assertThat(tools.list(folder.resolve("backups/pull/.journal")))
                        .containsExactlyInAnyOrder("damage.lock", "lock", "newest", "verified-points");
                assertThat(tools.list(libvirtd.directory().resolve("disks")))
                        .noneMatch(name -> name.contains("virtwire-"));
            }
        }
    }
}
