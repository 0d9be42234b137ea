// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.image.ImageExtent.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** An edit changes what it writes, keeps the rest, and leaves a file without error, leak or tail. */
@Timeout(300)
class Qcow2EditorTest {
    private static final int MIB = 1 << 20;
    private static final int CLUSTER = 64 << 10;

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @ParameterizedTest(name = "{0}, on a base: {1}, clusters of {2}")
    @CsvSource({
        "NONE, false, 4096",
        "NONE, true, 4096",
        "ZSTD, false, 4096",
        "ZSTD, true, 65536",
        "DEFLATE, true, 4096",
        "DEFLATE, false, 65536"
    })
    void randomEditsOfRandomImages(Compression compression, boolean backed, int clusterSize) throws IOException {
        for (long seed = 1; seed <= 15; seed++) {
            EditCase edit = new EditCase(folder, seed, compression, backed, clusterSize, 9 * MIB + 512 * (int) seed);
            byte[] bytes = Files.readAllBytes(edit.file);
            Qcow2Editor editor = edit.edit(edit.file);
            assertThat(Qcow2Check.check(edit.file).findings()).as("%s", edit).isEmpty();
            assertThat(edit.read(edit.file)).as("%s", edit).isEqualTo(edit.after.content);
            BitSet differing = EditCase.differences(bytes, Files.readAllBytes(edit.file));
            differing.andNot(editor.changedBlocks());
            assertThat(differing)
                    .as("blocks that changed and are not told, %s", edit)
                    .isEqualTo(new BitSet());
            try (Qcow2Reader reader = Qcow2Reader.open(edit.file)) {
                // Of compressed data both know only the sectors.
                assertThat(reader.unusedBytes()).as("%s", edit).isCloseTo(editor.deadBytes(), within(edit));
            }
        }
    }

    private static org.assertj.core.data.Offset<Long> within(EditCase edit) {
        return org.assertj.core.data.Offset.offset(
                Math.max(1L, 300L * edit.before.content.length / edit.clusterSize / 4));
    }

    @Test
    void whatIsNotCompressedIsOverwrittenInPlace() throws IOException {
        Path file = image(Compression.NONE, 10 * MIB, 0, 4 * MIB);
        byte[] before = Files.readAllBytes(file);
        try (Qcow2Editor editor = Qcow2Editor.open(file)) {
            assertThat(editor.compression()).isEqualTo(Compression.NONE);
            editor.write(MIB, noise(3 * CLUSTER));
            editor.finish();
            assertThat(editor.changedBlocks()).isEqualTo(BitSet.valueOf(new long[] {1 << 2}));
        }
        assertThat(Files.size(file)).isEqualTo(before.length);
        assertThat(EditCase.differences(before, Files.readAllBytes(file)).cardinality())
                .isEqualTo(1);
    }

    @Test
    void zerosFreeRoomThatLaterDataTakes() throws IOException {
        Path file = image(Compression.NONE, 40 * MIB, 0, 8 * MIB);
        long size = Files.size(file);
        try (Qcow2Editor editor = Qcow2Editor.open(file)) {
            long unused = editor.deadBytes();
            editor.writeZeros(2 * MIB, 4 * MIB);
            assertThat(editor.deadBytes()).isEqualTo(unused + 4 * MIB);
            editor.finish();
            assertThat(editor.deadBytes()).isEqualTo(unused + 4 * MIB);
        }
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            assertThat(reader.extents(2 * MIB, 4 * MIB))
                    .as("without a backing file nothing need be said")
                    .extracting(ImageExtent::kind)
                    .containsExactly(Kind.UNALLOCATED);
            assertThat(reader.storedLength(2 * MIB)).isZero();
            assertThat(reader.storedLength(MIB)).isEqualTo(CLUSTER);
        }
        try (Qcow2Editor editor = Qcow2Editor.open(file)) {
            editor.write(20 * MIB, noise(4 * MIB));
            editor.finish();
        }
        assertThat(Files.size(file)).isEqualTo(size);
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
    }

    @Test
    void aReaderThatWasOpenBeforeFollowsToANewTable() throws IOException {
        int tables = 40;
        long perTable = 512L * MIB;
        Path file = folder.resolve("growing.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(file, Qcow2Options.ofSize(tables * perTable))) {
            writer.write(0, noise(CLUSTER));
            writer.finish();
        }
        try (Qcow2Reader reader = Qcow2Reader.open(file);
                Qcow2Editor editor = Qcow2Editor.open(file)) {
            for (int i = 1; i < tables; i++) {
                editor.write(i * perTable, noise(CLUSTER));
            }
            editor.finish();

            for (int i = 1; i < tables; i++) {
                ByteBuffer beside = ByteBuffer.allocate(CLUSTER);
                reader.read(i * perTable + CLUSTER, beside);
                assertThat(beside.array()).containsOnly(0);
            }
        }
    }

    @Test
    void whatIsUnusedAtTheEndIsCut() throws IOException {
        Path file = image(Compression.ZSTD, 40 * MIB, 0, MIB);
        long size = Files.size(file);
        try (Qcow2Editor editor = Qcow2Editor.open(file)) {
            editor.write(20 * MIB, noise(8 * MIB));
            editor.finish();
        }
        assertThat(Files.size(file)).isGreaterThan(size + 8 * MIB - MIB);
        try (Qcow2Editor editor = Qcow2Editor.open(file)) {
            editor.writeZeros(20 * MIB, 8 * MIB);
            editor.finish();
            assertThat(editor.changedBlocks()
                            .get((int) (size / MIB) + 2, (int) (size / MIB) + 6)
                            .cardinality())
                    .isEqualTo(4);
        }
        assertThat(Files.size(file)).isLessThan(size + 2 * MIB);
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
    }

    @Test
    void wholeMebibytesLieOnMebibytesIfThatLeavesLittleUnused() throws IOException {
        Path file = image(Compression.NONE, 300 * MIB, 0, 200 * MIB);
        try (Qcow2Editor editor = Qcow2Editor.open(file)) {
            for (int i = 200; i < 204; i++) {
                editor.write((long) i * MIB, noise(MIB));
            }
            editor.write(205 * MIB, noise(CLUSTER));
            editor.finish();
            assertThat(editor.deadBytes()).isLessThan(2 * MIB);
        }
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            ImageExtent extent = reader.extents(200 * MIB, 4 * MIB).get(0);
            assertThat(extent.length()).isEqualTo(4 * MIB);
            assertThat(extent.hostOffset() % MIB).isZero();
            assertThat(reader.extents(205 * MIB, CLUSTER).get(0).hostOffset()).isLessThan(extent.hostOffset());
        }
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Compression.class)
    void severalThreadsWriteAtOnce(Compression compression) throws Exception {
        Path file = image(compression, 64 * MIB, 0, 32 * MIB);
        byte[] noise = noise(MIB).array();
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try (Qcow2Editor editor = Qcow2Editor.open(file)) {
            for (Future<?> each : IntStream.range(0, 64)
                    .mapToObj(i -> pool.submit(() -> {
                        ByteBuffer data = ByteBuffer.allocate(MIB / 2);
                        data.put(0, noise, i * CLUSTER % MIB / 2, MIB / 4);
                        editor.write((long) i * MIB + MIB / 4, data);
                        return null;
                    }))
                    .toList()) {
                each.get();
            }
            editor.finish();
        } finally {
            pool.shutdownNow();
        }
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            for (int i = 0; i < 64; i++) {
                ByteBuffer data = ByteBuffer.allocate(MIB / 4);
                reader.read((long) i * MIB + MIB / 4, data);
                assertThat(data.flip()).isEqualTo(ByteBuffer.wrap(noise, i * CLUSTER % MIB / 2, MIB / 4));
            }
        }
    }

    @Test
    void otherKindsOfImagesAreRefusedByName() throws IOException {
        assertRefused(4, ByteBuffer.allocate(4).putInt(2), "has version 2, and only version 3 is edited");
        assertRefused(
                96, ByteBuffer.allocate(4).putInt(5), "has reference counts of 32 bits, and only 16 bits are edited");
        assertRefused(60, ByteBuffer.allocate(4).putInt(1), "holds internal snapshots and is not edited");
        assertRefused(72, ByteBuffer.allocate(8).putLong(1), "is marked as dirty and is not edited");
        assertRefused(72, ByteBuffer.allocate(8).putLong(2), "the image is marked as corrupt (file offset 72)");
        assertRefused(
                72,
                ByteBuffer.allocate(8).putLong(4),
                "the image keeps its data in another file (external data file), which is not supported"
                        + " (file offset 72)");
        assertRefused(
                80,
                ByteBuffer.allocate(8).putLong(1),
                "has features that no image of ours has (0x0000000000000001): not edited (file offset 80)");
        assertRefused(
                112, ByteBuffer.allocate(8).putInt(0x23852875).putInt(0), "holds persistent bitmaps and is not edited");
        Path raw = Files.write(folder.resolve("x.raw"), new byte[MIB]);
        assertThatThrownBy(() -> Qcow2Editor.open(raw))
                .isInstanceOf(ImageException.class)
                .hasMessage(raw + ": is not a qcow2 image (file offset 0)");
    }

    private void assertRefused(long at, ByteBuffer bytes, String message) throws IOException {
        Path file = image(Compression.NONE, MIB, 0, MIB);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(bytes.flip(), at);
        }
        assertThatThrownBy(() -> Qcow2Editor.open(file))
                .isInstanceOf(ImageException.class)
                .hasMessage(file + ": " + message);
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Compression.class)
    void damagedImagesAreRefusedOrEditedButNothingElse(Compression compression) throws IOException {
        EditCase edit = new EditCase(folder, 77, compression, true, 4096, 4 * MIB);
        byte[] good = Files.readAllBytes(edit.file);
        int metadata = (int) ByteBuffer.wrap(good).getLong(40) - 3 * 4096;
        Random random = new Random(78);
        int refused = 0;
        for (int round = 0; round < 300; round++) {
            byte[] bad = good.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                int at = random.nextInt(4) == 0
                        ? random.nextInt(160)
                        : metadata + random.nextInt(good.length - metadata);
                if (random.nextBoolean()) {
                    bad[at] ^= (byte) (1 << random.nextInt(8));
                } else {
                    ByteBuffer.wrap(bad).putLong(at & ~7, random.nextLong() >>> random.nextInt(60));
                }
            }
            Files.write(edit.file, bad);
            try {
                edit.edit(edit.file);
                assertThat(Qcow2Check.check(edit.file).findings())
                        .as("round %d", round)
                        .isEmpty();
            } catch (ImageException e) {
                refused++;
            } catch (IllegalArgumentException e) {
                // The damaged size is that of a smaller disk.
                assertThat(e).hasMessageContaining("not within a disk of");
            }
        }
        assertThat(refused).isGreaterThan(60);
    }

    private Path image(Compression compression, long size, long offset, int length) throws IOException {
        Path file = folder.resolve("image.qcow2");
        Files.deleteIfExists(file);
        try (Qcow2Writer writer =
                Qcow2Writer.create(file, Qcow2Options.ofSize(size).withCompression(compression))) {
            ByteBuffer data = ByteBuffer.allocate(MIB);
            for (int i = 0; i < length / MIB; i++) {
                data.putInt(0, i);
                writer.write(offset + (long) i * MIB, data.clear());
            }
            writer.finish();
        }
        return file;
    }

    private static ByteBuffer noise(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }
}
