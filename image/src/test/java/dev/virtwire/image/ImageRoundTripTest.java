// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageExtent.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is written comes back, lies where the layout says, and counts only once it is finished. */
class ImageRoundTripTest {
    private static final int MIB = 1 << 20;
    private static final int CLUSTER = 64 << 10;

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @Test
    void wholeMebibytesLieOnMebibytesOfTheFileAndSmallPiecesShare() throws IOException {
        Path file = folder.resolve("layout.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(file, Qcow2Options.ofSize(100L * MIB))) {
            assertThat(writer.write(5 * MIB, data(CLUSTER)))
                    .as("beside the header")
                    .isEqualTo(CLUSTER);
            assertThat(writer.write(7 * MIB, data(MIB))).isEqualTo(MIB);
            assertThat(writer.write(9 * MIB + CLUSTER, data(2 * CLUSTER))).isEqualTo(2 * CLUSTER);
            assertThat(writer.write(20 * MIB - CLUSTER, data(2 * MIB)))
                    .as("covers a whole MiB, at the same distance from a boundary")
                    .isEqualTo(3 * MIB - CLUSTER);
            assertThat(writer.write(40 * MIB, data(MIB - CLUSTER)))
                    .as("in the gap before that")
                    .isEqualTo(2 * MIB);
            writer.finish();
        }
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            assertThat(reader.extents(7 * MIB, 3 * MIB))
                    .containsExactly(
                            new ImageExtent(7 * MIB, MIB, Kind.DATA, MIB, 0),
                            new ImageExtent(8 * MIB, MIB + CLUSTER, Kind.UNALLOCATED, -1, 0),
                            new ImageExtent(9 * MIB + CLUSTER, 2 * CLUSTER, Kind.DATA, 2 * CLUSTER, 0),
                            new ImageExtent(9 * MIB + 3 * CLUSTER, MIB - 3 * CLUSTER, Kind.UNALLOCATED, -1, 0));
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(value = Compression.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void compressedClustersArePackedAndWhatDoesNotShrinkStays(Compression compression) throws IOException {
        Path file = folder.resolve("packed.qcow2");
        try (Qcow2Writer writer =
                Qcow2Writer.create(file, Qcow2Options.ofSize(10 * MIB + 512).withCompression(compression))) {
            assertThat(writer.write(0, filled(2 * MIB, 7))).as("compressed").isEqualTo(-1);
            assertThat(writer.write(4 * MIB, data(MIB))).as("noise, aligned").isEqualTo(2 * MIB);
            ByteBuffer mixed = ByteBuffer.allocate(3 * CLUSTER).put(CLUSTER, data(CLUSTER), 0, CLUSTER);
            assertThat(writer.write(8 * MIB, mixed)).as("mixed").isEqualTo(-1);
            assertThat(mixed.hasRemaining()).isFalse();
            assertThat(writer.write(10 * MIB, filled(512, 8))).as("the end").isEqualTo(-1);
            writer.finish();
        }
        assertThat(Files.size(file)).isLessThan(4 * MIB);
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            assertThat(reader.extents(0, 5 * MIB))
                    .containsExactly(
                            new ImageExtent(0, 2 * MIB, Kind.DATA, -1, 0),
                            new ImageExtent(2 * MIB, 2 * MIB, Kind.UNALLOCATED, -1, 0),
                            new ImageExtent(4 * MIB, MIB, Kind.DATA, 2 * MIB, 0));
            ByteBuffer read = ByteBuffer.allocate(3 * CLUSTER);
            reader.read(8 * MIB, read);
            assertThat(read.slice(CLUSTER, CLUSTER)).isEqualTo(data(CLUSTER));
            ByteBuffer end = ByteBuffer.allocate(512 + 100);
            reader.read(10 * MIB - 100, end);
            assertThat(end.get(99)).isZero();
            assertThat(end.get(100)).isEqualTo((byte) 8);
        }
    }

    /** 4 KiB clusters: 512 second-level tables, and a refcount block for each 8 MiB of the file. */
    @ParameterizedTest(name = "{0}, L2 tables in {1} bytes")
    @CsvSource({"NONE, 0", "NONE, 2097152", "ZSTD, 0", "ZSTD, 2097152"})
    void tablesThatDoNotFitIntoMemoryGoToTheFileAndComeBack(Compression compression, int l2Memory) throws IOException {
        Path file = folder.resolve("spilled.qcow2");
        int stride = 256 << 10;
        Qcow2Options options = Qcow2Options.ofSize(1024L * MIB)
                .withClusterSize(4096)
                .withBacking("none.raw", "raw")
                .withCompression(compression);
        byte[] noise = data(MIB).array();
        try (Qcow2Writer writer = Qcow2Writer.createWithLittleMemory(file, options, l2Memory, 0)) {
            for (int i = 0; i < 4096; i++) {
                // Far apart, every time in another table.
                int at = (int) (i * 2_654_435_761L % 4096);
                writer.write((long) at * stride, ByteBuffer.wrap(noise, at * 8, 8192));
                writer.writeZeroes((long) at * stride + 8192, 4096);
            }
            writer.finish();
        }
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            ByteBuffer read = ByteBuffer.allocate(16384);
            for (int at = 0; at < 4096; at++) {
                reader.read((long) at * stride, read.clear());
                assertThat(read.slice(0, 8192)).isEqualTo(ByteBuffer.wrap(noise, at * 8, 8192));
                assertThat(reader.extents((long) at * stride + 8192, 8192))
                        .extracting(ImageExtent::kind)
                        .containsExactly(Kind.ZERO, Kind.UNALLOCATED);
            }
        }
    }

    @Test
    void zerosHideTheBackingFileAndTheRestShinesThrough() throws IOException {
        Path base = folder.resolve("base.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(base, Qcow2Options.ofSize(MIB))) {
            writer.write(0, filled(MIB, 1));
            writer.finish();
        }
        Path top = folder.resolve("top.qcow2");
        try (Qcow2Writer writer =
                Qcow2Writer.create(top, Qcow2Options.ofSize(2 * MIB).withBacking("base.qcow2", "qcow2"))) {
            writer.writeZeroes(CLUSTER, CLUSTER);
            writer.write(3 * CLUSTER, filled(CLUSTER, 2));
            writer.finish();
        }
        try (ImageChain chain = ImageChain.open(top, "qcow2", ImageAccess.within(folder))) {
            assertThat(chain.extents(0, 2 * MIB))
                    .containsExactly(
                            new ImageExtent(0, CLUSTER, Kind.DATA, MIB, 1),
                            new ImageExtent(CLUSTER, CLUSTER, Kind.ZERO, -1, 0),
                            new ImageExtent(2 * CLUSTER, CLUSTER, Kind.DATA, MIB + 2 * CLUSTER, 1),
                            new ImageExtent(3 * CLUSTER, CLUSTER, Kind.DATA, CLUSTER, 0),
                            new ImageExtent(4 * CLUSTER, MIB - 4 * CLUSTER, Kind.DATA, MIB + 4 * CLUSTER, 1),
                            new ImageExtent(MIB, MIB, Kind.UNALLOCATED, -1, 1));
            ByteBuffer read = ByteBuffer.allocate(4 * CLUSTER);
            chain.read(CLUSTER / 2, read);
            assertThat(read.get(0)).isEqualTo((byte) 1);
            assertThat(read.get(CLUSTER)).isZero();
            assertThat(read.get(2 * CLUSTER)).isEqualTo((byte) 1);
            assertThat(read.get(3 * CLUSTER)).isEqualTo((byte) 2);
        }
    }

    @Test
    void anUnfinishedImageIsNone() throws IOException {
        Path qcow2 = folder.resolve("unfinished.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(qcow2, Qcow2Options.ofSize(MIB))) {
            writer.write(0, data(MIB));
        }
        assertThatThrownBy(() -> Qcow2Reader.open(qcow2))
                .isInstanceOf(ImageException.class)
                .hasMessage(qcow2 + ": is not a qcow2 image (file offset 0)");
        Path raw = folder.resolve("unfinished.raw");
        try (RawWriter writer = RawWriter.create(raw, MIB)) {
            writer.write(0, data(MIB));
        }
        assertThat(raw).isEmptyFile();
    }

    @Test
    void aRawImageReadsAsWrittenAndZerosReallyAreZeros() throws IOException {
        Path file = folder.resolve("disk.raw");
        int size = 5 * MIB + 333;
        Disk disk = new Disk(7, size, 4096, null, 60);
        try (RawWriter writer = RawWriter.create(file, size)) {
            writer.write(MIB - 100, filled(MIB, 9));
            writer.writeZeroes(0, size);
            for (Disk.Step step : disk.shuffled()) {
                disk.apply(step, writer);
            }
            writer.finish();
        }
        assertThat(Files.readAllBytes(file)).isEqualTo(disk.content);
        try (RawReader reader = RawReader.open(file)) {
            ByteBuffer read = ByteBuffer.allocate(1000);
            reader.read(size - 1000, read);
            assertThat(read.array()).isEqualTo(Arrays.copyOfRange(disk.content, size - 1000, size));
        }
    }

    @Test
    void whatTheCallerGetsWrongIsSaid() throws IOException {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Qcow2Options.ofSize(1000))
                .withMessage("image size 1000 is not a multiple of 512");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Qcow2Options.ofSize(1L << 50).withClusterSize(4096))
                .withMessage("image size 1125899906842624 exceeds the 8796093022208 bytes that clusters of 4096 can"
                        + " address: use larger clusters");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Qcow2Options.ofSize(512).withBacking("nbd:base", "raw"))
                .withMessageContaining("protocol");
        Path file = folder.resolve("wrong.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(file, Qcow2Options.ofSize(MIB + 512))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> writer.write(512, data(CLUSTER)))
                    .withMessage("65536 bytes at offset 512 are not whole clusters of 65536");
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> writer.write(MIB, data(CLUSTER)))
                    .withMessage("65536 bytes at offset 1048576 are not within a disk of 1049088");
            writer.write(MIB, data(512));
            assertThatThrownBy(() -> writer.write(MIB, data(512)))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(file + ": the cluster at guest offset 1048576 is written a second time");
            assertThatThrownBy(writer::finish)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith(file + ": a write failed before: ");
        }
        assertThatThrownBy(() -> Qcow2Writer.create(file, Qcow2Options.ofSize(0)))
                .isInstanceOf(ImageException.class)
                .hasMessage(file + ": exists already and is not overwritten");
    }

    @Test
    void aLoopAndAnEscapeInTheChainAreRefused() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Path a = finished(inner.resolve("a.qcow2"), "b.qcow2");
        finished(inner.resolve("b.qcow2"), "../inner/a.qcow2");
        assertThatThrownBy(() -> ImageChain.open(a, "qcow2", ImageAccess.within(inner)))
                .isInstanceOf(ImageException.class)
                .hasMessageContaining("its backing file ../inner/a.qcow2 is above it already: a loop");
        finished(folder.resolve("out.qcow2"), null);
        Path c = finished(inner.resolve("c.qcow2"), "../out.qcow2");
        assertThatThrownBy(() -> ImageChain.open(c, "qcow2", ImageAccess.within(inner)))
                .isInstanceOf(ImageException.class)
                .hasMessage(c + ": its backing file ../out.qcow2 is outside " + inner);
        ImageChain.open(c, "qcow2", ImageAccess.anywhere()).close();
        Path d = finished(inner.resolve("d.qcow2"), "gone.qcow2");
        assertThatThrownBy(() -> ImageChain.open(d, "qcow2", ImageAccess.within(inner)))
                .isInstanceOf(ImageException.class)
                .hasMessageStartingWith(d + ": its backing file gone.qcow2 cannot be opened: NoSuchFileException");
    }

    @Test
    void aChainIsFollowedTo4096FilesAndNoFurther() throws IOException {
        Path base = folder.resolve("0.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(base, Qcow2Options.ofSize(MIB))) {
            writer.write(0, filled(MIB, 5));
            writer.finish();
        }
        for (int i = 1; i <= ImageChain.MAX_DEPTH; i++) {
            finished(folder.resolve(i + ".qcow2"), (i - 1) + ".qcow2");
        }
        try (ImageChain chain = ImageChain.open(folder.resolve("4095.qcow2"), "qcow2", ImageAccess.within(folder))) {
            ByteBuffer read = ByteBuffer.allocate(MIB);
            chain.read(0, read);
            assertThat(read.flip()).isEqualTo(filled(MIB, 5));
        }
        Path top = folder.resolve("4096.qcow2");
        assertThatThrownBy(() -> ImageChain.open(top, "qcow2", ImageAccess.within(folder)))
                .isInstanceOf(ImageException.class)
                .hasMessage(top + ": has more than 4096 files in its backing chain");
    }

    private static Path finished(Path file, @Nullable String backing) throws IOException {
        Qcow2Options options = Qcow2Options.ofSize(MIB).withClusterSize(4096);
        try (Qcow2Writer writer =
                Qcow2Writer.create(file, backing == null ? options : options.withBacking(backing, "qcow2"))) {
            writer.finish();
        }
        return file;
    }

    private static ByteBuffer data(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static ByteBuffer filled(int length, int value) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }
}
