// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Repositories that earlier versions wrote, kept as text in {@code src/test/resources}: each is verified, restored and
 * continued with a new point. What their disks held stands beside each, as it was written to the guest.
 */
@ExtendWith(LibvirtdExtension.class)
class EarlierRepositoriesIT {
    private static final Path KEPT = Path.of("src/test/resources/dev/virtwire/backup/repositories");

    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    @ParameterizedTest
    @ValueSource(strings = {"first", "chain", "compressed"})
    void isReadVerifiedRestoredAndContinued(String name, Libvirtd libvirtd) throws Exception {
        KeptTruth truth = KeptTruth.read(KEPT.resolve(name + ".truth"));
        Scene scene = new Scene(libvirtd, folder);
        RepositoryText.expand(KEPT.resolve(name), scene.backups());
        Repository repository = Repository.open(scene.backups());
        requireIntact(repository);
        List<Point> points = repository.points(truth.domain()).points();
        assertThat(points).extracting(Point::id).containsExactlyElementsOf(truth.points());
        for (Point point : points) {
            requireDisks(repository, truth, point);
        }

        Path images = Files.createTempDirectory(libvirtd.directory().resolve("disks"), name);
        try (Libvirt libvirt = scene.connect()) {
            Point newest = points.get(points.size() - 1);
            scene.restore(
                    libvirt,
                    HostRestoreRequest.of(newest, RestoreTarget.Files.in(images.resolve("images")))
                            .defining());
            Domain domain = libvirt.domain(truth.domain()).join();
            domain.start().join();
            try {
                goOn(scene, truth, newest, libvirtd);
            } finally {
                domain.destroy().join();
                virsh(libvirtd, "undefine", "--checkpoints-metadata", truth.domain());
            }
        }
    }

    /** The host has never heard of the checkpoint, so the disks are compared; then a bitmap tells what changed. */
    private void goOn(Scene scene, KeptTruth truth, Point newest, Libvirtd libvirtd) throws Exception {
        Point compared = scene.backup(BackupRequest.of(truth.domain())).point();
        assertThat(compared.manifest().previous().point()).isEqualTo(newest.id());
        assertThat(compared.manifest().disks()).allSatisfy(disk -> {
            assertThat(disk.level()).isEqualTo(Level.INCREMENTAL);
            assertThat(disk.reason()).contains(", found by reading all of it: ");
            assertThat(disk.image().size()).isLessThan(1 << 20);
        });
        requireDisks(scene.repository(), truth.as(compared.id()), compared);

        KeptTruth.Range written = new KeptTruth.Range(300_032, 1024, 0x77);
        virsh(
                libvirtd,
                "qemu-monitor-command",
                truth.domain(),
                "--hmp",
                "qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"write -P %d %d %d\""
                        .formatted(written.value(), written.offset(), written.length()));
        Point increment = scene.backup(BackupRequest.of(truth.domain())).point();
        assertThat(increment.manifest().disks()).extracting(ManifestDisk::level).containsOnly(Level.INCREMENTAL);
        requireDisks(scene.repository(), truth.as(increment.id()).and("vda", written), increment);
        requireIntact(scene.repository());
    }

    private void virsh(Libvirtd libvirtd, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("virsh", "--quiet", "--connect", libvirtd.unixUri()));
        command.addAll(List.of(arguments));
        tools.run(command);
    }

    private static void requireIntact(Repository repository) {
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.intact()).isTrue();
    }

    private void requireDisks(Repository repository, KeptTruth truth, Point point) throws Exception {
        Path out = folder.resolve("out-" + point.id());
        repository.restore(RestoreRequest.of(point, out), ProgressListener.NONE).join();
        for (ManifestDisk disk : point.manifest().disks()) {
            Path raw = folder.resolve("truth.raw");
            Files.write(raw, truth.disk(point.id(), disk.target()));
            Path image = point.folder().resolve(disk.target() + ".qcow2");
            tools.check(image);
            tools.compare(raw, image, "qcow2");
            tools.compare(raw, out.resolve(point.domain() + "-" + disk.target() + ".qcow2"), "qcow2");
        }
    }
}
