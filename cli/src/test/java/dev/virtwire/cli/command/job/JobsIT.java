// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import dev.virtwire.cli.CommandRun;
import dev.virtwire.cli.Main;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jobs over guests of a real libvirtd, with hooks, keep rules, verification and those who are told. */
class JobsIT {
    private static final long MIB = 1 << 20;
    private static final Duration SOON = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private final PrivateLibvirtd libvirtd = PrivateLibvirtd.start();
    private final List<Guest> guests = new ArrayList<>();
    private final List<JsonNode> told = new CopyOnWriteArrayList<>();
    private HttpServer server;
    private Path config;

    @BeforeEach
    void listen() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            told.add(new ObjectMapper().readTree(exchange.getRequestBody().readAllBytes()));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        config = folder.resolve("config.yaml");
    }

    @AfterEach
    void end() {
        server.stop(0);
        guests.forEach(Guest::close);
        libvirtd.close();
    }

    private Guest start(String name, long mebibytes) {
        Guest guest = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(mebibytes * MIB).fill(0, mebibytes * MIB, 0x11))
                .start();
        guests.add(guest);
        return guest;
    }

    private Path hooks() {
        return folder.resolve("hooks");
    }

    /** A job of all guests, with more keys of its own. */
    private void configure(String more) throws IOException {
        Files.writeString(config, """
                state: %1$s/state
                repositories:
                  main: {folder: %1$s/backups}
                hosts:
                  here: {uri: "%2$s"}
                notifications:
                  hook: {type: webhook, url: "http://127.0.0.1:%3$d/", timeout: 1m}
                  node: {type: textfile, folder: %1$s}
                  away: {type: ping, url: "http://127.0.0.1:1/", tries: 1, start: none}
                  lost: {type: mail, server: localhost, from: a@b.c, to: d@e.f, user: me, on: always,
                    password: {file: /no/such/password}}
                jobs:
                  nightly:
                    repository: main
                    hosts: here
                    guests: {patterns: "web*"}
                %4$s
                """.formatted(
                        folder, libvirtd.unixUri(), server.getAddress().getPort(), more.indent(4)));
    }

    private CommandRun run(String... words) {
        return CommandRun.of(Stream.concat(Stream.of(words), Stream.of("--config", config.toString()))
                .toArray(String[]::new));
    }

    private String log(String what) {
        return "'echo " + what + " >> " + hooks() + "'";
    }

    private void requireCleanHost() throws IOException {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            for (Guest guest : guests) {
                Domain domain = libvirt.domain(guest.name()).join();
                assertThat(domain.activeBackup().join()).isEmpty();
            }
        }
        try (Stream<Path> files = Files.walk(libvirtd.directory().resolve("disks"))) {
            assertThat(files.map(Path::toString)).noneMatch(file -> file.contains("virtwire-"));
        }
    }

    @Test
    void aJobBacksUpKeepsVerifiesAndTells() throws Exception {
        start("web1", 4);
        start("web2", 4);
        configure("""
                parallel: 1
                keep: {last: 2}
                verify: {every: 0}
                max-age: 26h
                verified-within: 8d
                notify: [node, hook]
                hooks:
                  before: %s
                  before-guest: %s
                  after-guest: %s
                  after: %s
                """.formatted(
                        log("$VIRTWIRE_HOOK $VIRTWIRE_JOB"),
                        log("$VIRTWIRE_HOOK $VIRTWIRE_GUEST"),
                        log("$VIRTWIRE_HOOK $VIRTWIRE_GUEST $VIRTWIRE_OUTCOME ${VIRTWIRE_POINT##*-}"),
                        log("$VIRTWIRE_HOOK $VIRTWIRE_OUTCOME")));

        CommandRun dry = run("run", "nightly", "--dry-run");
        assertThat(dry.out()).startsWith("would back up: web1 on ").contains("\nwould back up: web2 on ");
        assertThat(dry.exitCode()).isZero();
        assertThat(folder.resolve("backups")).doesNotExist();
        assertThat(hooks()).doesNotExist();

        CommandRun first = run("run", "nightly");
        // How far a guest is, which a slow one tells.
        assertThat(first.err().lines()).allMatch(line -> line.startsWith("job nightly: "));
        assertThat(first.exitCode()).isZero();
        assertThat(first.out())
                .containsPattern("(?m)^completed: web1@\\S+-full, ")
                .contains("verified: web1, 1 points, ", "verified: web2, 1 points, ");
        assertThat(hooks()).hasContent("""
                before nightly
                before-guest web1
                after-guest web1 done full
                before-guest web2
                after-guest web2 done full
                after done""");
        assertThat(told).singleElement().satisfies(json -> {
            assertThat(json.get("outcome").asText()).isEqualTo("done");
            assertThat(json.get("domains"))
                    .extracting(each -> each.get("level").asText())
                    .containsExactly("full", "full");
            assertThat(json.at("/domains/0/status/verdict").asText()).isEqualTo("ok");
            assertThat(json.at("/verified/1/intact").asBoolean()).isTrue();
            assertThat(json.get("hooks")).hasSize(2);
        });

        guests.get(0).write("vda", 0, 4096, 0x22);
        assertThat(run("run", "nightly", "--quiet")).isEqualTo(new CommandRun(0, "", ""));
        JsonNode third = new ObjectMapper()
                .readTree(run("run", "nightly", "--json").out())
                .get("jobs")
                .get(0);
        assertThat(third.at("/domains/0/pruned/removed").asInt()).isEqualTo(1);
        assertThat(third.equals(told.get(2))).isTrue();
        assertThat(CommandRun.of("points", folder.resolve("backups").toString(), "web1")
                        .out()
                        .lines())
                .hasSize(3);
        assertThat(Files.readString(folder.resolve("virtwire-nightly.prom")))
                .containsPattern("virtwire_job_exit_code\\{job=\"nightly\"} 0\n")
                .containsPattern(
                        "virtwire_guest_last_good_point_timestamp_seconds\\{job=\"nightly\",guest=\"web2\"} \\d+")
                .doesNotContain("oldest_unverified");
        assertThat(run("job", "status", "--quiet")).isEqualTo(new CommandRun(0, "", ""));
        assertThat(run("job", "recover", "nightly").out()).startsWith("there is nothing to clear up");
        requireCleanHost();
    }

    @Test
    void whatFailsIsSaidAndTheOthersAreBackedUp() throws Exception {
        start("web1", 1);
        start("web2", 1);
        configure("""
                notify: [away, hook]
                hooks:
                  before-guest: 'test $VIRTWIRE_GUEST != web1 || { echo no room; exit 3; }'
                  after: exit 1
                """);

        CommandRun run = run("run", "nightly");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("completed: web2@")
                .contains("failed: web1: it was not backed up, because hook before-guest failed with exit code 3\n");
        assertThat(run.err())
                .contains("warning: hook after failed with exit code 1\n")
                .contains("warning: notification 'away' failed: 127.0.0.1 cannot be reached")
                .contains("error: job nightly failed: web1: it was not backed up");
        assertThat(told.get(0).at("/domains/0/hooks/0/lastLines/0").asText()).isEqualTo("no room");
        assertThat(told.get(0).get("warnings"))
                .anyMatch(warning -> warning.asText().startsWith("notification 'away' failed"));
        assertThat(run("job", "list").out()).contains("nightly", "no");
    }

    @Test
    void aFailingHookBeforeTheJobKeepsItFromBeginning() throws Exception {
        start("web1", 1);
        configure("""
                notify: hook
                hooks:
                  before: [/bin/sh, -c, "exit 9"]
                  after: %s
                """.formatted(log("$VIRTWIRE_OUTCOME: $VIRTWIRE_ERROR")));

        assertThat(run("run", "nightly").err())
                .contains("error: job nightly failed: nothing was backed up, because hook before failed with exit code"
                        + " 9\n");
        assertThat(hooks()).hasContent("failed: nothing was backed up, because hook before failed with exit code 9");
        assertThat(folder.resolve("backups")).doesNotExist();
        assertThat(told).hasSize(1);
    }

    @Test
    void aNotificationThatFailsIsAWarning() throws Exception {
        start("web1", 1);
        configure("notify: [away, lost]");
        CommandRun run = run("run", "nightly", "--quiet");
        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err())
                .startsWith("warning: notification 'away' failed: 127.0.0.1 cannot be reached")
                .contains("warning: notification 'lost' failed: there is no secret file /no/such/password");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void aHostThatIsAwayIsAFailure() throws Exception {
        configure("notify: hook");
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceFirst("uri: \"[^\"]*\"", "uri: \"qemu+unix:///system?socket=/no/such\""));
        CommandRun run = run("run", "nightly");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("host here cannot be asked for its guests: ");
        assertThat(folder.resolve("backups")).doesNotExist();
    }

    /** Another JVM, as systemd would start it. */
    private Process begin() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "run",
                        "nightly",
                        "--config",
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Domain domain = libvirt.domain("web1").join();
            await().atMost(SOON).until(() -> domain.activeBackup().join().isPresent() || !process.isAlive());
        }
        assertThat(process.isAlive())
                .as(Files.readString(folder.resolve("output")))
                .isTrue();
        return process;
    }

    @Test
    void whatAKilledRunLeftIsClearedAndToldWhenSystemdStopsIt() throws Exception {
        start("web1", 64);
        configure("""
                bandwidth: 1M
                notify: hook
                hooks:
                  after: %s
                """.formatted(log("$VIRTWIRE_OUTCOME")));
        Process process = begin();

        CommandRun second = run("run", "nightly");
        assertThat(second).isEqualTo(new CommandRun(1, "", "error: job nightly is already running\n"));
        assertThat(run("job", "recover", "nightly").exitCode())
                .as("while it runs")
                .isZero();
        process.destroyForcibly().waitFor();
        assertThat(hooks()).doesNotExist();

        CommandRun recover = run("job", "recover", "nightly");

        assertThat(recover.err()).isEmpty();
        assertThat(recover.exitCode()).isZero();
        assertThat(recover.out())
                .contains("cleared: ")
                .containsPattern("job nightly: the run that began at \\S+ was killed");
        requireCleanHost();
        assertThat(hooks()).hasContent("killed");
        assertThat(told).singleElement().satisfies(json -> {
            assertThat(json.get("outcome").asText()).isEqualTo("failed");
            assertThat(json.at("/errors/0").asText()).contains("was killed");
        });
        assertThat(run("job", "recover", "nightly").out()).startsWith("there is nothing to clear up");
        configure("");
        assertThat(run("run", "nightly").exitCode()).isZero();
    }

    /** Then systemd calls no recovery, and the next run does what it would have done. */
    @Test
    void theNextRunClearsUpAfterALossOfPower() throws Exception {
        start("web1", 64);
        configure("bandwidth: 1M");
        begin().destroyForcibly().waitFor();
        configure("""
                notify: hook
                hooks:
                  after: %s
                """.formatted(log("$VIRTWIRE_OUTCOME")));

        CommandRun run = run("run", "nightly");

        assertThat(run.err()).contains(" was killed: clearing up after it\n");
        assertThat(run.exitCode()).isZero();
        requireCleanHost();
        assertThat(hooks()).hasContent("killed\ndone");
        assertThat(told).extracting(json -> json.get("outcome").asText()).containsExactly("failed", "done");
        assertThat(told.get(1).get("notices"))
                .anyMatch(notice -> notice.asText().endsWith(" was killed, and is cleared up"));
        assertThat(told.get(1).at("/domains/0/level").asText()).isEqualTo("full");
        assertThat(run("job", "recover", "nightly").out()).startsWith("there is nothing to clear up");
    }

    @Test
    void aRunThatIsEndedCleansUpAndRunsTheHooksThatDo() throws Exception {
        start("web1", 64);
        configure("""
                bandwidth: 1M
                notify: hook
                hooks:
                  after-guest: %s
                  after: %s
                """.formatted(log("$VIRTWIRE_GUEST $VIRTWIRE_OUTCOME"), log("$VIRTWIRE_OUTCOME")));
        Process process = begin();

        process.destroy();

        assertThat(process.waitFor()).isEqualTo(130);
        assertThat(Files.readString(folder.resolve("output"), StandardCharsets.UTF_8))
                .endsWith("error: interrupted: 1 of 1 guest of job nightly were not backed up, and nothing of them is"
                        + " left\n");
        requireCleanHost();
        assertThat(hooks()).hasContent("web1 failed\ninterrupted");
        assertThat(told)
                .singleElement()
                .satisfies(json -> assertThat(json.get("exitCode").asInt()).isEqualTo(130));
        assertThat(run("job", "recover", "nightly").out()).startsWith("there is nothing to clear up");
    }
}
