// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A chain of 2,000 layers is read by a program with little memory and few open files. */
@Timeout(900)
class LongChainIT {
    private static final int LAYERS = 2000;

    /** Half a gigabyte of small files waits long for a disk's syncs. */
    @TempDir(factory = MemoryFolder.class)
    Path folder;

    @Test
    void aChainOf2000LayersIsRestoredAndVerified() throws Exception {
        LongChainMaker maker = new LongChainMaker(folder.resolve("backups"), 4 << 20);
        maker.points(LAYERS);
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "ulimit -n 1024 && exec \"$0\" \"$@\"",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:MaxDirectMemorySize=64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        assertThat(Files.readAllBytes(folder.resolve("out/web1-vda.raw"))).isEqualTo(maker.content());
    }

    /** What runs in the small Java machine. */
    static final class Main {
        private Main() {}

        public static void main(String[] arguments) throws IOException {
            Path folder = Path.of(arguments[0]);
            Repository repository = Repository.open(folder.resolve("backups"));
            DomainPoints points = repository.points("web1");
            List<Point> all = points.points();
            Point newest = all.get(all.size() - 1);
            repository
                    .restore(
                            RestoreRequest.of(newest, folder.resolve("out")).withFormat(ImageFormat.RAW),
                            ProgressListener.NONE)
                    .join();
            VerifyReport report = repository
                    .verify(
                            VerifyRequest.ofPoint("web1", newest.id()).withDepth(VerifyDepth.DIGESTS),
                            ProgressListener.NONE)
                    .join();
            if (report.points().size() != LAYERS || !report.intact()) {
                throw new IOException("verified " + report.points().size() + " points: " + report.damage());
            }
        }
    }
}
