// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Runs a program of these tests, on this class path, by the newest Java of this machine. */
final class NewestJava {
    private static final Path JAVAS = Path.of("/usr/lib/jvm");

    /** What a program printed that has ended well. */
    record Printed(String out, String err) {}

    private NewestJava() {}

    static Printed run(Class<?> program, Path folder, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                home().resolve("bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
        command.addAll(List.of(arguments));
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        Process process = new ProcessBuilder(command)
                .redirectOutput(Redirect.to(out.toFile()))
                .redirectError(Redirect.to(err.toFile()))
                .start();
        try {
            assertThat(process.waitFor(5, TimeUnit.MINUTES)).as("it ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        Printed printed = new Printed(Files.readString(out), Files.readString(err));
        assertThat(process.exitValue()).as(printed.toString()).isZero();
        return printed;
    }

    private static Path home() throws IOException {
        Path ours = Path.of(System.getProperty("java.home"));
        if (!Files.isDirectory(JAVAS)) {
            return ours;
        }
        try (Stream<Path> homes = Files.list(JAVAS)) {
            return Stream.concat(Stream.of(ours), homes.filter(NewestJava::isJava))
                    .max(Comparator.comparing(NewestJava::version))
                    .orElseThrow();
        }
    }

    private static boolean isJava(Path home) {
        return Files.isExecutable(home.resolve("bin/java")) && Files.isRegularFile(home.resolve("release"));
    }

    private static Runtime.Version version(Path home) {
        Properties release = new Properties();
        try {
            release.load(new StringReader(Files.readString(home.resolve("release"))));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return Runtime.Version.parse(release.getProperty("JAVA_VERSION").replace("\"", ""));
    }
}
