// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.ImageExtent;
import dev.virtwire.repository.internal.digest.ChainLeaves;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.format.Sha256;
import dev.virtwire.repository.internal.work.CopyMeter;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DiskStoreTest {
    @TempDir
    Path folder;

    private final DiskCopy.Buffers buffers = new DiskCopy.Buffers(5);
    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private final AtomicLong passed = new AtomicLong();
    private final AtomicLong moved = new AtomicLong();
    private volatile boolean cancelled;
    private Compression compression = Compression.NONE;

    private final CopyMeter meter = new CopyMeter() {
        @Override
        public void passed(long bytes) {
            passed.addAndGet(bytes);
        }

        @Override
        public void moved(long bytes) {
            moved.addAndGet(bytes);
        }
    };

    @AfterEach
    void stop() {
        workers.shutdownNow();
    }

    private DiskStore.Stored store(Path point, MemoryDisk disk, DiskStore.Parent parent) throws IOException {
        Files.createDirectories(point);
        try (disk) {
            return new DiskStore(point, buffers, workers, meter, () -> cancelled)
                    .compressing(compression)
                    .store(disk, "vda", parent);
        }
    }

    private static byte[] read(Path image) throws IOException {
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate((int) chain.virtualSize());
            chain.read(0, content);
            return content.array();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 512, 65536, 65536 + 512, (1 << 20) - 512, 1 << 20, (1 << 20) + 512, 7 << 20, 12_345_344})
    void aDiskOfAnySizeIsReadBackAndItsDigestsAreThoseOfItsContent(int size) throws Exception {
        for (int seed = 0; seed < 4; seed++) {
            Path point = folder.resolve("point" + seed);
            MemoryDisk disk = MemoryDisk.random(size, new Random(size + seed));
            passed.set(0);
            compression = Compression.values()[seed % Compression.values().length];

            DiskStore.Stored stored = store(point, disk, null);

            assertThat(read(point.resolve("vda.qcow2"))).as("seed %d", seed).isEqualTo(disk.content);
            assertThat(stored.content().root()).isEqualTo(disk.contentRoot());
            assertThat(passed).hasValue(size);
            checkDigests(point, stored);
        }
    }

    private static void checkDigests(Path point, DiskStore.Stored stored) throws IOException {
        Path file = point.resolve("vda.digests");
        assertThat(stored.digests().sha256()).isEqualTo(Sha256.hex(Sha256.of(file)));
        try (DigestFile digests = DigestFile.open(file)) {
            assertThat(digests.imageSize()).isEqualTo(Files.size(point.resolve("vda.qcow2")));
            MemoryDisk image = new MemoryDisk(Files.readAllBytes(point.resolve("vda.qcow2")));
            assertThat(stored.image().blocksRoot()).isEqualTo(image.contentRoot());
            image.close();
        }
    }

    @Test
    void aChainOfIncrementsReadsAsTheDiskAtEachPoint() throws Exception {
        for (int seed = 0; seed < 6; seed++) {
            Random random = new Random(seed);
            MemoryDisk disk = MemoryDisk.random(9_000_448, random);
            Path first = folder.resolve(seed + "-0");
            store(first, disk, null);
            for (int i = 1; i < 5; i++) {
                disk = disk.later(random);
                compression = Compression.values()[random.nextInt(Compression.values().length)];
                Path point = folder.resolve(seed + "-" + i);
                try (Opened parent = Opened.chain(folder, seed, i - 1)) {
                    String backing = "../" + seed + "-" + (i - 1) + "/vda.qcow2";
                    DiskStore.Stored stored = store(point, disk, new DiskStore.Parent(backing, parent.leaves));
                    assertThat(read(point.resolve("vda.qcow2")))
                            .as("seed %d, increment %d", seed, i)
                            .isEqualTo(disk.content);
                    assertThat(stored.content().root()).isEqualTo(disk.contentRoot());
                }
                try (Opened chain = Opened.chain(folder, seed, i)) {
                    chain.top.check(chain.leaves);
                }
            }
        }
    }

    /** The digest files of a chain of points, open. */
    private record Opened(DigestFile top, Leaves leaves, Closeable below) implements Closeable {
        static Opened chain(Path folder, int seed, int depth) throws IOException {
            DigestFile file = DigestFile.open(folder.resolve(seed + "-" + depth).resolve("vda.digests"));
            if (depth == 0) {
                return new Opened(file, file.content(), () -> {});
            }
            Opened below = chain(folder, seed, depth - 1);
            return new Opened(file, ChainLeaves.of(List.of(file.content(), below.leaves)), below);
        }

        @Override
        public void close() throws IOException {
            top.close();
            below.close();
        }
    }

    @Test
    void wholeBlocksOfDataLieAtWholeBlocksOfTheFile() throws Exception {
        byte[] content = new byte[5 << 20];
        new Random(3).nextBytes(content);
        store(folder.resolve("p"), new MemoryDisk(content), null);

        try (ImageChain chain = ImageChain.open(folder.resolve("p/vda.qcow2"), "qcow2", ImageAccess.anywhere())) {
            for (ImageExtent extent : chain.extents(0, content.length)) {
                assertThat(extent.hostOffset() % (1 << 20)).isZero();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void compressedImagesAreSmallerAndTheirDigestsAreOfTheFileAsItIs(Compression kind) throws Exception {
        byte[] content = "What shrinks is stored compressed. ".repeat(200_000).getBytes(StandardCharsets.US_ASCII);
        MemoryDisk disk = new MemoryDisk(Arrays.copyOf(content, 7_000_064));
        compression = kind;

        DiskStore.Stored stored = store(folder.resolve("p"), disk, null);

        assertThat(stored.image().compression()).isEqualTo(kind.toString());
        assertThat(stored.image().size()).isLessThan(2 << 20);
        assertThat(stored.content().root()).isEqualTo(disk.contentRoot());
        assertThat(read(folder.resolve("p/vda.qcow2"))).isEqualTo(disk.content);
        checkDigests(folder.resolve("p"), stored);
    }

    @Test
    void holesAreNeverRead() throws Exception {
        MemoryDisk sparse = MemoryDisk.random(64 << 20, new Random(5));
        store(folder.resolve("p"), sparse, null);
        assertThat(moved.get()).isLessThan(64 << 20);
    }

    @Test
    void aSourceThatFailsEndsTheCopyWithItsReasonAndEveryBufferComesBack() throws Exception {
        byte[] content = new byte[20 << 20];
        new Random(3).nextBytes(content);
        for (int failAt : new int[] {0, 1, 7, 30, 79}) {
            MemoryDisk disk = new MemoryDisk(content);
            disk.failAt = failAt;
            Path point = folder.resolve("fail" + failAt);
            assertThatThrownBy(() -> store(point, disk, null))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("the source is gone");
        }
        store(folder.resolve("good"), new MemoryDisk(content), null);
    }

    @Test
    void aCancelledCopyEndsAtOnce() {
        cancelled = true;
        MemoryDisk disk = new MemoryDisk(new byte[3 << 20]);
        assertThatThrownBy(() -> store(folder.resolve("p"), disk, null)).isInstanceOf(CopyCancelledException.class);
        assertThat(disk.reads()).isZero();
    }
}
