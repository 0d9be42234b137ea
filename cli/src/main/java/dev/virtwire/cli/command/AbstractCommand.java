// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.cli.output.TerminalText;
import dev.virtwire.repository.Notice;
import java.io.PrintStream;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** What the subcommands that print data have in common. */
public abstract class AbstractCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable VirtwireCommand root;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Mixin
    final HelpOption help = new HelpOption();

    private final Set<String> warned = ConcurrentHashMap.newKeySet();
    private volatile boolean warnings;

    /** The root command. */
    final VirtwireCommand root() {
        if (root == null) {
            throw new IllegalStateException("a subcommand runs under its root command");
        }
        return root;
    }

    /** The process around it. */
    protected final Console console() {
        return root().console();
    }

    /** Where the data goes. */
    protected final PrintStream out() {
        return console().out();
    }

    /** Whether to print JSON. */
    protected final boolean json() {
        return output.json() || root().output().json();
    }

    /** Whether to print only data and errors. */
    protected final boolean quiet() {
        return output.quiet() || root().output().quiet();
    }

    /** Prints an object as JSON. */
    protected final void printJson(Json.Fields fields) {
        Json.print(out(), fields);
    }

    /** Shows progress, unless {@code --quiet} or {@code --json} is given. */
    protected final ProgressView progressView(String task) {
        return ProgressView.of(console(), task, quiet() || json());
    }

    /** Tells people that something was done; programs and {@code --quiet} have the exit code for that. */
    protected final void say(String sentence) {
        if (!quiet()) {
            line(sentence);
        }
    }

    /** Prints a sentence of the data, for people; on a terminal it is wrapped. */
    protected final void line(String sentence) {
        out().println(TerminalText.sentence(sentence, console().outColumns()));
    }

    /** Prints a name and its value, for people; on a terminal a long value is wrapped beside its name. */
    protected final void property(String name, String value) {
        TerminalText.property(name, value, console().outColumns()).forEach(out()::println);
    }

    /**
     * Says once what weakens trust, whatever else is not to be said: nobody should rely on more than there is. Any
     * thread may call it.
     */
    protected final void warn(String sentence) {
        if (!warned.add(sentence)) {
            return;
        }
        if (json()) {
            console().err().println(Json.line(line -> line.writeStringField("warning", sentence)));
        } else {
            console().tell("warning: " + sentence);
        }
    }

    /** Says once what a restore would miss or a person has to do, as {@link #warn} does. It changes the exit code. */
    protected final void warnOfResult(String sentence) {
        warnings = true;
        warn(sentence);
    }

    /**
     * Tells people what they should know of a result. In the object of {@code --json} it stands as well.
     *
     * @param of what stands before each sentence, such as a domain's name
     */
    protected final void tell(String of, List<Notice> notices) {
        for (Notice notice : notices) {
            if (notice.isWarning()) {
                warnOfResult(of + notice.text());
            } else {
                note(of + notice.text());
            }
        }
    }

    /** The exit code of what is done. */
    protected final int done() {
        return warnings ? ExitCode.WARNINGS : ExitCode.DONE;
    }

    /** Tells people something beside the data. */
    protected final void note(String sentence) {
        if (!quiet() && !json()) {
            console().tell("note: " + sentence);
        }
    }
}
