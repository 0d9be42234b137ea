// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.ExitCode;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code virtwire help}: what {@code --help} prints. */
@Command(name = "help", description = "Explain a command, or list all commands.", sortOptions = false)
public final class HelpCommand implements Callable<Integer> {
    @Parameters(arity = "0..1", paramLabel = "COMMAND", description = "The command to explain.")
    private @Nullable String name;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    final HelpOption help = new HelpOption();

    @Override
    public Integer call() {
        CommandLine root = spec.root().commandLine();
        CommandLine asked = name == null ? root : root.getSubcommands().get(name);
        if (asked == null) {
            throw new UnmatchedArgumentException(root, List.of(name));
        }
        asked.usage(root.getOut());
        return ExitCode.DONE;
    }
}
