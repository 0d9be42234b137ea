// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Runs independent judges. */
public final class Programs {
    private Programs() {}

    /**
     * How a program ended.
     *
     * @param code its exit code
     * @param output what it printed, complaints included
     */
    public record Result(int code, String output) {}

    /** Runs a command, which has to succeed, and returns what it printed. */
    public static String run(List<String> command) throws IOException, InterruptedException {
        Result result = tryRun(command);
        assertThat(result.code).as("%s: %s", command, result.output).isZero();
        return result.output;
    }

    /** Runs a command. */
    public static Result tryRun(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }
}
