// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.repository.internal.copy.MemoryDisk;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    @Test
    void aFullDestinationIsSaidAndNothingIsLeftThere() throws Exception {
        byte[] content = new byte[9 << 20];
        new Random(1).nextBytes(content);
        Point point = new PointMaker(folder.resolve("backups")).full(Map.of("vda", new MemoryDisk(content)));
        Repository repository = Repository.open(folder.resolve("backups"));
        Path small = Files.createDirectory(folder.resolve("small"));
        tools.run(List.of("mount", "-t", "tmpfs", "-o", "size=5m", "tmpfs", small.toString()));
        try {
            for (ImageFormat format : ImageFormat.values()) {
                assertThatThrownBy(() -> repository
                                .restore(
                                        RestoreRequest.of(point, small.resolve("out"))
                                                .withFormat(format),
                                        ProgressListener.NONE)
                                .join())
                        .isInstanceOf(RepositoryException.class)
                        .isNotInstanceOf(DamagedException.class)
                        .hasMessageStartingWith("cannot restore to " + small.resolve("out") + ": ")
                        .hasMessageContaining("the file system is full");
                assertThat(tools.list(small)).isEmpty();
            }
        } finally {
            tools.run(List.of("umount", small.toString()));
        }
    }

    @Test
    void anImageThatQemuHasOpenIsNotReplaced() throws Exception {
        Point point = new PointMaker(folder.resolve("backups"))
                .full(Map.of("vda", MemoryDisk.random(1 << 20, new Random(5))));
        Path out = folder.resolve("out");
        RestoreRequest request = RestoreRequest.of(point, out).replacing();
        Repository repository = Repository.open(folder.resolve("backups"));
        repository.restore(request, ProgressListener.NONE).join();
        Path image = out.resolve("web1-vda.qcow2");
        Process qemu = new ProcessBuilder("qemu-io", "-f", "qcow2", image.toString())
                .redirectErrorStream(true)
                .start();
        try (BufferedReader said = qemu.inputReader();
                BufferedWriter asked = qemu.outputWriter()) {
            asked.write("read 0 512\n");
            asked.flush();
            assertThat(said.lines().anyMatch(line -> line.contains("read 512/512")))
                    .isTrue();

            assertThatThrownBy(() ->
                            repository.restore(request, ProgressListener.NONE).join())
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageStartingWith(image + " is in use by a guest or another program");
        } finally {
            qemu.destroyForcibly().waitFor();
        }
        repository.restore(request, ProgressListener.NONE).join();
        assertThat(tools.list(out)).containsExactly("web1-domain.xml", "web1-vda.qcow2");
    }

    @Test
    void aChainIsReadByQemuImgAlone() throws Exception {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        Random random = new Random(2);
        MemoryDisk disk = MemoryDisk.random(5 << 20, random);
        Point point = maker.full(Map.of("vda", disk));
        for (int i = 0; i < 3; i++) {
            disk = disk.later(random);
            point = maker.increment(Map.of("vda", disk), point);
            tools.check(point.folder().resolve("vda.qcow2"));
        }
        Path truth = Files.write(folder.resolve("truth.raw"), disk.content);
        tools.compare(truth, point.folder().resolve("vda.qcow2"), "qcow2");
    }

    @Test
    void aManifestThatTheMediumDoesNotGiveBackIsDamageAndEndsNothing() throws Exception {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        Point lost = maker.full(Map.of("vda", MemoryDisk.random(2 << 20, new Random(3))));
        Point other = maker.full(Map.of("vda", MemoryDisk.random(2 << 20, new Random(4))));
        Path manifest = lost.folder().resolve("manifest.json");
        // Reading the memory of a process from address 0 on fails with an I/O error, as a bad sector does.
        tools.run(List.of("mount", "--bind", "/proc/" + ProcessHandle.current().pid() + "/mem", manifest.toString()));
        try {
            Repository repository = Repository.open(folder.resolve("backups"));
            for (VerifyDepth depth : VerifyDepth.values()) {
                VerifyReport report = repository
                        .verify(VerifyRequest.everything().withDepth(depth), ProgressListener.NONE)
                        .join();
                assertThat(report.points()).containsExactly("web1@" + other.id());
                assertThat(report.damage()).contains(Finding.of(manifest, "cannot be read: Input/output error"));
            }
            assertThat(repository.points("web1").points()).containsExactly(other);
        } finally {
            tools.run(List.of("umount", manifest.toString()));
        }
    }
}
