// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.ExitCode;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code virtwire completion}: what makes a shell complete our command lines. */
@Command(
        name = "completion",
        description = "Print a script that completes command lines in bash and zsh: source <(virtwire completion)",
        sortOptions = false)
public final class CompletionCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable VirtwireCommand root;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    final HelpOption help = new HelpOption();

    @Override
    public Integer call() {
        if (root == null) {
            throw new IllegalStateException("a subcommand runs under its root command");
        }
        root.console().out().print(AutoComplete.bash("virtwire", spec.root().commandLine()));
        return ExitCode.DONE;
    }
}
