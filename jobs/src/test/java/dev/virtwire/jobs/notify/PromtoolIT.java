// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.jobs.report.GuestResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prometheus' own tool judges the metrics. It is fetched from Debian's archive the first time on a machine, out of the
 * package prometheus, and kept under {@code ~/.cache/virtwire}; nothing is installed.
 */
class PromtoolIT {
    private static final Path CACHE = Path.of(System.getProperty("user.home"), ".cache", "virtwire", "promtool");

    @TempDir
    Path folder;

    private static Path promtool(Path scratch) throws Exception {
        if (!Files.isExecutable(CACHE)) {
            run(scratch, "", "apt-get", "download", "prometheus");
            Path unpacked = scratch.resolve("unpacked");
            try (Stream<Path> files = Files.list(scratch)) {
                Path deb = files.filter(file -> file.toString().endsWith(".deb"))
                        .findFirst()
                        .orElseThrow();
                run(scratch, "", "dpkg-deb", "-x", deb.toString(), unpacked.toString());
            }
            Files.createDirectories(CACHE.getParent());
            Path whole =
                    CACHE.resolveSibling("promtool." + ProcessHandle.current().pid());
            Files.copy(unpacked.resolve("usr/bin/promtool"), whole);
            Files.move(whole, CACHE);
        }
        return CACHE;
    }

    private static void run(Path folder, String input, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().write(input.getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as("%s: %s", String.join(" ", command), said)
                .isZero();
    }

    @Test
    void promtoolHasNothingToSay() throws Exception {
        Path tool = promtool(folder);
        GuestResult odd = GuestResult.failed("a\"b\\c", null, "qemu:///system", "no");
        for (var result : List.of(
                Results.done(),
                Results.warned(),
                Results.failed(),
                Results.of(List.of("x"), List.of(odd), List.of()))) {
            run(folder, new Metrics(result).text(), tool.toString(), "check", "metrics");
        }
    }
}
