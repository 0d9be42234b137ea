// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.image.FileUse.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each kind of structural damage is found, and named by its place in the file. */
class Qcow2CheckTest {
    private static final int CLUSTER = 4096;

    @TempDir
    Path folder;

    private Path file;

    // Clusters of the file: 0 header, 1 and 2 data, 3 and 4 L2 tables, 5 L1 table, 6 refcount table, 7 refcount block.
    @BeforeEach
    void writeImage() throws IOException {
        file = folder.resolve("image.qcow2");
        try (Qcow2Writer writer =
                Qcow2Writer.create(file, Qcow2Options.ofSize(4 << 20).withClusterSize(CLUSTER))) {
            writer.write(CLUSTER, ByteBuffer.wrap(new byte[CLUSTER]));
            writer.write(2 << 20, ByteBuffer.wrap(new byte[CLUSTER]));
            writer.finish();
        }
        assertThat(Files.size(file)).isEqualTo(8 * CLUSTER);
    }

    @Test
    void aGoodImageIsClean() throws IOException {
        Qcow2Check.Report report = Qcow2Check.check(file);
        assertThat(report.findings()).isEmpty();
        assertThat(report.isClean()).isTrue();
        assertThat(report.usedClusters()).isEqualTo(8);
    }

    @Test
    void aLeakIsFound() throws IOException {
        put(7 * CLUSTER + 8 * 2, (short) 1);
        assertThat(found()).containsExactly("LEAK cluster has refcount 1 and 0 uses (file offset 32768)");
    }

    @Test
    void aRefcountThatIsTooLowIsFound() throws IOException {
        put(7 * CLUSTER + 2, (short) 0);
        assertThat(found())
                .containsExactly(
                        "CORRUPTION the reference to data of guest offset 4096 has bit 63 set where the refcount is 0"
                                + " (file offset 12296)",
                        "CORRUPTION cluster has refcount 0 and 1 uses (file offset 4096)");
    }

    @Test
    void anOverlapIsFound() throws IOException {
        put(4 * CLUSTER, 0x8000_0000_0000_1000L);
        assertThat(found())
                .containsExactly(
                        "CORRUPTION cluster is used as data of guest offset 2097152 and for something else"
                                + " (file offset 4096)",
                        "CORRUPTION cluster has refcount 1 and 2 uses (file offset 4096)",
                        "LEAK cluster has refcount 1 and 0 uses (file offset 8192)");
    }

    @Test
    void aMissingBit63IsFound() throws IOException {
        put(5 * CLUSTER, 0x0000_0000_0000_3000L);
        assertThat(found())
                .containsExactly("CORRUPTION the reference to L2 table 0 has bit 63 not set where the refcount is 1"
                        + " (file offset 20480)");
    }

    @Test
    void referencesThatLeadNowhereAreFound() throws IOException {
        put(3 * CLUSTER + 8, 0x8000_0000_0100_0000L);
        put(5 * CLUSTER + 8, 0x8000_0000_0000_4200L);
        assertThat(found())
                .containsExactly(
                        "CORRUPTION entry 1 of L2 table 0 points to 16777216, which is no cluster of this file of 32768"
                                + " bytes (file offset 12296)",
                        "CORRUPTION L1 entry 1 points to 16896, which is no cluster of this file of 32768 bytes"
                                + " (file offset 20488)",
                        "LEAK cluster has refcount 1 and 0 uses (file offset 4096)",
                        "LEAK cluster has refcount 1 and 0 uses (file offset 8192)",
                        "LEAK cluster has refcount 1 and 0 uses (file offset 16384)");
    }

    @Test
    void aBrokenRefcountTableIsFound() throws IOException {
        put(6 * CLUSTER, 0x0000_0000_0000_7001L);
        assertThat(found())
                .containsExactly("CORRUPTION refcount table entry 0 is 0x0000000000007001, which is no cluster of this"
                        + " file of 32768 bytes (file offset 24576)");
    }

    @Test
    void everyByteOfTheFileHasAName() throws IOException {
        try (Qcow2Reader reader = Qcow2Reader.open(file)) {
            List<FileUse> uses = reader.usesOf(100, 8 * CLUSTER - 100);
            assertThat(uses)
                    .extracting(use -> use.fileOffset() + " " + use)
                    .containsExactly(
                            "100 header",
                            "4096 data of guest offset 4096",
                            "8192 data of guest offset 2097152",
                            "12288 L2 table 0",
                            "16384 L2 table 1",
                            "20480 L1 table",
                            "20496 unused",
                            "24576 refcount table",
                            "28672 refcount block 0");
            assertThat(reader.usesOf(4096 + 10, 1)).containsExactly(new FileUse(4106, 1, Kind.DATA, 0, 4106));
        }
    }

    private List<String> found() throws ImageException {
        return Qcow2Check.check(file).findings().stream()
                .map(finding -> finding.kind() + " " + finding)
                .toList();
    }

    private void put(long offset, long value) throws IOException {
        put(offset, ByteBuffer.allocate(Long.BYTES).putLong(value));
    }

    private void put(long offset, short value) throws IOException {
        put(offset, ByteBuffer.allocate(Short.BYTES).putShort(value));
    }

    private void put(long offset, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(bytes.flip(), offset);
        }
    }
}
