// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageChain;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.ManifestDisk;
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

/** A chain that is opened after another one is what it is by itself, whatever the two have in common. */
class OpenChainsTest {
    @TempDir
    Path folder;

    private final Random random = new Random(23);
    private final List<Point> points = new ArrayList<>();
    private final List<MemoryDisk> disks = new ArrayList<>();
    private DomainStore domain;

    /** A tree of points: each builds on any earlier one. */
    @BeforeEach
    void makeTree() throws IOException {
        PointMaker maker = new PointMaker(folder);
        disks.add(MemoryDisk.random(5 << 20, random));
        points.add(maker.full(Map.of("vda", disks.get(0))));
        for (int i = 1; i < 12; i++) {
            int parent = random.nextInt(i);
            MemoryDisk disk = disks.get(parent).later(random);
            disks.add(disk);
            points.add(maker.increment(Map.of("vda", disk), points.get(parent)));
        }
        domain = RepositoryStore.open(folder, DurableFiles.PLAIN).domain("web1");
    }

    @Test
    void pointsInAnyOrderHaveTheirOwnLeavesAndContent() throws IOException {
        try (OpenChains chains = new OpenChains(domain)) {
            for (int i = 0; i < 200; i++) {
                int number = random.nextInt(points.size());
                Point point = points.get(number);
                if (i % 50 == 49) {
                    chains.forget();
                }
                ManifestDisk disk = point.manifest().disk("vda");
                try (DiskChain chain = i % 3 == 0 ? chains.openAnyhow(point, disk) : chains.open(point, disk);
                        DiskChain alone = DiskChain.open(domain, point, disk);
                        ImageChain images = chain.openImages()) {
                    assertThat(chain.layers())
                            .extracting(DiskLayer::file)
                            .isEqualTo(
                                    alone.layers().stream().map(DiskLayer::file).toList());
                    assertThat(DigestFile.rootOf(chain.leaves()))
                            .isEqualTo(disk.content().root());
                    ByteBuffer content = ByteBuffer.allocate((int) disk.virtualSize());
                    images.read(0, content);
                    assertThat(content.array()).isEqualTo(disks.get(number).content);
                }
            }
        }
    }

    @Test
    void aDamagedDigestFileIsInTheWayOfThoseThatBuildOnItAndOfNobodyElse() throws IOException {
        Point damaged = points.get(1);
        Path file = damaged.folder().resolve("vda.digests");
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
        try (OpenChains chains = new OpenChains(domain)) {
            int wrong = 0;
            for (int i = 0; i < 100; i++) {
                Point point = points.get(random.nextInt(points.size()));
                ManifestDisk disk = point.manifest().disk("vda");
                try (DiskChain chain = chains.openAnyhow(point, disk)) {
                    boolean needed = chain.layers().stream()
                            .anyMatch(layer -> layer.point().id().equals(damaged.id()));
                    if (needed) {
                        wrong++;
                        assertThatThrownBy(() -> chains.open(point, disk))
                                .isInstanceOf(DamagedException.class)
                                .hasMessageContaining(file.toString());
                    } else {
                        chains.open(point, disk).close();
                    }
                }
            }
            assertThat(wrong).isBetween(1, 99);
        }
    }

    @Test
    void aParentThatIsMissingIsMissedEachTime() throws IOException {
        Point base = points.get(0);
        Files.move(base.folder(), folder.resolve("aside"));
        try (OpenChains chains = new OpenChains(domain)) {
            for (Point point : points.subList(1, points.size())) {
                assertThatThrownBy(() -> chains.open(point, point.manifest().disk("vda")))
                        .isInstanceOf(DamagedException.class)
                        .hasMessageContaining("is missing");
                try (DiskChain chain = chains.openAnyhow(point, point.manifest().disk("vda"))) {
                    assertThat(chain.layers())
                            .extracting(layer -> layer.point().id())
                            .contains(point.id())
                            .doesNotContain(base.id());
                }
            }
        }
    }
}
