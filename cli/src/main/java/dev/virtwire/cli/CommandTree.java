// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import dev.virtwire.cli.command.CompletionCommand;
import dev.virtwire.cli.command.HelpCommand;
import dev.virtwire.cli.command.UriCommand;
import dev.virtwire.cli.command.VersionCommand;
import dev.virtwire.cli.command.VirtwireCommand;
import dev.virtwire.cli.command.call.CallCommand;
import dev.virtwire.cli.command.host.CheckpointsCommand;
import dev.virtwire.cli.command.host.DoctorCommand;
import dev.virtwire.cli.command.host.DomainsCommand;
import dev.virtwire.cli.command.host.EventsCommand;
import dev.virtwire.cli.command.host.InfoCommand;
import dev.virtwire.cli.command.host.StatsCommand;
import dev.virtwire.cli.command.job.ConfigCommand;
import dev.virtwire.cli.command.job.JobCommand;
import dev.virtwire.cli.command.job.RunCommand;
import dev.virtwire.cli.command.repository.BackupCommand;
import dev.virtwire.cli.command.repository.ForgetCommand;
import dev.virtwire.cli.command.repository.HoldCommand;
import dev.virtwire.cli.command.repository.NewIdCommand;
import dev.virtwire.cli.command.repository.PointsCommand;
import dev.virtwire.cli.command.repository.PruneCommand;
import dev.virtwire.cli.command.repository.RecoverCommand;
import dev.virtwire.cli.command.repository.ReleaseCommand;
import dev.virtwire.cli.command.repository.RestoreCommand;
import dev.virtwire.cli.command.repository.StatusCommand;
import dev.virtwire.cli.command.repository.VerifyCommand;
import dev.virtwire.cli.command.volume.DownloadCommand;
import dev.virtwire.cli.command.volume.UploadCommand;
import dev.virtwire.cli.manual.Examples;
import dev.virtwire.cli.manual.HelpLayout;
import dev.virtwire.cli.output.Console;
import java.util.List;
import picocli.CommandLine;

/**
 * The root command with its subcommands. Reading the annotations of all of them takes longer than most of them run. So
 * only those whose names stand on the command line are made. If there is no such name, all are made: help and
 * suggestions need them.
 */
public final class CommandTree {
    private static final List<String> NAMES = List.of(
            "domains",
            "info",
            "doctor",
            "backup",
            "points",
            "status",
            "verify",
            "restore",
            "recover",
            "prune",
            "hold",
            "release",
            "forget",
            "new-id",
            "run",
            "job",
            "config",
            "checkpoints",
            "stats",
            "events",
            "upload",
            "download",
            "call",
            "uri",
            "version",
            "completion",
            "help");

    private CommandTree() {}

    /** All commands with their examples: what help and the manual pages say of them. */
    public static CommandLine whole(Console console) {
        return of(new VirtwireCommand(console), List.of("help"));
    }

    static CommandLine of(VirtwireCommand root, List<String> words) {
        List<String> wanted = NAMES.stream().filter(words::contains).toList();
        boolean all = wanted.isEmpty() || wanted.contains("completion") || wanted.contains("help");
        CommandLine commandLine = new CommandLine(root);
        for (String name : all ? NAMES : wanted) {
            commandLine.addSubcommand(name, command(name));
        }
        if (all || asksForHelp(words)) {
            Examples.addTo(commandLine);
            HelpLayout.addTo(commandLine, root.console());
        }
        return commandLine;
    }

    /** Short options may be joined. */
    private static boolean asksForHelp(List<String> words) {
        for (String word : words) {
            if (word.equals("--help") || (word.startsWith("-") && !word.startsWith("--") && word.indexOf('h') > 0)) {
                return true;
            }
        }
        return false;
    }

    private static Object command(String name) {
        return switch (name) {
            case "domains" -> new DomainsCommand();
            case "info" -> new InfoCommand();
            case "doctor" -> new DoctorCommand();
            case "backup" -> new BackupCommand();
            case "points" -> new PointsCommand();
            case "status" -> new StatusCommand();
            case "verify" -> new VerifyCommand();
            case "restore" -> new RestoreCommand();
            case "recover" -> new RecoverCommand();
            case "prune" -> new PruneCommand();
            case "hold" -> new HoldCommand();
            case "release" -> new ReleaseCommand();
            case "forget" -> new ForgetCommand();
            case "new-id" -> new NewIdCommand();
            case "run" -> new RunCommand();
            case "job" -> new JobCommand();
            case "config" -> new ConfigCommand();
            case "checkpoints" -> new CheckpointsCommand();
            case "stats" -> new StatsCommand();
            case "events" -> new EventsCommand();
            case "upload" -> new UploadCommand();
            case "download" -> new DownloadCommand();
            case "call" -> new CallCommand();
            case "uri" -> new UriCommand();
            case "version" -> new VersionCommand();
            case "completion" -> new CompletionCommand();
            case "help" -> new HelpCommand();
            default -> throw new IllegalArgumentException(name);
        };
    }
}
