// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen;

import dev.virtwire.gen.table.TableException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What {@code protocol-gen/run} runs: the tables beside libvirt's own files. */
@Command(
        name = "protocol-gen/run",
        description = "Keeps the protocol tables in step with libvirt's own .x files.",
        subcommands = {ImportCommand.class, CheckCommand.class},
        synopsisSubcommandLabel = "(import | check)",
        version = "Virtwire's protocol generator",
        scope = CommandLine.ScopeType.INHERIT,
        mixinStandardHelpOptions = true)
public final class Main {
    private Main() {}

    /** Runs a command and leaves with its exit code. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The commands; what they print goes where the caller sets it. */
    public static CommandLine commandLine() {
        return new CommandLine(new Main()).setExecutionExceptionHandler((error, command, parsed) -> {
            command.getErr().println(message(error));
            return 2;
        });
    }

    private static String message(Exception error) throws Exception {
        if (error instanceof TableException tables) {
            return String.join("\n", tables.errors());
        }
        if (error instanceof NoSuchFileException missing) {
            return Objects.requireNonNull(missing.getFile()) + ": no such file";
        }
        throw error;
    }
}
