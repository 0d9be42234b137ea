// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.work.CopyMeter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A copy that ended on the way is resumed: what is in the image is not read again, and what is not there is. */
class ResumedCopyTest {
    private static final int SIZE = 24_000_512;

    @TempDir
    Path folder;

    private final DiskCopy.Buffers buffers = new DiskCopy.Buffers(4);
    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private final AtomicLong moved = new AtomicLong();
    private Compression compression = Compression.NONE;

    private final CopyMeter meter = new CopyMeter() {
        @Override
        public void passed(long bytes) {}

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
        moved.set(0);
        try (disk) {
            return new DiskStore(point, buffers, workers, meter, () -> false)
                    .compressing(compression)
                    .resuming()
                    .store(disk, "vda", parent);
        }
    }

    /** Copies until so many reads were made. */
    private void die(Path point, MemoryDisk disk, int reads, DiskStore.Parent parent) {
        disk.failAt = reads;
        assertThatThrownBy(() -> store(point, disk, parent)).hasMessage("the source is gone");
    }

    private static void requireWhole(Path point, DiskStore.Stored stored, MemoryDisk disk) throws IOException {
        Path image = point.resolve("vda.qcow2");
        assertThat(stored.content().root()).isEqualTo(disk.contentRoot());
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate(SIZE);
            chain.read(0, content);
            assertThat(content.array()).isEqualTo(disk.content);
        }
        assertThat(Qcow2Check.check(image).findings()).isEmpty();
        try (DigestFile digests = DigestFile.open(point.resolve("vda.digests"));
                MemoryDisk file = new MemoryDisk(Files.readAllBytes(image))) {
            assertThat(digests.imageSize()).isEqualTo(Files.size(image));
            assertThat(stored.image().blocksRoot()).isEqualTo(file.contentRoot());
        }
    }

    @Test
    void whatWasCopiedIsNotReadAgainHoweverOftenItIsInterrupted() throws Exception {
        for (int seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            MemoryDisk disk = MemoryDisk.random(SIZE, random);
            Path point = folder.resolve("p" + seed);
            store(folder.resolve("whole" + seed), disk.again(), null);
            long whole = moved.get();
            long before = 0;
            for (int death = 0; death < 3; death++) {
                die(point, disk.again(), 10 + random.nextInt(12), null);
                before += moved.get();
            }

            DiskStore.Stored stored = store(point, disk.again(), null);

            requireWhole(point, stored, disk);
            // Of each death as much as was under way is read again.
            assertThat(moved.get()).as("seed %d", seed).isLessThan(whole - before + 3 * (5L << 20));
            disk.close();
        }
    }

    @Test
    void anIncrementIsResumed() throws Exception {
        for (int seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            MemoryDisk first = MemoryDisk.random(SIZE, random);
            store(folder.resolve(seed + "-0"), first, null);
            MemoryDisk disk = first.later(random);
            Path point = folder.resolve(seed + "-1");
            String below = seed + "-0/vda.qcow2";
            Path digests = folder.resolve(seed + "-0/vda.digests");
            try (DigestFile leaves = DigestFile.open(digests)) {
                die(point, disk.again(), 1 + random.nextInt(8), new DiskStore.Parent("../" + below, leaves.content()));
            }
            try (DigestFile leaves = DigestFile.open(digests)) {
                DiskStore.Parent parent = new DiskStore.Parent("../" + below, leaves.content());
                requireWhole(point, store(point, disk.again(), parent), disk);
            }
            disk.close();
        }
    }

    @Test
    void whatACrashTookOfImageOrLogIsCopiedAgain() throws Exception {
        for (int seed = 0; seed < 12; seed++) {
            Random random = new Random(seed);
            MemoryDisk disk = MemoryDisk.random(SIZE, random);
            Path point = folder.resolve("p" + seed);
            for (int death = 0; death < 2; death++) {
                die(point, disk.again(), 20 + random.nextInt(12), null);
                damage(point.resolve(random.nextBoolean() ? "vda.qcow2" : ".vda.copied"), random);
            }
            requireWhole(point, store(point, disk.again(), null), disk);
            disk.close();
        }
    }

    /** Cuts the file, or overwrites a part of it. */
    private static void damage(Path file, Random random) throws IOException {
        try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
            long at = random.nextLong(access.length() + 1);
            if (random.nextBoolean()) {
                access.setLength(at);
            } else {
                byte[] other = new byte[random.nextInt(200_000)];
                random.nextBytes(other);
                access.seek(at);
                access.write(other);
            }
        }
    }

    @Test
    void blocksOfOneContentDoNotShareAPlaceAfterACut() throws Exception {
        byte[] content = new byte[SIZE];
        Arrays.fill(content, (byte) 9);
        MemoryDisk disk = new MemoryDisk(content);
        Path point = folder.resolve("p");
        die(point, disk.again(), 40, null);
        try (RandomAccessFile image =
                new RandomAccessFile(point.resolve("vda.qcow2").toFile(), "rw")) {
            image.setLength(3 << 20);
        }
        die(point, disk.again(), 30, null);
        requireWhole(point, store(point, disk.again(), null), disk);
        disk.close();
    }

    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aCompressedImageIsCopiedFromItsBeginning(Compression kind) throws Exception {
        compression = kind;
        MemoryDisk disk = MemoryDisk.random(SIZE, new Random(1));
        Path point = folder.resolve("p");
        die(point, disk.again(), 30, null);
        requireWhole(point, store(point, disk.again(), null), disk);
        disk.close();
    }

    @Test
    void anImageWithoutItsLogIsCopiedFromItsBeginning() throws Exception {
        MemoryDisk disk = MemoryDisk.random(SIZE, new Random(1));
        Path point = folder.resolve("p");
        die(point, disk.again(), 30, null);
        Files.delete(point.resolve(".vda.copied"));
        requireWhole(point, store(point, disk.again(), null), disk);
        disk.close();
    }
}
