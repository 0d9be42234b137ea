// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.Json;
import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.config.ConfigurationException;
import dev.virtwire.jobs.config.Problem;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code virtwire config}: looks at the configuration file. */
@Command(
        name = "config",
        description = "Look at the configuration file of jobs. check: print all of its mistakes, each with line and"
                + " column. Nothing is connected to, and no secret is read.",
        sortOptions = false)
public final class ConfigCommand extends JobsCommand {
    private static final String CHECK = "check";

    @Parameters(paramLabel = "check", description = "What to do: check.")
    private String action = CHECK;

    @Override
    int work() {
        if (!action.equals(CHECK)) {
            throw CommandException.usage("'" + action + "' is nothing that config does, but check", null);
        }
        Path file = file();
        List<Problem> problems = List.of();
        List<String> jobs = List.of();
        try {
            jobs = List.copyOf(Configuration.read(file).jobs().keySet());
        } catch (ConfigurationException e) {
            if (e.problems().isEmpty()) {
                throw e;
            }
            problems = e.problems();
        }
        print(file, problems, jobs);
        if (problems.isEmpty()) {
            return ExitCode.DONE;
        }
        throw CommandException.configuration(file + " has " + Amounts.count(problems.size(), "mistake"));
    }

    private void print(Path file, List<Problem> problems, List<String> jobs) {
        if (json()) {
            printJson(json -> {
                json.writeStringField("file", file.toString());
                json.writeBooleanField("valid", problems.isEmpty());
                Json.writeStrings(json, "jobs", jobs);
                json.writeArrayFieldStart("problems");
                for (Problem problem : problems) {
                    json.writeStartObject();
                    json.writeNumberField("line", problem.line());
                    json.writeNumberField("column", problem.column());
                    json.writeStringField("message", problem.message());
                    json.writeEndObject();
                }
                json.writeEndArray();
            });
            return;
        }
        problems.forEach(problem -> out().println(problem));
        if (problems.isEmpty()) {
            say(file + " is right, and has " + Amounts.count(jobs.size(), "job")
                    + (jobs.isEmpty() ? "" : ": " + String.join(", ", jobs)));
        }
    }
}
