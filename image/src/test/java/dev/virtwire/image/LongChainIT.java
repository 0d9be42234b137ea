// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A long chain is read in the memory, and with the open files, of a short one. */
@Timeout(600)
class LongChainIT {
    private static final long REGION = 512L << 20;
    private static final int REGIONS = 20;
    private static final int CLUSTER = 64 << 10;

    @TempDir(factory = MemoryFolder.class)
    Path folder;

    /** Each layer has something in each region, so that each has a table there: 1.2 MiB a layer. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"NONE", "ZSTD"})
    void manyWideLayersInASmallHeapWithFewOpenFiles(Compression compression) throws Exception {
        int layers = 340;
        for (int layer = 0; layer < layers; layer++) {
            Qcow2Options options = Qcow2Options.ofSize(REGIONS * REGION).withCompression(compression);
            if (layer > 0) {
                options = options.withBacking((layer - 1) + ".qcow2", "qcow2");
            }
            try (Qcow2Writer writer = Qcow2Writer.create(folder.resolve(layer + ".qcow2"), options)) {
                for (int region = 0; region < REGIONS; region++) {
                    writer.write(region * REGION + (long) layer * CLUSTER, content(layer, region));
                }
                writer.finish();
            }
        }
        List<String> command = new ArrayList<>(List.of("bash", "-c", "ulimit -n 320 && exec \"$0\" \"$@\""));
        command.addAll(SmallJava.command(
                Main.class, folder.resolve((layers - 1) + ".qcow2").toString(), String.valueOf(layers)));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private static ByteBuffer content(int layer, int region) {
        ByteBuffer content = ByteBuffer.allocate(CLUSTER);
        while (content.hasRemaining()) {
            content.putInt(layer).putInt(region);
        }
        return content.flip();
    }

    /** What runs in the small Java machine: four threads read it all. */
    static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws Exception {
            Path top = Path.of(arguments[0]);
            int layers = Integer.parseInt(arguments[1]);
            ExecutorService pool = Executors.newFixedThreadPool(4);
            try (ImageChain chain = ImageChain.open(top, "qcow2", ImageAccess.anywhere())) {
                List<Future<?>> all = new ArrayList<>();
                for (int region = 0; region < REGIONS; region++) {
                    int which = region;
                    all.add(pool.submit(() -> {
                        read(chain, which, layers);
                        return null;
                    }));
                }
                for (Future<?> each : all) {
                    each.get();
                }
            } finally {
                pool.shutdownNow();
            }
        }

        private static void read(ImageChain chain, int region, int layers) throws IOException {
            ByteBuffer read = ByteBuffer.allocate(CLUSTER);
            for (int layer = 0; layer < layers; layer++) {
                chain.read(region * REGION + (long) layer * CLUSTER, read.clear());
                if (!read.flip().equals(content(layer, region))) {
                    throw new IOException("region " + region + " of layer " + layer + " is not what it was");
                }
            }
        }
    }
}
