// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.Json;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParentCommand;

/** What the subcommands that print data have in common. */
abstract class AbstractCommand implements Callable<Integer> {
    @ParentCommand
    private @Nullable VirtwireCommand root;

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Mixin
    final HelpOption help = new HelpOption();

    /** The root command. */
    final VirtwireCommand root() {
        if (root == null) {
            throw new IllegalStateException("a subcommand runs under its root command");
        }
        return root;
    }

    final Console console() {
        return root().console();
    }

    /** Where the data goes. */
    final PrintStream out() {
        return console().out();
    }

    final boolean json() {
        return output.json() || root().output().json();
    }

    final boolean quiet() {
        return output.quiet() || root().output().quiet();
    }

    final boolean verbose() {
        return output.verbose() || root().output().verbose();
    }

    /** Prints an object, if JSON was asked for. */
    final void printJson(Json.Fields fields) {
        Json.print(out(), fields);
    }

    /** Tells people something beside the data. */
    final void note(String sentence) {
        if (!quiet() && !json()) {
            console().err().println("note: " + sentence);
        }
    }
}
