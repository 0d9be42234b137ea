// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.image.Compression;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.Qcow2Check;
import dev.virtwire.image.Qcow2Options;
import dev.virtwire.image.Qcow2Reader;
import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.image.StoredBitmap;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a file holds, reading and checking it as qcow2 ends with content or an {@link ImageException}. The input is
 * the file, with runs of zeros left out: two bytes tell how many blocks of 64 zeros come next, two how many bytes of
 * the input after them.
 */
class Qcow2FuzzTest {
    private static final int BLOCK = 64;
    private static final int MOST_BYTES = 1 << 20;
    private static final Path FOLDER = Scratch.folder();

    static Stream<byte[]> seeds() throws IOException {
        List<byte[]> seeds = new ArrayList<>();
        for (Compression compression : Compression.values()) {
            seeds.add(packed(image(4096, 1 << 20, compression, null)));
            seeds.add(packed(image(4096, 64 << 20, compression, "base.raw")));
        }
        seeds.add(packed(image(65536, 1 << 20, Compression.NONE, null)));
        seeds.add(packed(withBitmap(image(4096, 1 << 20, Compression.NONE, null))));
        return seeds.stream();
    }

    private static byte[] image(int clusterSize, long size, Compression compression, String backing)
            throws IOException {
        Path file = FOLDER.resolve("seed.qcow2");
        Files.deleteIfExists(file);
        Qcow2Options options =
                Qcow2Options.ofSize(size).withClusterSize(clusterSize).withCompression(compression);
        try (Qcow2Writer writer =
                Qcow2Writer.create(file, backing == null ? options : options.withBacking(backing, "raw"))) {
            byte[] data = new byte[clusterSize];
            Arrays.fill(data, 0, 80, (byte) 'v');
            writer.write(0, ByteBuffer.wrap(data));
            writer.writeZeroes(clusterSize, clusterSize);
            writer.write(4L * clusterSize, ByteBuffer.wrap(data));
            writer.finish();
        }
        byte[] bytes = Files.readAllBytes(file);
        Files.delete(file);
        return bytes;
    }

    /** With a directory of one bitmap at the file's end. */
    private static byte[] withBitmap(byte[] image) {
        byte[] bytes = Arrays.copyOf(image, image.length + 32);
        ByteBuffer file = ByteBuffer.wrap(bytes);
        file.putLong(88, 1); // autoclear: what follows is true
        file.position(112);
        file.putInt(0x23852875).putInt(24).putInt(1).putInt(0).putLong(32).putLong(image.length);
        file.position(image.length);
        file.putLong(4096)
                .putInt(1)
                .putInt(3)
                .put((byte) 1)
                .put((byte) 16)
                .putShort((short) 5)
                .putInt(0);
        file.put("dirty".getBytes(StandardCharsets.US_ASCII));
        return bytes;
    }

    private static byte[] packed(byte[] image) {
        Bytes out = new Bytes();
        for (int at = 0; at < image.length; ) {
            int data = at;
            while (data < image.length && zeros(image, data) && (data - at) / BLOCK < 0xffff) {
                data += BLOCK;
            }
            data = Math.min(data, image.length);
            int end = data;
            while (end < image.length && !zeros(image, end)) {
                end += BLOCK;
            }
            end = Math.min(end, image.length);
            out.u16((data - at) / BLOCK).u16(end - data).raw(Arrays.copyOfRange(image, data, end));
            at = end;
        }
        return out.done();
    }

    private static boolean zeros(byte[] image, int at) {
        for (int i = at; i < Math.min(at + BLOCK, image.length); i++) {
            if (image[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] unpacked(byte[] input) {
        Bytes out = new Bytes();
        ByteBuffer in = ByteBuffer.wrap(input);
        for (int length = 0; in.remaining() >= 4 && length < MOST_BYTES; ) {
            int zeros = (in.getShort() & 0xffff) * BLOCK;
            byte[] data = new byte[Math.min(in.getShort() & 0xffff, in.remaining())];
            in.get(data);
            zeros = Math.min(zeros, MOST_BYTES - length);
            out.raw(new byte[zeros]).raw(data);
            length += zeros + data.length;
        }
        return out.done();
    }

    @MethodSource("seeds")
    @FuzzTest
    void reads(byte[] input) throws IOException {
        Path file = FOLDER.resolve("victim.qcow2");
        Files.write(file, unpacked(input));
        try {
            Qcow2Check.Report report = Qcow2Check.check(file);
            assertThat(report.findings()).hasSizeLessThanOrEqualTo(Qcow2Check.MAX_FINDINGS);
        } catch (ImageException e) {
            assertThat(e.file()).isEqualTo(file);
        }
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            read(reader, Files.size(file));
        } catch (ImageException e) {
            assertThat(e.file()).isEqualTo(file);
        }
        try {
            StoredBitmap.of(file);
        } catch (ImageException e) {
            assertThat(e.file()).isEqualTo(file);
        }
    }

    private static void read(Qcow2Reader reader, long fileSize) throws IOException {
        long size = reader.virtualSize();
        reader.backing();
        ByteBuffer piece = ByteBuffer.allocate(1 << 16);
        for (long offset : new long[] {0, Math.max(0, size - piece.capacity())}) {
            piece.clear().limit((int) Math.min(piece.capacity(), size - offset));
            reader.read(offset, piece);
            assertThat(piece.hasRemaining()).isFalse();
        }
        long[] covered = {0};
        // A table may be named as often as the first level has room for: a part of a large disk must do.
        long part = Math.min(size, 256L << 20);
        reader.forEachExtent(0, part, extent -> covered[0] += extent.length());
        assertThat(covered[0]).isEqualTo(part);
        reader.usesOf(0, fileSize);
    }
}
