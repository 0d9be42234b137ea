// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a file holds, reading and checking it ends with content or an ImageException, soon and in little memory. */
@Timeout(120)
class HostileImageTest {
    private static final int CLUSTER = 4096;
    private static final int SIZE = 4 << 20;
    private static final long[] NASTY = {
        0,
        1,
        -1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        0xffff_ffffL,
        0x7fff_ffffL,
        CLUSTER,
        CLUSTER | 1L << 63,
        1L << 62,
        1L << 62 | CLUSTER,
        0x4fff_ffff_ffff_ffffL,
        0x80ff_ffff_ffff_fe00L,
        0x8000_0000_0000_1001L
    };

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    private byte[] image = {};
    private Path victim;

    @BeforeEach
    void writeImage() throws IOException {
        writeImage(Compression.NONE);
        Files.write(folder.resolve("base.raw"), new byte[1 << 20]);
        victim = folder.resolve("victim.qcow2");
    }

    private void writeImage(Compression compression) throws IOException {
        Path file = folder.resolve("good.qcow2");
        Files.deleteIfExists(file);
        Qcow2Options options = Qcow2Options.ofSize(SIZE)
                .withClusterSize(CLUSTER)
                .withBacking("base.raw", "raw")
                .withCompression(compression);
        Disk disk = new Disk(99, SIZE, CLUSTER, null, 20);
        try (Qcow2Writer writer = Qcow2Writer.create(file, options)) {
            for (Disk.Step step : disk.steps) {
                disk.apply(step, writer);
            }
            writer.finish();
        }
        image = Files.readAllBytes(file);
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Compression.class)
    void theImageItselfIsGood(Compression compression) throws IOException {
        writeImage(compression);
        Files.write(victim, image);
        assertThat(exercise(new Random(1))).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(value = Compression.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void damagedCompressedData(Compression compression) throws IOException {
        writeImage(compression);
        Random random = new Random(7);
        List<FileUse> targets;
        try (Qcow2Reader reader = Qcow2Reader.open(folder.resolve("good.qcow2"))) {
            targets = reader.usesOf(0, image.length).stream()
                    .filter(use -> use.kind() == FileUse.Kind.COMPRESSED_DATA)
                    .toList();
        }
        int refused = 0;
        for (int round = 0; round < 100; round++) {
            byte[] bytes = image.clone();
            for (int i = 0; i < 10; i++) {
                FileUse target = targets.get(random.nextInt(targets.size()));
                int at = (int) target.fileOffset() + random.nextInt((int) target.length());
                bytes[at] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(victim, bytes);
            refused += exercise(random) ? 0 : 1;
        }
        // Deflate has no checksum, so that some damage is read as other content: that is for digests to find.
        assertThat(refused).isGreaterThan(compression == Compression.ZSTD ? 90 : 30);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void flippedBitsAndOverwrittenFieldsInMetadata(long seed) throws IOException {
        writeImage(Compression.values()[(int) (seed % 3)]);
        Random random = new Random(seed);
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] bytes = image.clone();
            for (int damage = 1 + random.nextInt(3); damage > 0; damage--) {
                int at = metadataOffset(random);
                if (random.nextBoolean()) {
                    bytes[at] ^= (byte) (1 << random.nextInt(8));
                } else {
                    ByteBuffer.wrap(bytes).putLong(at & ~7, NASTY[random.nextInt(NASTY.length)]);
                }
            }
            Files.write(victim, bytes);
            try {
                refused += exercise(random) ? 0 : 1;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("seed " + seed + " round " + round, e);
            }
        }
        assertThat(refused).as("most damage to metadata is seen").isGreaterThan(100);
    }

    @Test
    void truncatedAnywhere() throws IOException {
        Random random = new Random(5);
        for (int round = 0; round < 400; round++) {
            int length = round < 200 ? round : random.nextInt(image.length);
            Files.write(victim, Arrays.copyOf(image, length));
            assertThat(exercise(random)).as("cut to %d bytes", length).isFalse();
        }
    }

    @Test
    void noise() throws IOException {
        Random random = new Random(6);
        for (int round = 0; round < 300; round++) {
            byte[] bytes = new byte[random.nextInt(20_000)];
            random.nextBytes(bytes);
            byte[] begin = Arrays.copyOf(image, random.nextInt(112));
            System.arraycopy(begin, 0, bytes, 0, Math.min(begin.length, bytes.length));
            Files.write(victim, bytes);
            exercise(random);
        }
    }

    /** A file that is large in name only must not make us allocate what it claims. */
    @Test
    void absurdSizesInASparseFile() throws IOException {
        Files.write(victim, Arrays.copyOf(image, CLUSTER));
        long end = 64L << 30;
        put(end - 8, 0);
        put(20, 21L << 32 | (1L << 50) >>> 32); // cluster_bits and the upper half of the size
        put(28, 0); // its lower half; no encryption
        put(36, ByteBuffer.allocate(4).putInt(4 << 20)); // l1_size
        put(40, 32L << 30); // l1_table_offset
        put(48, 48L << 30); // refcount_table_offset
        put(56, ByteBuffer.allocate(4).putInt(4)); // refcount_table_clusters
        try (Qcow2Reader reader = Qcow2Reader.open(victim)) {
            assertThat(reader.virtualSize()).isEqualTo(1L << 50);
            assertThat(reader.extents(0, 1L << 50))
                    .containsExactly(new ImageExtent(0, 1L << 50, ImageExtent.Kind.UNALLOCATED, -1, 0));
        }
        assertThat(Qcow2Check.check(victim).corruptions()).isPositive();
    }

    @Test
    void featuresThatWeDoNotHaveAreRefusedByName() throws IOException {
        assertRefused(72, 1L << 1, "the image is marked as corrupt (file offset 72)");
        assertRefused(
                72,
                1L << 2,
                "the image keeps its data in another file (external data file), which is not supported"
                        + " (file offset 72)");
        assertRefused(
                72,
                1L << 4,
                "the image has subclusters (extended L2 entries), which are not supported (file offset 72)");
        assertRefused(72, 1L << 40 | 1L << 5, "the image needs unknown features: bit 5, bit 40 (file offset 72)");
        assertRefused(32, 1L << 32 | 2, "the image is encrypted (method 1) (file offset 32)");
        assertRefused(4, 4L << 32, "version is 4, neither 2 nor 3 (file offset 4)");
        assertRefused(24, 1000, "size is 1000, not a multiple of 512 (file offset 24)");
    }

    private void assertRefused(int offset, long value, String message) throws IOException {
        Files.write(victim, image);
        put(offset, value);
        assertThatThrownBy(() -> Qcow2Reader.open(victim))
                .isInstanceOf(ImageException.class)
                .hasMessage(victim + ": " + message);
    }

    /** Reads and checks the victim in every way; returns whether nothing was refused and nothing found. */
    private boolean exercise(Random random) throws IOException {
        boolean good = true;
        try {
            good = Qcow2Check.check(victim).isClean();
        } catch (ImageException e) {
            good = false;
        }
        try (Qcow2Reader reader = Qcow2Reader.open(victim)) {
            reader.usesOf(0, Files.size(victim));
        } catch (ImageException e) {
            good = false;
        }
        try (ImageChain chain = ImageChain.open(victim, "qcow2", ImageAccess.within(folder))) {
            long size = chain.virtualSize();
            long[] covered = {0};
            chain.forEachExtent(0, size, extent -> covered[0] += extent.length());
            assertThat(covered[0]).isEqualTo(size);
            for (int i = 0; i < 5 && size > 0; i++) {
                long offset = (random.nextLong() >>> 1) % size;
                chain.read(offset, ByteBuffer.allocate((int) Math.min(size - offset, random.nextInt(300_000))));
            }
            ByteBuffer piece = ByteBuffer.allocate(1 << 20);
            for (long offset = 0; offset < Math.min(size, 2 * SIZE); offset += piece.limit()) {
                chain.read(offset, piece.clear().limit((int) Math.min(piece.capacity(), size - offset)));
            }
        } catch (ImageException e) {
            good = false;
        }
        return good;
    }

    /** Metadata is in the header's first bytes and behind the data. */
    private int metadataOffset(Random random) {
        int behindData = (int) ByteBuffer.wrap(image).getLong(48) - 4 * CLUSTER;
        return random.nextInt(3) == 0 ? random.nextInt(160) : behindData + random.nextInt(image.length - behindData);
    }

    private void put(long offset, long value) throws IOException {
        put(offset, ByteBuffer.allocate(Long.BYTES).putLong(value));
    }

    private void put(long offset, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(victim, StandardOpenOption.WRITE)) {
            channel.write(bytes.flip(), offset);
        }
    }
}
