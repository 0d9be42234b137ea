// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Interruption;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A run of the command in this JVM.
 *
 * @param exitCode its exit code
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
public record CommandRun(int exitCode, String out, String err) {
    public static CommandRun of(String... arguments) {
        return of(Map.of(), arguments);
    }

    public static CommandRun of(Map<String, String> environment, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
        Console console = new Console(
                new PrintStream(out, false, StandardCharsets.UTF_8),
                errStream,
                false,
                environment,
                Interruption.none(errStream));
        int code = Main.run(console, arguments);
        return new CommandRun(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }
}
