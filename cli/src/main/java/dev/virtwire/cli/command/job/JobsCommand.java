// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import dev.virtwire.cli.command.AbstractCommand;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.config.ConfigurationException;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.report.JobJson;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.jobs.run.JobException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the commands have in common that read the configuration file. */
abstract class JobsCommand extends AbstractCommand {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The configuration file. Default: the user's own, $XDG_CONFIG_HOME/virtwire/config.yaml, if"
                    + " there is one, else /etc/virtwire/config.yaml.")
    private @Nullable Path config;

    /** Does the command's work, and returns the exit code. */
    abstract int work() throws Exception;

    @Override
    public final Integer call() throws Exception {
        try {
            return work();
        } catch (ConfigurationException e) {
            throw CommandException.configuration(summary(e));
        } catch (JobException e) {
            throw CommandException.failed(String.valueOf(e.getMessage()), e);
        }
    }

    /** The first mistake, and how many there are. */
    private static String summary(ConfigurationException failure) {
        int more = failure.problems().size() - 1;
        return more < 1
                ? String.valueOf(failure.getMessage())
                : failure.problems().get(0) + "; and " + more + " more: see 'virtwire config check'";
    }

    /** The environment of this process, or that of a test. */
    final Map<String, String> environment() {
        return console().environment();
    }

    /** The file that counts. */
    final Path file() {
        return Configuration.find(config, environment()).toAbsolutePath().normalize();
    }

    /** What it says. */
    final Configuration configuration() {
        return Configuration.read(file());
    }

    /** Prints how runs of jobs went, as JSON. */
    final void printResults(List<JobResult> results) {
        printJson(json -> {
            json.writeArrayFieldStart("jobs");
            for (JobResult result : results) {
                json.writeStartObject();
                JobJson.write(json, result);
                json.writeEndObject();
            }
            json.writeEndArray();
        });
    }

    /** The jobs of these names, or all if there is no name. */
    static List<JobSettings> jobs(Configuration configuration, List<String> names) {
        if (names.isEmpty()) {
            return List.copyOf(configuration.jobs().values());
        }
        List<JobSettings> jobs = new ArrayList<>();
        new LinkedHashSet<>(names).forEach(name -> jobs.add(configuration.job(name)));
        return jobs;
    }
}
