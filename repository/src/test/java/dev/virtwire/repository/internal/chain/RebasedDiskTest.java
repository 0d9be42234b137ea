// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.chain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointMaker;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.DiskCopy;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.copy.MemoryDisk;
import dev.virtwire.repository.internal.disk.SourceDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A new base is made out of the parent and what changed, and reads no more of the source than an increment. */
class RebasedDiskTest {
    private static final CopyMeter UNHEARD = new CopyMeter() {
        @Override
        public void passed(long bytes) {}

        @Override
        public void moved(long bytes) {}
    };

    @TempDir
    Path folder;

    private MemoryDisk before;
    private MemoryDisk now;
    private Point parent;
    private DomainStore domain;

    @BeforeEach
    void twoPoints() throws IOException {
        make(7);
    }

    private void make(long seed) throws IOException {
        Random random = new Random(seed);
        Path backups = folder.resolve("backups" + seed);
        PointMaker maker = new PointMaker(backups);
        MemoryDisk first = MemoryDisk.random((9 << 20) + 512, random);
        Point full = maker.full(Map.of("vda", first));
        before = first.later(random);
        parent = maker.increment(Map.of("vda", before), full);
        now = before.later(random);
        domain = RepositoryStore.openOrCreate(backups, DurableFiles.PLAIN).domain("web1");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void theBaseHasTheContentAndTheSourceIsReadWhereItChanged(long seed) throws IOException {
        make(seed);
        AtomicLong read = new AtomicLong();
        Path image = rebase(read);
        assertContent(image);
        assertThat(read.get()).isPositive().isLessThanOrEqualTo(readByIncrement());
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            assertThat(reader.backing()).as("it stands alone").isEmpty();
        }
    }

    @Test
    void whatIsDamagedInTheParentIsReadFromTheSource() throws IOException {
        AtomicLong before = new AtomicLong();
        rebase(before);
        Path damaged = parent.folder().resolve("vda.qcow2");
        try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
            byte[] noise = new byte[1000];
            new Random(3).nextBytes(noise);
            for (long at = 65536; at < file.length() - 400_000; at += 40_000) {
                file.seek(at);
                file.write(noise);
            }
        }
        AtomicLong read = new AtomicLong();
        assertContent(rebase(read));
        assertThat(read.get()).isGreaterThan(before.get());
    }

    @Test
    void aParentThatIsNoImageAnyMoreIsNotNeeded() throws IOException {
        Path damaged = parent.folder().resolve("vda.qcow2");
        try (RandomAccessFile file = new RandomAccessFile(damaged.toFile(), "rw")) {
            file.write(new byte[512]);
        }
        assertContent(rebase(new AtomicLong()));
    }

    private Path rebase(AtomicLong read) throws IOException {
        Path made = Files.createDirectories(folder.resolve("made" + read.hashCode()));
        ManifestDisk disk = parent.manifest().disk("vda");
        ExecutorService pool = Executors.newFixedThreadPool(3);
        try (DiskChain chain = DiskChain.openToBuildOn(domain, parent, disk)) {
            RebasedDisk source = RebasedDisk.of(new Counting(now.again(), read), chain);
            DiskStore.Stored stored;
            try (source) {
                stored = new DiskStore(made, new DiskCopy.Buffers(4), pool, UNHEARD, () -> false)
                        .store(source, "vda", null);
            } finally {
                source.closeParent();
            }
            assertThat(stored.content().root()).isEqualTo(now.contentRoot());
        } finally {
            pool.shutdown();
        }
        return made.resolve("vda.qcow2");
    }

    private void assertContent(Path image) throws IOException {
        ByteBuffer content = ByteBuffer.allocate(now.content.length);
        try (Qcow2Reader reader = Qcow2Reader.open(image)) {
            reader.read(0, content);
        }
        assertThat(content.array()).isEqualTo(now.content);
    }

    private long readByIncrement() throws IOException {
        AtomicLong read = new AtomicLong();
        Path made = Files.createDirectories(folder.resolve("increment" + read.hashCode()));
        try (DiskChain chain = DiskChain.openToBuildOn(
                        domain, parent, parent.manifest().disk("vda"));
                SourceDisk source = new Counting(now.again(), read)) {
            new DiskStore(made, new DiskCopy.Buffers(4), Runnable::run, UNHEARD, () -> false)
                    .store(source, "vda", new DiskStore.Parent("../" + parent.id() + "/vda.qcow2", chain.leaves()));
        }
        return read.get();
    }

    /** How much is read of a disk. */
    private record Counting(SourceDisk disk, AtomicLong read) implements SourceDisk {
        @Override
        public long size() {
            return disk.size();
        }

        @Override
        public int blockSize() {
            return disk.blockSize();
        }

        @Override
        public CompletableFuture<Void> read(long offset, ByteBuffer destination) {
            read.addAndGet(destination.remaining());
            return disk.read(offset, destination);
        }

        @Override
        public Extents extents() {
            return disk.extents();
        }

        @Override
        public void close() {
            disk.close();
        }
    }
}
