// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.repository.internal.digest.ChainLeaves;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.digest.Leaves;
import dev.virtwire.repository.internal.work.CopyMeter;
import java.io.IOException;
import java.nio.ByteBuffer;
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

/** Increments of disks of which nobody knows what changed: all is read, and what differs is stored. */
class ComparedCopyTest {
    private static final int MIB = 1 << 20;
    private static final int SIZE = 11 * MIB + 1536;

    @TempDir
    Path folder;

    private final DiskCopy.Buffers buffers = new DiskCopy.Buffers(5);
    private final ExecutorService workers = Executors.newFixedThreadPool(2);
    private final AtomicLong passed = new AtomicLong();
    private final AtomicLong moved = new AtomicLong();
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

    private DiskStore.Stored store(String point, MemoryDisk disk, DiskStore.Parent parent) throws IOException {
        passed.set(0);
        moved.set(0);
        try (disk) {
            return new DiskStore(Files.createDirectories(folder.resolve(point)), buffers, workers, meter, () -> false)
                    .compressing(compression)
                    .resuming()
                    .store(disk, "vda", parent);
        }
    }

    private DiskStore.Stored compare(String point, MemoryDisk disk, String below) throws IOException {
        try (DigestFile digests = DigestFile.open(folder.resolve(below).resolve("vda.digests"))) {
            DiskStore.Stored stored = store(
                    point,
                    disk,
                    new DiskStore.Parent(
                            "../" + below + "/vda.qcow2", digests.content(), new Comparison(digests.content())));
            try (DigestFile made = DigestFile.open(folder.resolve(point).resolve("vda.digests"))) {
                made.check(ChainLeaves.of(List.of(made.content(), digests.content())));
            }
            return stored;
        }
    }

    private void requireWhole(String point, DiskStore.Stored stored, MemoryDisk disk) throws IOException {
        Path image = folder.resolve(point).resolve("vda.qcow2");
        assertThat(stored.content().root()).as(point).isEqualTo(disk.contentRoot());
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate(disk.content.length);
            chain.read(0, content);
            assertThat(content.array()).as(point).isEqualTo(disk.content);
        }
        assertThat(Qcow2Check.check(image).findings()).isEmpty();
    }

    private static int differing(MemoryDisk one, MemoryDisk other) {
        int blocks = 0;
        for (int at = 0; at < one.content.length; at += MIB) {
            int end = Math.min(one.content.length, at + MIB);
            blocks += Arrays.equals(one.content, at, end, other.content, at, end) ? 0 : 1;
        }
        return blocks;
    }

    @Test
    void whatDiffersIsStoredAndNothingElse() throws Exception {
        for (int seed = 0; seed < 8; seed++) {
            Random random = new Random(seed);
            MemoryDisk first = MemoryDisk.random(SIZE, random);
            store(seed + "-0", first, null);
            MemoryDisk later = first;
            while (differing(first, later) == 0) {
                later = first.later(random);
            }
            compression = Compression.values()[seed % Compression.values().length];

            DiskStore.Stored stored = compare(seed + "-1", later.untold(), seed + "-0");

            requireWhole(seed + "-1", stored, later);
            assertThat(passed).hasValue(SIZE);
            assertThat(stored.image().size()).isLessThan((differing(first, later) + 2L) * MIB);
            assertThat(data(seed + "-1")).isLessThanOrEqualTo(differing(first, later));
            compression = Compression.NONE;
        }
    }

    /** How many blocks the increment has a leaf of its own for. */
    private int data(String point) throws IOException {
        int own = 0;
        try (DigestFile digests = DigestFile.open(folder.resolve(point).resolve("vda.digests"))) {
            Leaves leaves = digests.content();
            for (long block = 0; block < leaves.count(); block++) {
                leaves.seek(block);
                own += leaves.kind().name().equals("INHERITED") ? 0 : 1;
            }
        }
        return own;
    }

    @Test
    void anEqualDiskCostsNothingToStoreAndItsHolesNothingToRead() throws Exception {
        MemoryDisk disk = MemoryDisk.random(SIZE, new Random(4));
        store("0", disk.again(), null);
        long whole = moved.get();

        DiskStore.Stored stored = compare("1", disk.untold(), "0");

        requireWhole("1", stored, disk);
        assertThat(data("1")).isZero();
        assertThat(stored.image().size()).isLessThanOrEqualTo(5 * 65536);
        assertThat(moved.get()).isEqualTo(whole).isLessThan(SIZE);
    }

    @Test
    void whatBecameZeroAndWhatWasZeroAreBothRight() throws Exception {
        byte[] before = new byte[6 * MIB];
        new Random(5).nextBytes(before);
        Arrays.fill(before, 0, 2 * MIB, (byte) 0);
        byte[] after = before.clone();
        Arrays.fill(after, 3 * MIB, 4 * MIB, (byte) 0);
        Arrays.fill(after, 4 * MIB + 4096, 4 * MIB + 200_000, (byte) 0);
        after[MIB + 5] = 1;
        store("0", new MemoryDisk(before), null);

        DiskStore.Stored stored = compare("1", new MemoryDisk(after), "0");

        requireWhole("1", stored, new MemoryDisk(after));
        assertThat(data("1")).isEqualTo(3);
    }

    @Test
    void oneThatDiedIsResumedAndWhatWasStoredIsNotReadAgain() throws Exception {
        for (int seed = 0; seed < 5; seed++) {
            Random random = new Random(seed);
            MemoryDisk first = MemoryDisk.random(SIZE, random);
            store(seed + "-0", first, null);
            byte[] content = first.content.clone();
            byte[] changes = new byte[6 * MIB];
            random.nextBytes(changes);
            System.arraycopy(changes, 0, content, 0, changes.length);
            MemoryDisk later = new MemoryDisk(content);
            String point = seed + "-1";
            String below = seed + "-0";
            MemoryDisk dying = later.again();
            dying.failAt = 20 + random.nextInt(12);
            assertThatThrownBy(() -> compare(point, dying, below)).hasMessage("the source is gone");

            DiskStore.Stored stored = compare(point, later.again(), below);

            requireWhole(point, stored, later);
            assertThat(moved.get()).isLessThan(SIZE);
            later.close();
        }
    }
}
