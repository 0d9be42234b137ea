// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs tools of this machine to their end. */
final class Shell {
    private static final long MINUTES = 20;

    private Shell() {}

    /** A run, whatever comes of it. */
    static CommandRun run(Path folder, Map<String, String> environment, List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
        builder.environment().putAll(environment);
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> text(process.getInputStream()));
            CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> text(process.getErrorStream()));
            if (!process.waitFor(MINUTES, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new AssertionError(command + ": not done after " + MINUTES + " minutes");
            }
            return new CommandRun(process.exitValue(), out.join(), err.join());
        } catch (IOException e) {
            throw new AssertionError(command.get(0) + " is missing: ./check installs the package that has it", e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** The output of a command that has to succeed. */
    static String output(Path folder, Map<String, String> environment, String... command) {
        CommandRun run = run(folder, environment, List.of(command));
        assertThat(run.exitCode())
                .as("%s: %s%s", String.join(" ", command), run.out(), run.err())
                .isZero();
        return run.out();
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
