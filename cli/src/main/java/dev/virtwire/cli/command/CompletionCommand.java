// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.completion.BashCompletion;
import dev.virtwire.cli.completion.FishCompletion;
import dev.virtwire.cli.completion.ZshCompletion;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code virtwire completion}: what makes a shell complete our command lines. */
@Command(
        name = "completion",
        description =
                "Print a script that completes command lines in bash, zsh or fish. An installed package brings these"
                    + " scripts, and nothing has to be done. For this shell only: source <(virtwire completion bash).",
        sortOptions = false)
public final class CompletionCommand implements Callable<Integer> {
    private static final List<String> SHELLS = List.of("bash", "zsh", "fish");

    /** The shells that there is a script for. */
    static final class Shells implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return SHELLS.iterator();
        }
    }

    @Parameters(
            arity = "0..1",
            paramLabel = "SHELL",
            completionCandidates = Shells.class,
            description = "bash, zsh or fish. Default: bash.")
    private String shell = "bash";

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
        String script =
                switch (shell) {
                    case "bash" -> BashCompletion.of(spec.root());
                    case "zsh" -> ZshCompletion.of(spec.root());
                    case "fish" -> FishCompletion.of(spec.root());
                    default ->
                        throw CommandException.usage(
                                "there is a completion for bash, zsh and fish, not for '" + shell + "'", null);
                };
        root.console().out().print(script);
        return ExitCode.DONE;
    }
}
