// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.manual.Topic;
import dev.virtwire.cli.output.ExitCode;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code virtwire help}: what {@code --help} prints, and what is not about one command. */
@Command(name = "help", description = "Explain a command or a topic, or list all commands.", sortOptions = false)
public final class HelpCommand implements Callable<Integer> {
    /** The topics; the names of commands are known to whoever asks. */
    static final class Topics implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Topic.NAMES.iterator();
        }
    }

    @Parameters(
            arity = "0..1",
            paramLabel = "COMMAND",
            completionCandidates = Topics.class,
            description =
                    "The command to explain, or one of the topics exit-codes, environment, files, uri, repository,"
                            + " retention, cron, jobs.")
    private @Nullable String name;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    final HelpOption help = new HelpOption();

    @Override
    public Integer call() {
        CommandLine root = spec.root().commandLine();
        CommandLine asked = name == null ? root : root.getSubcommands().get(name);
        Optional<Topic> topic = name == null ? Optional.empty() : Topic.of(name);
        if (asked == null && topic.isEmpty()) {
            throw new UnmatchedArgumentException(root, List.of(name));
        }
        if (asked != null) {
            asked.usage(root.getOut());
        }
        topic.ifPresent(known -> {
            // A command's help may come before it.
            root.getOut().print((asked == null ? "" : "\n") + known.text());
            root.getOut().flush();
        });
        return ExitCode.DONE;
    }
}
