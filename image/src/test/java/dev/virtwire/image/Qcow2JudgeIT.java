// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** qemu-img finds no error and no leak in our images, and the content that we meant. */
class Qcow2JudgeIT {
    private static final int[] CLUSTER_SIZES = {
        4 << 10, 8 << 10, 16 << 10, 64 << 10, 64 << 10, 256 << 10, 1 << 20, 2 << 20
    };
    private static final long SEEDS = Long.getLong("virtwire.image.seeds", 50);
    private static final int[] DENSITIES = {0, 10, 50, 90, 100};

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    /** The profile {@code differential} takes more seeds, and two versions of QEMU. */
    @Test
    void seededChainsPass() throws Exception {
        int images = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            try {
                images += chain(seed);
            } catch (Exception | AssertionError e) {
                throw new AssertionError("seed " + seed, e);
            }
        }
        String judge = Qemu.img(folder, "--version").lines().findFirst().orElseThrow();
        System.out.println(judge + " read " + images + " images of ours, and we as many of its own");
    }

    /** QEMU compresses, we read: the other way round. */
    @Test
    void whatQemuCompressesWeRead() throws Exception {
        for (long seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            int size = random.nextInt(4 << 11) * 512;
            Disk disk = new Disk(seed, size, 512 << random.nextInt(9), null, 20 + random.nextInt(80));
            Files.write(folder.resolve("truth.raw"), disk.content);
            String type = random.nextBoolean() ? "zstd" : "zlib";
            String options = "compression_type=" + type + ",cluster_size=" + (512 << random.nextInt(13));
            Qemu.img(folder, "convert", "-c", "-f", "raw", "-O", "qcow2", "-o", options, "truth.raw", "theirs.qcow2");
            Path file = folder.resolve("theirs.qcow2");
            assertThat(Qcow2Check.check(file).findings()).as("seed %d", seed).isEmpty();
            try (Qcow2Reader reader = Qcow2Reader.open(file)) {
                byte[] read = new byte[size];
                reader.read(0, ByteBuffer.wrap(read));
                assertThat(read).as("seed %d, %s", seed, options).isEqualTo(disk.content);
            }
        }
    }

    @ParameterizedTest(name = "{0} bytes")
    @ValueSource(ints = {0, 512, 1024, 65536 - 512, 65536, 65536 + 512, 1 << 20, (10 << 20) + 512, (64 << 20) - 512})
    void sizesOfEveryKindPassDenseAndSparse(int size) throws Exception {
        for (int density : new int[] {0, 100}) {
            Disk disk = new Disk(size, size, 65536, null, density);
            Path file = folder.resolve("density" + density + ".qcow2");
            try (Qcow2Writer writer = Qcow2Writer.create(file, Qcow2Options.ofSize(size))) {
                writeInParallel(disk, writer);
                writer.finish();
            }
            Path truth = folder.resolve("truth.raw");
            Files.write(truth, disk.content);
            Qemu.judge(file, truth);
            assertThat(Qcow2Check.check(file).findings()).isEmpty();
        }
    }

    /** Returns the number of images. */
    private int chain(long seed) throws Exception {
        Random random = new Random(seed);
        Disk below = null;
        Path belowFile = null;
        int depth = 1 + random.nextInt(3);
        for (int level = 0; level < depth; level++) {
            int clusterSize = CLUSTER_SIZES[random.nextInt(CLUSTER_SIZES.length)];
            int size = random.nextInt(6) == 0
                    ? random.nextInt(4) * 512
                    : random.nextInt(random.nextInt(5) == 0 ? 20 << 11 : 5 << 11) * 512;
            Disk disk =
                    new Disk(random.nextLong(), size, clusterSize, below, DENSITIES[random.nextInt(DENSITIES.length)]);
            Qcow2Options options = Qcow2Options.ofSize(size)
                    .withClusterSize(clusterSize)
                    .withCompression(Compression.values()[random.nextInt(3)]);
            if (belowFile != null) {
                options = options.withBacking(belowFile.getFileName().toString(), "qcow2");
            }
            Path file = folder.resolve("seed" + seed + "-" + level + ".qcow2");
            try (Qcow2Writer writer = random.nextBoolean()
                    ? Qcow2Writer.create(file, options)
                    : Qcow2Writer.createWithLittleMemory(file, options, random.nextInt(2 << 20), 0)) {
                if (random.nextBoolean()) {
                    writeInParallel(disk, writer);
                } else {
                    for (Disk.Step step : random.nextBoolean() ? disk.steps : disk.shuffled()) {
                        disk.apply(step, writer);
                    }
                }
                writer.finish();
            }
            Path truth = folder.resolve("truth.raw");
            Files.write(truth, disk.content);
            Qemu.judge(file, truth);
            Qemu.img(folder, "convert", "-f", "qcow2", "-O", "raw", file.toString(), "converted.raw");
            assertThat(Files.mismatch(folder.resolve("converted.raw"), truth)).isEqualTo(-1);
            assertReads(file, disk);
            Path theirs = folder.resolve("theirs.qcow2");
            convert(truth, theirs, options);
            assertReads(theirs, disk);
            below = disk;
            belowFile = file;
        }
        for (int level = 0; level < depth; level++) {
            Files.delete(folder.resolve("seed" + seed + "-" + level + ".qcow2"));
        }
        return depth;
    }

    private void assertReads(Path image, Disk disk) throws IOException {
        assertThat(Qcow2Check.check(image).findings()).isEmpty();
        try (ImageChain chain = ImageChain.open(image, "qcow2", ImageAccess.within(folder))) {
            byte[] read = new byte[disk.content.length];
            chain.read(0, ByteBuffer.wrap(read));
            assertThat(read).isEqualTo(disk.content);
        }
    }

    /** Has QEMU make an image with the same options as ours. */
    private void convert(Path truth, Path image, Qcow2Options options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("convert", "-f", "raw", "-O", "qcow2"));
        String layout = "cluster_size=" + options.clusterSize();
        if (options.compression() != Compression.NONE) {
            arguments.add("-c");
            layout += ",compression_type=" + (options.compression() == Compression.ZSTD ? "zstd" : "zlib");
        }
        BackingFile backing = options.backing();
        if (backing != null) {
            arguments.addAll(List.of("-B", backing.name(), "-F", "qcow2"));
        }
        arguments.addAll(List.of("-o", layout, truth.toString(), image.toString()));
        Qemu.img(folder, arguments.toArray(String[]::new));
    }

    private static void writeInParallel(Disk disk, ImageWriter writer) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> done = disk.shuffled().stream()
                    .<Future<?>>map(step -> threads.submit(() -> {
                        disk.apply(step, writer);
                        return null;
                    }))
                    .toList();
            for (Future<?> future : done) {
                future.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
