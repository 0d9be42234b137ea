// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import dev.virtwire.backup.Repository;
import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Interruption;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/** Runs what short commands run, so that the JVM notes which classes they load: see {@link ClassDataArchive}. */
public final class ArchiveTraining {
    private ArchiveTraining() {}

    /** Runs them all against a {@link FakeLibvirtd}. */
    public static void main(String[] none) throws IOException {
        Path repository = Files.createTempDirectory("virtwire");
        try {
            run(repository);
        } finally {
            try (Stream<Path> made = Files.walk(repository)) {
                for (Path path : made.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }

    private static void run(Path repository) {
        Repository.openOrCreate(repository);
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        Console console = new Console(nowhere, nowhere, false, Map.of(), Interruption.none(nowhere));
        try (FakeLibvirtd libvirtd = new FakeLibvirtd()) {
            String uri = libvirtd.uri();
            run(console, 0, "-c", uri, "domains");
            run(console, 0, "-c", uri, "domains", "--json");
            run(console, 0, "-c", uri, "info", "web1");
            run(console, 1, "-c", uri, "info", "missing");
            run(console, 0, "-c", uri, "version");
            run(console, 0, "uri", uri);
            run(console, 0, "points", repository.toString());
            run(console, 0, "points", repository.toString(), "--json");
            run(console, 2, "wrong");
            run(console, 0, "--help");
        }
    }

    private static void run(Console console, int expected, String... arguments) {
        int code = Main.run(console, arguments);
        if (code != expected) {
            throw new IllegalStateException(String.join(" ", arguments) + ": exit code " + code);
        }
    }
}
