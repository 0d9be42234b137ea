// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** qemu-img finds no error and no leak in images that are made in the order of their bytes. */
class Qcow2StreamIT {
    private static final int CLUSTER = 64 << 10;

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    /** Writes random runs to an image and to a raw file, and has both compared. */
    private void requireSound(long size, Random random, double density) throws Exception {
        Path image = folder.resolve("image.qcow2");
        Path truth = folder.resolve("truth.raw");
        Files.deleteIfExists(image);
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                RandomAccessFile raw = new RandomAccessFile(truth.toFile(), "rw")) {
            raw.setLength(0);
            raw.setLength(size);
            long clusters = (size + CLUSTER - 1) / CLUSTER;
            long written = 0;
            long[] end = new long[1];
            Qcow2Stream stream = new Qcow2Stream(size, bytes -> end[0] += write(file, bytes, end[0]));
            end[0] = stream.front();
            for (long cluster = 0; cluster < clusters; ) {
                long run = Math.min(clusters - cluster, 1 + random.nextInt(40));
                if (random.nextDouble() < density) {
                    byte[] data = new byte[(int) (Math.min(size, (cluster + run) * CLUSTER) - cluster * CLUSTER)];
                    random.nextBytes(data);
                    stream.write(cluster * CLUSTER, ByteBuffer.wrap(data));
                    raw.seek(cluster * CLUSTER);
                    raw.write(data);
                    written += run;
                }
                cluster += run;
            }
            ByteBuffer front = stream.finish();
            assertThat((long) front.remaining()).isEqualTo(stream.front());
            write(file, front, 0);
            // Nothing is in the file but data and tables.
            long tables = (size >> 29) + 1 + (end[0] >> 31) + 1;
            assertThat(end[0]).isLessThanOrEqualTo(stream.front() + (written + tables) * CLUSTER);
        }
        Qemu.judge(image, truth);
        assertThat(Qcow2Check.check(image).findings()).isEmpty();
    }

    private static int write(FileChannel file, ByteBuffer bytes, long offset) throws IOException {
        int length = bytes.remaining();
        long at = offset;
        while (bytes.hasRemaining()) {
            at += file.write(bytes, at);
        }
        return length;
    }

    @Test
    void seededDisksOfAllSizesPass() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 12; i++) {
            requireSound(512L * random.nextInt(40_000), random, random.nextDouble());
        }
        requireSound(0, random, 1);
        requireSound(512, random, 1);
        requireSound(CLUSTER, random, 1);
    }

    /** A table of the second level is of 512 MiB, and one of reference counts of 2 GiB of the file. */
    @Test
    void disksOfManyTablesPass() throws Exception {
        requireSound((1L << 29) + 512, new Random(1), 0.05);
        requireSound(1L << 32, new Random(2), 0.02);
    }

    /** What lies in the file at the place of each table is known before any data is. */
    @Test
    void aHugeDiskHasRoomForItsTables() throws Exception {
        long size = 16L << 40;
        Path image = folder.resolve("huge.qcow2");
        try (FileChannel file = FileChannel.open(image, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long[] end = new long[1];
            Qcow2Stream stream = new Qcow2Stream(size, bytes -> end[0] += write(file, bytes, end[0]));
            end[0] = stream.front();
            stream.write(0, ByteBuffer.allocate(CLUSTER));
            stream.write(size - CLUSTER, ByteBuffer.allocate(CLUSTER));
            write(file, stream.finish(), 0);
        }
        Qemu.img(folder, "check", "-q", "-f", "qcow2", image.toString());
    }

    @Test
    void dataComesInTheOrderOfTheDisk() throws Exception {
        Qcow2Stream stream = new Qcow2Stream(4 * CLUSTER, bytes -> bytes.position(bytes.limit()));
        stream.write(CLUSTER, ByteBuffer.allocate(CLUSTER));
        assertThatThrownBy(() -> stream.write(CLUSTER, ByteBuffer.allocate(CLUSTER)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> stream.write(2 * CLUSTER, ByteBuffer.allocate(512)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> stream.write(3 * CLUSTER, ByteBuffer.allocate(2 * CLUSTER)))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
