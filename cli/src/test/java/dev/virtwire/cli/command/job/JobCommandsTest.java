// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.cli.CommandRun;
import dev.virtwire.repository.Repository;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands about jobs, as far as they need no host. */
class JobCommandsTest {
    @TempDir
    Path folder;

    private Path config;

    @BeforeEach
    void writeConfiguration() throws Exception {
        System.setProperty("virtwire.command", "/opt/virtwire/bin/virtwire");
        config = Files.writeString(folder.resolve("config.yaml"), """
                state: %1$s/state
                repositories: {main: {folder: "%1$s/backups"}}
                hosts: {here: {uri: "qemu:///system"}}
                jobs:
                  nightly:
                    repository: main
                    hosts: here
                    guests: {all: true}
                    max-age: 26h
                    schedule: daily
                  by-hand: {repository: main, hosts: here, guests: {names: [web1]}}
                """.formatted(folder));
    }

    @AfterEach
    void forgetCommand() {
        System.clearProperty("virtwire.command");
    }

    private CommandRun run(String... words) {
        return CommandRun.of(Stream.concat(Stream.of(words), Stream.of("--config", config.toString()))
                .toArray(String[]::new));
    }

    @Test
    void aRightConfigurationIsSaidToBeRight() {
        assertThat(run("config", "check"))
                .isEqualTo(new CommandRun(0, config + " is right, and has 2 jobs: nightly, by-hand\n", ""));
        assertThat(run("config", "check", "--quiet")).isEqualTo(new CommandRun(0, "", ""));
        assertThat(run("config", "check", "--json").out()).isEqualTo("""
                {
                  "file" : "%s",
                  "valid" : true,
                  "jobs" : [
                    "nightly",
                    "by-hand"
                  ],
                  "problems" : [ ]
                }
                """.formatted(config));
    }

    @Test
    void eachMistakeIsALineWithItsPlace() throws Exception {
        Files.writeString(config, "jobs: {a: {}}\nhost: 1\n");
        CommandRun run = run("config", "check");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out().lines()).first().isEqualTo(config + ":1:8: 'jobs.a' needs the key 'repository'");
        assertThat(run.out())
                .endsWith(config + ":2:1: there is no key 'host': did you mean 'hosts'? Allowed: state, repositories,"
                        + " hosts, notifications, jobs\n");
        assertThat(run.err()).isEqualTo("error: " + config + " has 4 mistakes\n");
        assertThat(run("run", "a").err())
                .isEqualTo("error: " + config + ":1:8: 'jobs.a' needs the key 'repository'; and 3 more: see 'virtwire"
                        + " config check'\n");
        assertThat(run("config", "check", "--json").out()).contains("\"valid\" : false", "\"line\" : 2");
        assertThat(run("config", "chk").exitCode()).isEqualTo(2);
    }

    @Test
    void aMissingConfigurationIsSaidWithThePlaces() {
        CommandRun run = CommandRun.of(Map.of("HOME", folder.toString()), "config", "check");
        assertThat(run.err())
                .isEqualTo(
                        "error: there is no configuration: neither " + folder
                                + "/.config/virtwire/config.yaml nor /etc/virtwire/config.yaml exists, and --config names none\n");
        assertThat(run.exitCode()).isEqualTo(1);
    }

    @Test
    void anUnknownJobIsAnErrorOfTheConfiguration() {
        CommandRun run = run("run", "weekly", "--json");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("\"kind\":\"configuration\"", "there is no job 'weekly' in");
    }

    @Test
    void aJobIsInstalledAndRemoved() throws Exception {
        Path units = folder.resolve("units");
        CommandRun install = run("job", "install", "nightly", "--units", units.toString());
        assertThat(install.err()).isEmpty();
        assertThat(install.exitCode()).isZero();
        assertThat(files(units))
                .containsExactlyInAnyOrder(
                        "virtwire@.service",
                        "virtwire@.timer",
                        "virtwire@nightly.service.d/50-virtwire-job.conf",
                        "virtwire@nightly.timer.d/50-virtwire-job.conf");
        assertThat(units.resolve("virtwire@nightly.service.d/50-virtwire-job.conf"))
                .content()
                .contains("ExecStart=/opt/virtwire/bin/virtwire run --config " + config + " --quiet %i\n");
        assertThat(run("job", "list", "--units", units.toString()).out()).isEqualTo("""
                JOB      REPOSITORY%1$s HOSTS  SCHEDULE  INSTALLED  LAST SUCCESS
                nightly  %2$s/backups  here   daily     yes        -
                by-hand  %2$s/backups  here   -         no         -
                """.formatted(
                        " ".repeat((folder + "/backups").length() - "REPOSITORY".length() + 1), folder));

        assertThat(run("job", "remove", "nightly", "--units", units.toString()).exitCode())
                .isZero();
        assertThat(files(units)).containsExactlyInAnyOrder("virtwire@.service", "virtwire@.timer");
        assertThat(run("job", "remove", "nightly", "--units", units.toString()).err())
                .isEqualTo("error: job nightly is not installed in " + units + "\n");
    }

    /** Whoever installs a job is there to mend it; a run at night tells what it can. */
    @Test
    void aSecretThatIsMissingIsSaidWhenTheJobIsInstalledOrChecked() throws Exception {
        Files.writeString(config, Files.readString(config) + """
                notifications: {hook: {type: webhook, url: {file: /no/such/url}}}
                """);
        CommandRun install = run(
                "job", "install", "nightly", "--units", folder.resolve("units").toString());
        assertThat(install.exitCode()).isEqualTo(1);
        assertThat(install.err()).contains("there is no secret file /no/such/url");
        assertThat(run("config", "check").out()).contains("there is no secret file /no/such/url");
        assertThat(run("job", "list").exitCode()).isZero();
    }

    @Test
    void aJobWhoseStatusNobodyKnowsKeepsThatOfNoOther() throws Exception {
        CommandRun run = run("job", "status");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out().lines())
                .hasSize(3)
                .anyMatch(line -> line.matches("nightly +- +unknown +.*" + folder + "/backups.*"))
                .anyMatch(line -> line.matches("by-hand +- +unknown +it has no max-age, so nobody can say whether .*"));
        assertThat(run.err()).startsWith("error: job nightly: ").contains("job by-hand: it has no max-age");
        Repository.openOrCreate(folder.resolve("backups"));
        assertThat(run("job", "status", "nightly", "--json").out())
                .contains("\"ok\" : false", "\"error\" : \"it has not run yet\"", "\"domains\" : [ ]");
        Files.writeString(folder.resolve("backups/virtwire.json"), "{");
        assertThat(run("job", "status", "nightly").exitCode()).isEqualTo(3);
        assertThat(run("job", "status").exitCode()).isEqualTo(1);
    }

    @Test
    void templatesOfAPackageAreSeenForUsersToo() throws Exception {
        Path places = folder.resolve("lib/systemd");
        Files.createDirectories(places.resolve("user"));
        Files.createFile(places.resolve("user/virtwire@.service"));
        assertThat(Systemd.isPackaged("virtwire@.service", true, List.of(folder, places)))
                .isTrue();
        assertThat(Systemd.isPackaged("virtwire@.service", false, List.of(folder, places)))
                .isFalse();
        assertThat(Systemd.isPackaged("virtwire@.timer", true, List.of(folder, places)))
                .isFalse();
    }

    @Test
    void aScheduleThatSystemdDoesNotUnderstandIsRefused() throws Exception {
        Files.writeString(config, Files.readString(config).replace("schedule: daily", "schedule: at noon"));
        Path units = folder.resolve("units");
        CommandRun run = run("job", "install", "nightly", "--units", units.toString());
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err())
                .startsWith("error: the schedule 'at noon' of job nightly is not what systemd understands: ");
        assertThat(units).doesNotExist();
    }

    @Test
    void thereIsNothingToClearUpAfterAJobThatNeverRan() {
        assertThat(run("job", "recover", "nightly"))
                .isEqualTo(new CommandRun(0, "there is nothing to clear up after job nightly\n", ""));
        assertThat(run("job", "recover").err()).contains("job recover needs the name of a job");
        assertThat(run("job", "mend", "nightly").err())
                .contains("'mend' is neither list nor install nor remove nor status nor recover");
    }

    private static List<String> files(Path units) throws Exception {
        try (Stream<Path> files = Files.walk(units)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> units.relativize(file).toString())
                    .toList();
        }
    }
}
