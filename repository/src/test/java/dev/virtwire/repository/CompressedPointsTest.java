// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.Compression;
import dev.virtwire.image.FileUse;
import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompressedPointsTest {
    @TempDir
    Path folder;

    private final List<MemoryDisk> states = new ArrayList<>();
    private final List<Point> points = new ArrayList<>();
    private Repository repository;

    /** A chain in which each point is compressed in another way. */
    @BeforeEach
    void makePoints() throws IOException {
        PointMaker maker = new PointMaker(folder.resolve("backups"));
        Random random = new Random(11);
        states.add(MemoryDisk.random(9 << 20, random));
        points.add(maker.compressing(Compression.ZSTD).full(Map.of("vda", states.get(0))));
        for (Compression kind : List.of(Compression.DEFLATE, Compression.NONE, Compression.ZSTD)) {
            states.add(states.get(states.size() - 1).later(random));
            points.add(maker.compressing(kind)
                    .increment(Map.of("vda", states.get(states.size() - 1)), points.get(points.size() - 1)));
        }
        repository = Repository.open(folder.resolve("backups"));
    }

    @Test
    void areVerifiedAndRestoredLikeOthers() throws IOException {
        assertThat(points)
                .extracting(point -> point.manifest().disks().get(0).image().compression())
                .containsExactly("zstd", "deflate", "none", "zstd");
        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.intact()).isTrue();
        for (int i = 0; i < points.size(); i++) {
            for (ImageFormat format : ImageFormat.values()) {
                Path out = folder.resolve("out-" + i + format);
                repository
                        .restore(RestoreRequest.of(points.get(i), out).withFormat(format), ProgressListener.NONE)
                        .join();
                try (ImageChain image =
                        ImageChain.open(out.resolve("web1-vda." + format), format.toString(), ImageAccess.anywhere())) {
                    ByteBuffer content = ByteBuffer.allocate((int) image.virtualSize());
                    image.read(0, content);
                    assertThat(content.array()).as("point %d as %s", i, format).isEqualTo(states.get(i).content);
                }
            }
        }
    }

    @Test
    void aByteThatChangedInCompressedDataIsFound() throws IOException {
        Path image = points.get(1).folder().resolve("vda.qcow2");
        FileUse compressed;
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            compressed = reader.usesOf(0, Files.size(image)).stream()
                    .filter(use -> use.kind() == FileUse.Kind.COMPRESSED_DATA)
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(image);
        bytes[(int) compressed.fileOffset() + 20] ^= 1;
        Files.write(image, bytes);

        VerifyReport report = repository
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();

        assertThat(report.intact()).isFalse();
        assertThat(report.damage()).singleElement().satisfies(finding -> {
            assertThat(finding.file()).isEqualTo(image);
            assertThat(finding.offset()).isEqualTo(compressed.fileOffset() / (1 << 20) * (1 << 20));
        });
    }
}
