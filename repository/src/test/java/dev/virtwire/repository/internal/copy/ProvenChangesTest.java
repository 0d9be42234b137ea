// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageAccess;
import dev.virtwire.image.ImageChain;
import dev.virtwire.repository.internal.digest.DigestFile;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.work.CopyMeter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvenChangesTest {
    private static final int SIZE = 6_000_128;

    private static final CopyMeter NOBODY = new CopyMeter() {
        @Override
        public void passed(long bytes) {}

        @Override
        public void moved(long bytes) {}
    };

    @TempDir
    Path folder;

    private final ExecutorService workers = Executors.newFixedThreadPool(2);

    @AfterEach
    void stop() {
        workers.shutdownNow();
    }

    private DiskStore.Stored store(String point, SourceDisk disk, DiskStore.Parent parent) throws IOException {
        Path into = Files.createDirectories(folder.resolve(point));
        return new DiskStore(into, new DiskCopy.Buffers(5), workers, NOBODY, () -> false).store(disk, "vda", parent);
    }

    private byte[] read(String point) throws IOException {
        Path image = folder.resolve(point).resolve("vda.qcow2");
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.anywhere())) {
            ByteBuffer content = ByteBuffer.allocate((int) chain.virtualSize());
            chain.read(0, content);
            return content.array();
        }
    }

    @Test
    void aBitmapThatTellsAllIsBelieved() throws Exception {
        for (int seed = 0; seed < 10; seed++) {
            Random random = new Random(seed);
            try (MemoryDisk first = MemoryDisk.random(SIZE, random);
                    MemoryDisk later = first.later(random)) {
                store(seed + "-0", first, null);
                try (DigestFile digests = DigestFile.open(folder.resolve(seed + "-0/vda.digests"))) {
                    SourceDisk proven = ProvenChanges.of(later, digests.content());
                    assertThat(proven).as("seed %d", seed).isNotNull();
                    assertThat(later.reads()).isLessThanOrEqualTo(1);
                    store(seed + "-1", proven, new DiskStore.Parent("../" + seed + "-0/vda.qcow2", digests.content()));
                }
                assertThat(read(seed + "-1")).as("seed %d", seed).isEqualTo(later.content);
            }
        }
    }

    @Test
    void whatADiskLostThatWasSmallerForAWhileIsNotTakenFromItsParent() throws Exception {
        int refuted = 0;
        int lost = 0;
        for (int seed = 0; seed < 25; seed++) {
            Random random = new Random(seed);
            try (MemoryDisk first = MemoryDisk.random(SIZE, random);
                    MemoryDisk later = first.later(random);
                    MemoryDisk smaller = later.smallerForAWhile(random.nextInt(SIZE / 512) * 512);
                    MemoryDisk found = random.nextBoolean() ? smaller.again() : smaller.laterStill(random);
                    MemoryDisk believed = found.again();
                    MemoryDisk whole = new MemoryDisk(found.content)) {
                store(seed + "-0", first, null);
                String backing = "../" + seed + "-0/vda.qcow2";
                DiskStore.Stored stored;
                try (DigestFile digests = DigestFile.open(folder.resolve(seed + "-0/vda.digests"))) {
                    SourceDisk proven = ProvenChanges.of(found, digests.content());
                    refuted += proven == null ? 1 : 0;
                    stored = store(
                            seed + "-1",
                            proven == null ? whole : proven,
                            new DiskStore.Parent(backing, digests.content()));
                    store(seed + "-2", believed, new DiskStore.Parent(backing, digests.content()));
                }
                assertThat(read(seed + "-1")).as("seed %d", seed).isEqualTo(found.content);
                assertThat(stored.content().root()).isEqualTo(found.contentRoot());
                lost += Arrays.equals(read(seed + "-2"), found.content) ? 0 : 1;
            }
        }
        assertThat(refuted).isBetween(1, 24);
        // Without a proof, the increment gives back what the disk has lost.
        assertThat(lost).isGreaterThan(refuted);
    }

    @Test
    void aDiskThatCannotBeReadIsNotRefuted() throws Exception {
        Random random = new Random(1);
        try (MemoryDisk first = MemoryDisk.random(SIZE, random);
                MemoryDisk later = first.smallerForAWhile(512)) {
            store("0", first, null);
            later.failAt = 0;
            try (DigestFile digests = DigestFile.open(folder.resolve("0/vda.digests"))) {
                assertThatThrownBy(() -> ProvenChanges.of(later, digests.content()))
                        .isExactlyInstanceOf(IllegalStateException.class)
                        .hasMessage("the source is gone");
            }
        }
    }
}
