// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command;

import dev.virtwire.cli.output.Console;
import dev.virtwire.cli.output.ExitCode;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code virtwire} itself: the options that may stand before the subcommand's name, and the help. */
@Command(
        name = "virtwire",
        description = "libvirt over the wire: backups of running guests, and what they need.",
        synopsisSubcommandLabel = "COMMAND",
        footer = {
            "",
            "Exit codes: 0 done, 1 failed, 2 usage, 3 verified and found damaged, 4 done with warnings, 130"
                    + " interrupted and cleaned up.",
            "Help on a command: virtwire help COMMAND",
            "Help on a topic: virtwire help exit-codes, environment, files, uri, repository, retention or cron"
        })
public final class VirtwireCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private ConnectionOptions connection = new ConnectionOptions();

    @Mixin
    private OutputOptions output = new OutputOptions();

    @Mixin
    final HelpOption help = new HelpOption();

    @Option(
            names = {"-V", "--version"},
            description = "Print this command's version, as the command 'version' does.")
    private boolean version;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** The command of this process, or of a test. */
    public VirtwireCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        if (version) {
            console.out().println(VersionCommand.ours());
            return ExitCode.DONE;
        }
        if (output.json()) {
            throw new ParameterException(spec.commandLine(), "Missing command");
        }
        spec.commandLine().usage(console.errorWriter(), Ansi.OFF);
        return ExitCode.USAGE;
    }

    /** The process around it. */
    public Console console() {
        return console;
    }

    ConnectionOptions connection() {
        return connection;
    }

    OutputOptions output() {
        return output;
    }
}
