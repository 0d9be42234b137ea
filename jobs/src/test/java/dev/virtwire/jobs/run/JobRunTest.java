// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.virtwire.jobs.config.Configuration;
import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.config.JobSettings;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.format.DurableFiles;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a run remembers and tells if its host is away, or something else is wrong from the beginning. */
class JobRunTest {
    private static final Instant LAST = Instant.parse("2026-11-30T03:00:00Z");
    private static final JobState BEFORE =
            new JobState(null, LAST, List.of("web1"), Map.of("web1", new JobState.Verified(LAST, VerifyDepth.FULL)));

    @TempDir
    Path folder;

    private Path state;

    @BeforeEach
    void remember() throws Exception {
        state = Files.createDirectory(folder.resolve("state"));
        BEFORE.write(state, "nightly");
        Repository.openOrCreate(folder.resolve("backups"));
    }

    private JobSettings job(String more) throws Exception {
        Path file = Files.writeString(folder.resolve("config.yaml"), """
                repositories:
                  main: {folder: %1$s/backups}
                hosts:
                  here: {uri: "qemu+unix:///system?socket=/no/such"}
                notifications:
                  hook: {type: webhook, url: "http://127.0.0.1:%3$d/", tries: 1, timeout: 1m}
                jobs:
                  nightly:
                    repository: main
                    hosts: here
                    guests: {all: true}
                %2$s
                """.formatted(folder, more.indent(4), port));
        return Configuration.read(file).job("nightly");
    }

    private int port = 1;

    private JobResult run(String more) throws Exception {
        return new JobRun(job(more), state, Map.of(), JobListener.NONE).run();
    }

    private void requireRemembered(JobResult result) {
        assertThat(result.remembered()).containsOnlyKeys("web1");
        assertThat(result.lastSuccess()).isEqualTo(LAST);
        assertThat(result.outcome()).isEqualTo(JobResult.Outcome.FAILED);
    }

    @Test
    void guestsOfAHostThatIsAwayAreRemembered() throws Exception {
        requireRemembered(run(""));
        assertThat(JobState.read(state, "nightly")).isEqualTo(BEFORE);
    }

    @Test
    void soAreThoseOfARunWhoseHookFailed() throws Exception {
        requireRemembered(run("hooks: {before: exit 1}"));
        assertThat(JobState.read(state, "nightly")).isEqualTo(BEFORE);
    }

    @Test
    void soAreThoseOfARunThatCannotRememberThatItBegins() throws Exception {
        Files.createDirectories(state.resolve(".nightly.json.new/in-the-way"));
        JobResult result = run("");
        requireRemembered(result);
        assertThat(result.errors())
                .containsExactly("what is remembered of job nightly cannot be written to " + state
                        + ": the folder is not empty");
    }

    @Test
    void soAreThoseOfARunThatCannotHaveItsLock() throws Exception {
        Files.createDirectory(state.resolve("nightly.lock"));
        requireRemembered(run(""));
    }

    @Test
    void soAreThoseOfARunThatWasKilled() throws Exception {
        BEFORE.beginning(Instant.parse("2026-12-01T03:00:00Z")).write(state, "nightly");
        JobRecovery.Report report = new JobRecovery(job(""), state, Map.of(), JobListener.NONE).run();
        assertThat(report).isNotNull();
        requireRemembered(report.result());
    }

    /** And not each host for it. */
    @Test
    void aRecoveryBlamesARepositoryThatCannotBeOpened() throws Exception {
        BEFORE.beginning(Instant.parse("2026-12-01T03:00:00Z")).write(state, "nightly");
        Files.writeString(folder.resolve("backups/virtwire.json"), "{");
        JobRecovery.Report report = new JobRecovery(job(""), state, Map.of(), JobListener.NONE).run();
        assertThat(report).isNotNull();
        assertThat(report.left())
                .singleElement()
                .asString()
                .contains("virtwire.json")
                .doesNotContain("host here");
        assertThat(JobState.read(state, "nightly").running())
                .as("for the next recovery")
                .isNotNull();
    }

    @Test
    void aGuestWhoseHostIsAwayIsVerified() throws Exception {
        Files.createDirectories(folder.resolve("backups/web1"));
        assertThat(run("verify: {every: 0}").verified())
                .extracting(each -> each.guest())
                .containsExactly("web1");
    }

    @Test
    void theNextRunClearsUpAfterOneThatWasKilled() throws Exception {
        Instant killed = Instant.parse("2026-12-01T03:00:00Z");
        BEFORE.beginning(killed).write(state, "nightly");
        Path log = folder.resolve("log");

        JobResult result = run("hooks: {after: 'echo $VIRTWIRE_OUTCOME $VIRTWIRE_ERROR >> " + log + "'}");

        assertThat(Files.readAllLines(log))
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("killed the run that began at " + killed + " was killed"),
                        line -> assertThat(line).startsWith("failed host here cannot be asked for its guests"));
        assertThat(result.allNotices())
                .anyMatch(notice -> notice.text().startsWith("the run that began at " + killed + " was killed, and "));
        assertThat(JobState.read(state, "nightly")).isEqualTo(BEFORE);
    }

    @Test
    void whatIsToldIsRememberedBefore() throws Exception {
        List<JobState> whenTold = new CopyOnWriteArrayList<>();
        List<String> told = new CopyOnWriteArrayList<>();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            told.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            whenTold.add(JobState.read(state, "nightly"));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        server.start();
        try {
            port = server.getAddress().getPort();
            run("notify: hook");
            assertThat(whenTold).containsExactly(BEFORE);

            run("notify: hook\nhooks: {after: 'mkdir -p " + state + "/.nightly.json.new/in-the-way'}");
            assertThat(told.get(1)).contains("what is remembered of job nightly cannot be written to ");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whatIsRememberedIsThereAfterALossOfPower() {
        List<String> steps = new ArrayList<>();
        DurableFiles files = new DurableFiles((step, path) -> steps.add(step + " " + folder.relativize(path)));
        BEFORE.write(files, state, "nightly");
        assertThat(steps)
                .containsExactly(
                        "WRITE state/.nightly.json.new",
                        "SYNC_FILE state/.nightly.json.new",
                        "RENAME state/nightly.json",
                        "SYNC_FOLDER state");
    }

    @Test
    void theFolderIsMadeWithThoseAroundItForItsOwnerAlone() throws Exception {
        Path deep = folder.resolve("var/lib/virtwire");
        JobLock lock = JobLock.take(deep, "nightly");
        try (lock) {
            assertThat(lock).isNotNull();
        }
        for (Path each : List.of(deep, folder.resolve("var"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void whyNobodyKnowsHowBackupsStandIsAWarning() throws Exception {
        Files.writeString(folder.resolve("backups/virtwire.json"), "{");
        JobResult result = run("hooks: {before: exit 1}");
        assertThat(result.remembered()).isEmpty();
        assertThat(result.warnings())
                .singleElement()
                .asString()
                .startsWith("how backups stand is not known: ")
                .contains("virtwire.json");
    }

    @Test
    void aStateFileThatIsNoTextCountsAsNothing() throws Exception {
        Files.write(state.resolve("nightly.json"), new byte[] {'{', '"', (byte) 0xff, (byte) 0xfe});
        assertThat(JobState.read(state, "nightly")).isEqualTo(JobState.NONE);
        run("");
        assertThat(JobState.read(state, "nightly").running()).isNull();
    }

    @Test
    void hooksAreToldOfFailuresUpToALengthThatTheKernelTakes() throws Exception {
        Map<String, String> environment =
                HookEnvironment.ofJob(job(""), Hook.AFTER, "failed", Collections.nCopies(10_000, "web1: no\0"));
        assertThat(environment.get("VIRTWIRE_ERROR"))
                .startsWith("web1: no ; web1: no ")
                .hasSizeLessThan(5000)
                .endsWith(" ...");
    }
}
