// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the metadata of an image looks like, byte by byte. */
class Qcow2GoldenHeaderTest {
    @TempDir
    Path folder;

    @Test
    void aFullImage() throws IOException {
        Path file = folder.resolve("full.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(file, Qcow2Options.ofSize(1 << 20))) {
            writer.write(65536, ByteBuffer.wrap(new byte[65536]));
            writer.finish();
        }
        assertBytes(
                file,
                0,
                "514649fb", // magic: QFI and 0xfb
                "00000003", // version 3
                "0000000000000000", // backing_file_offset: none
                "00000000", // backing_file_size
                "00000010", // cluster_bits: 64 KiB
                "0000000000100000", // size: 1 MiB
                "00000000", // crypt_method: none
                "00000001", // l1_size: 1 entry
                "0000000000030000", // l1_table_offset: cluster 3
                "0000000000040000", // refcount_table_offset: cluster 4
                "00000001", // refcount_table_clusters
                "00000000", // nb_snapshots
                "0000000000000000", // snapshots_offset
                "0000000000000000", // incompatible_features
                "0000000000000000", // compatible_features
                "0000000000000000", // autoclear_features
                "00000004", // refcount_order: 16 bits
                "00000070", // header_length: 112
                "00", // compression_type: deflate
                "00000000000000", // padding
                "00000000", // extension: end
                "00000000"); // of 0 bytes
        assertBytes(file, 0x20000, "0000000000000000", "8000000000010000", "0000000000000000"); // L2: data in cluster 1
        assertBytes(file, 0x30000, "8000000000020000", "0000000000000000"); // L1: table in cluster 2
        assertBytes(file, 0x40000, "0000000000050000", "0000000000000000"); // refcount table: block in cluster 5
        assertBytes(file, 0x50000, "000100010001000100010001", "0000"); // each of the 6 clusters is used once
        assertThat(Files.size(file)).isEqualTo(0x60000);
    }

    @Test
    void anImageWithABackingFile() throws IOException {
        Path file = folder.resolve("increment.qcow2");
        Qcow2Options options = Qcow2Options.ofSize(512).withClusterSize(4096).withBacking("../base/vda.qcow2", "qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(file, options)) {
            writer.writeZeroes(0, 512);
            writer.finish();
        }
        assertBytes(
                file,
                0,
                "514649fb", // magic
                "00000003", // version 3
                "0000000000000088", // backing_file_offset: 136
                "00000011", // backing_file_size: 17
                "0000000c", // cluster_bits: 4 KiB
                "0000000000000200", // size: 512
                "00000000", // crypt_method
                "00000001", // l1_size
                "0000000000002000", // l1_table_offset
                "0000000000003000", // refcount_table_offset
                "00000001", // refcount_table_clusters
                "00000000", // nb_snapshots
                "0000000000000000", // snapshots_offset
                "0000000000000000", // incompatible_features
                "0000000000000000", // compatible_features
                "0000000000000000", // autoclear_features
                "00000004", // refcount_order
                "00000070", // header_length
                "0000000000000000", // compression_type, padding
                "e2792aca", // extension: backing file format
                "00000005", // of 5 bytes
                "71636f7732", // qcow2
                "000000", // padding
                "00000000", // extension: end
                "00000000",
                HexFormat.of().formatHex("../base/vda.qcow2".getBytes(StandardCharsets.UTF_8)));
        assertBytes(file, 0x1000, "0000000000000001", "0000000000000000"); // L2: one explicit zero cluster
    }

    @Test
    void aZstdImageSaysSoInAFeatureBitAndAField() throws IOException {
        Path file = folder.resolve("zstd.qcow2");
        Qcow2Options options = Qcow2Options.ofSize(1 << 20).withCompression(Compression.ZSTD);
        try (Qcow2Writer writer = Qcow2Writer.create(file, options)) {
            writer.finish();
        }
        assertBytes(file, 72, "0000000000000008"); // incompatible_features: bit 3, compression type
        assertBytes(file, 104, "01"); // compression_type: zstd
    }

    /** A cluster of 64 KiB: the host offset takes bits 0 to 53, the number of additional sectors 54 to 61. */
    @Test
    void aCompressedClusterIsAnOffsetAndSectors() throws IOException {
        Path file = folder.resolve("deflate.qcow2");
        Qcow2Options options = Qcow2Options.ofSize(1 << 20).withCompression(Compression.DEFLATE);
        byte[] noise = new byte[3 << 16];
        new Random(1).nextBytes(noise);
        Arrays.fill(noise, 600, 1 << 16, (byte) 0); // 600 bytes of noise become about 680
        Arrays.fill(noise, (1 << 16) + 600, 2 << 16, (byte) 0);
        try (Qcow2Writer writer = Qcow2Writer.create(file, options)) {
            writer.write(0, ByteBuffer.wrap(noise, 0, 2 << 16));
            writer.finish();
        }
        byte[] all = Files.readAllBytes(file);
        int l2 = (int) (ByteBuffer.wrap(all).getLong((int) ByteBuffer.wrap(all).getLong(40)) & 0xffffff);
        // Behind the first MiB, which is for small pieces that are not compressed.
        assertThat(ByteBuffer.wrap(all).getLong(l2)).isEqualTo(1L << 62 | 1L << 54 | 0x100000);
        long second = ByteBuffer.wrap(all).getLong(l2 + 8);
        assertThat(second >>> 62).isEqualTo(1);
        assertThat(second & 0x3fffff).as("right behind the first").isBetween(0x100000L + 600, 0x100000L + 1024);
        assertThat(second >>> 54 & 0xff)
                .as("begins and ends in sectors of others")
                .isBetween(1L, 2L);
    }

    @Test
    void anEmptyDiskHasNoFirstLevelTable() throws IOException {
        Path file = folder.resolve("empty.qcow2");
        try (Qcow2Writer writer = Qcow2Writer.create(file, Qcow2Options.ofSize(0))) {
            writer.finish();
        }
        assertBytes(
                file, 24, "0000000000000000", "00000000", "00000000", "0000000000000000"); // size, …, l1_size, offset
        assertBytes(file, 0x20000, "000100010001", "0000"); // header, refcount table, refcount block
        assertThat(Files.size(file)).isEqualTo(0x30000);
    }

    private static void assertBytes(Path file, int offset, String... hex) throws IOException {
        String expected = String.join("", hex);
        byte[] all = Files.readAllBytes(file);
        assertThat(HexFormat.of().formatHex(Arrays.copyOfRange(all, offset, offset + expected.length() / 2)))
                .isEqualTo(expected);
    }
}
