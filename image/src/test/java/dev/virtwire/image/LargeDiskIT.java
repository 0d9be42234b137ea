// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Disks far larger than the memory, in a Java machine of 64 MiB of heap; qemu-img judges what comes out. */
class LargeDiskIT {
    private static final long MIB = 1L << 20;
    private static final long GIB = 1L << 30;
    private static final long TIB = 1L << 40;

    @TempDir
    Path folder;

    @Test
    void aSparseDiskOf4TibWithMoreTablesThanMemoryHolds() throws Exception {
        inSmallHeap("scattered", "64");
        judgeScattered();
    }

    @Test
    void theSameWithTheSmallestClusters() throws Exception {
        inSmallHeap("scattered", "4");
        judgeScattered();
    }

    @Test
    void anEmptyDiskOf4TibIsSmall() throws Exception {
        inSmallHeap("empty", "64");
        Path file = folder.resolve("empty.qcow2");
        assertThat(Files.size(file)).isLessThan(MIB);
        Qemu.img(folder, "create", "-q", "-f", "raw", "truth.raw", Long.toString(4 * TIB));
        Qemu.judge(file, folder.resolve("truth.raw"));
    }

    @Test
    void zerosOverATebibyteOfABackingFile() throws Exception {
        inSmallHeap("zeros", "64");
        Qemu.img(folder, "check", "-q", "-f", "qcow2", "zeros.qcow2");
        assertThat(Qemu.img(folder, "map", "--output=json", "-f", "qcow2", "zeros.qcow2"))
                .contains("\"start\": 0, \"length\": 1099511627776, \"depth\": 0")
                .doesNotContain("\"data\": true");
    }

    private void judgeScattered() throws Exception {
        Path file = folder.resolve("scattered.qcow2");
        Path truth = folder.resolve("truth.raw");
        Qemu.img(folder, "create", "-q", "-f", "raw", "truth.raw", Long.toString(4 * TIB));
        try (RawWriter raw = RawWriter.create(folder.resolve("scattered.raw"), 4 * TIB)) {
            scatter(raw);
            raw.finish();
        }
        Files.move(folder.resolve("scattered.raw"), truth, StandardCopyOption.REPLACE_EXISTING);
        Qemu.judge(file, truth);
        assertThat(Qcow2Check.check(file).findings()).isEmpty();
    }

    private void inSmallHeap(String what, String clusterKib) throws IOException, InterruptedException {
        List<String> command = SmallJava.command(Main.class, what, clusterKib, folder.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    /** A few clusters in each of many second-level tables, in an order that keeps none of them in memory. */
    private static void scatter(ImageWriter writer) throws ImageException {
        for (int round = 0; round < 2; round++) {
            for (long i = 0; i < 400; i++) {
                long offset = i * 10 * GIB + round * 3 * MIB;
                byte[] data = new byte[64 << 10];
                Arrays.fill(data, (byte) (i + round + 1));
                writer.write(offset, ByteBuffer.wrap(data));
            }
        }
        writer.write(4 * TIB - MIB, ByteBuffer.wrap(new byte[(int) MIB]));
    }

    /** What runs in the small Java machine. */
    static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws IOException {
            Qcow2Options options = Qcow2Options.ofSize(4 * TIB).withClusterSize(Integer.parseInt(arguments[1]) << 10);
            Path folder = Path.of(arguments[2]);
            Path file = folder.resolve(arguments[0] + ".qcow2");
            switch (arguments[0]) {
                case "empty" -> write(file, options, writer -> writer.writeZeroes(0, 4 * TIB));
                case "scattered" -> write(file, options, LargeDiskIT::scatter);
                default -> {
                    write(folder.resolve("base.qcow2"), options, writer -> writer.writeZeroes(0, 4 * TIB));
                    write(file, options.withBacking("base.qcow2", "qcow2"), writer -> writer.writeZeroes(0, TIB));
                }
            }
            // Reading all of it again has to fit as well.
            try (ImageChain chain = ImageChain.open(file, "qcow2", ImageAccess.within(folder))) {
                long[] covered = {0};
                chain.forEachExtent(0, chain.virtualSize(), extent -> covered[0] += extent.length());
                if (covered[0] != 4 * TIB || !Qcow2Check.check(file).isClean()) {
                    throw new AssertionError("covered " + covered[0]);
                }
            }
        }

        private interface Content {
            void write(Qcow2Writer writer) throws IOException;
        }

        private static void write(Path file, Qcow2Options options, Content content) throws IOException {
            try (Qcow2Writer writer = Qcow2Writer.create(file, options)) {
                content.write(writer);
                writer.finish();
            }
        }
    }
}
