// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Runs {@code ./virtwire} as a user does: a process, its streams, its exit code. Progress comes every few seconds, and
 * whether a run takes that long depends on the machine. So a run shows no progress, unless a test asks for it.
 */
final class Launcher {
    private static final long SECONDS = 600;
    private static final String OPTIONS = "VIRTWIRE_OPTS";
    private static final String NO_PROGRESS = "-Dvirtwire.progress.seconds=86400";
    private static final Path COMMAND =
            Path.of("..", "virtwire").toAbsolutePath().normalize();

    private final Map<String, String> environment = new LinkedHashMap<>();
    private Path command = COMMAND;

    /** The script itself. */
    static Path script() {
        assertThat(COMMAND).isExecutable();
        return COMMAND;
    }

    /** Homes of this machine's Javas that can run it, but for the one that these tests run with. */
    static List<Path> otherJavas() throws IOException {
        Path ours = Path.of(System.getProperty("java.home")).toRealPath();
        List<Path> others = new ArrayList<>();
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/usr/lib/jvm"))) {
            for (Path home : all) {
                if (Files.isExecutable(home.resolve("bin/java"))
                        && Files.exists(home.resolve("release"))
                        && !home.toRealPath().equals(ours)) {
                    others.add(home);
                }
            }
        }
        return others;
    }

    Launcher with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    /** Calls it by another path, such as a link. */
    Launcher at(Path path) {
        command = path;
        return this;
    }

    /** Runs it to its end. */
    CommandRun run(String... arguments) {
        return start(arguments).await();
    }

    /** A run that has not ended. */
    record Running(Process process, CompletableFuture<String> out, CompletableFuture<String> err) {
        /** Sends it a signal: INT, TERM. */
        void signal(String name) {
            try {
                new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                        .start()
                        .waitFor();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }

        CommandRun await() {
            try {
                if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError("not done after " + SECONDS + " s; it said " + out.join() + err.join());
                }
                return new CommandRun(process.exitValue(), out.join(), err.join());
            } catch (InterruptedException e) {
                process.destroyForcibly();
                throw new AssertionError(e);
            }
        }
    }

    /** A shell's background jobs ignore SIGINT, and so would the command, if these tests run in one. */
    static List<String> words(Path command, String... arguments) {
        List<String> words = new ArrayList<>(List.of("env", "--default-signal=INT", command.toString()));
        words.addAll(List.of(arguments));
        return words;
    }

    Running start(String... arguments) {
        ProcessBuilder builder = new ProcessBuilder(words(command, arguments));
        builder.environment().remove("LIBVIRT_DEFAULT_URI");
        builder.environment().putAll(environment);
        builder.environment().merge(OPTIONS, NO_PROGRESS, (given, ours) -> ours + " " + given);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            return new Running(
                    process,
                    CompletableFuture.supplyAsync(() -> read(process.getInputStream())),
                    CompletableFuture.supplyAsync(() -> read(process.getErrorStream())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String read(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
