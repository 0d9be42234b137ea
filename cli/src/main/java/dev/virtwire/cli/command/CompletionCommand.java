// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code virtwire completion}: what makes a shell complete our command lines. */
@Command(
        name = "completion",
        description = "Print a script that completes command lines in bash and zsh: source <(virtwire completion)",
        sortOptions = false)
public final class CompletionCommand implements Callable<Integer> {
    private static final String HEAD = """
            #!/usr/bin/env bash
            # Completes command lines of virtwire in bash and zsh: source <(virtwire completion)
            # On Debian, for all users: virtwire completion > /usr/share/bash-completion/completions/virtwire

            """;

    /**
     * Behind a repository's folder: the domains in it, which are its folders. compgen runs a command that stands in a
     * word, and whoever can write the repository chooses the words: it gets only names in a domain folder's letters.
     */
    private static final String DOMAINS = """
            function _virtwire() {
              local folder=${COMP_WORDS[COMP_CWORD-1]} domains
              if [ -f "$folder/virtwire.json" ] && [[ "${COMP_WORDS[COMP_CWORD]}" != -* ]]; then
                domains=$(cd -- "$folder" && printf '%s\\n' */ | tr -d / | LC_ALL=C grep -x '[A-Za-z0-9._+@%~-]*')
                COMPREPLY=( $(compgen -W "$domains" -- "${COMP_WORDS[COMP_CWORD]}") )
              else
                _complete_virtwire "$@"
              fi
            }

            complete -F _virtwire -o default virtwire
            """;

    @Parameters(arity = "0..1", paramLabel = "SHELL", description = "bash or zsh: both read the same script.")
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
        if (!List.of("bash", "zsh").contains(shell)) {
            throw CommandException.usage("there is a completion for bash and zsh, not for '" + shell + "'", null);
        }
        String script = AutoComplete.bash("virtwire", spec.root().commandLine());
        // Picocli's own head tells how to install something else, and its end completes our domains by files.
        int begin = script.indexOf("if [ -n");
        int end = script.indexOf("# Define a completion specification");
        root.console().out().print(HEAD + script.substring(begin, end) + DOMAINS);
        return ExitCode.DONE;
    }
}
