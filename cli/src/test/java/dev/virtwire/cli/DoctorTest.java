// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectGetTypeResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.JobProcedures;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import dev.virtwire.testkit.TwoDomains;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command {@code doctor} prints, and its exit codes. */
class DoctorTest {
    @TempDir
    Path folder;

    private ScriptedLibvirtd libvirtd;

    @BeforeEach
    void start() {
        libvirtd = TwoDomains.start();
        libvirtd.answer(ConnectProcedures.CONNECT_GET_TYPE, none -> new ConnectGetTypeResult("QEMU"));
    }

    @AfterEach
    void end() {
        libvirtd.close();
    }

    private CommandRun run(String... arguments) {
        return CommandRun.of(Map.of("LIBVIRT_DEFAULT_URI", libvirtd.uri()), arguments);
    }

    @Test
    void eachCheckIsARowAndWhatFailsIsTheErrorToo() {
        libvirtd.answer(JobProcedures.DOMAIN_BACKUP_BEGIN, asked -> {
            throw new ScriptedError(ErrorCode.ACCESS_DENIED, "access denied");
        });
        CommandRun run = run("doctor", folder.resolve("backups").toString(), "web1");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .startsWith("RESULT   OF          CHECK         FOUND\n")
                .contains("\nok       host        driver        it is QEMU's, the one that makes backups\n")
                .contains(
                        "\nfails    web1        permission    this user may not begin backups: access denied -> give ");
        assertThat(run.err())
                .startsWith("error: 1 of ")
                .endsWith(" checks fails: web1, permission (this user may not begin backups: access denied)\n");
        CommandRun quiet = run("doctor", folder.resolve("backups").toString(), "web1", "--quiet");
        assertThat(quiet).isEqualTo(new CommandRun(1, "", run.err()));
    }

    @Test
    void aWarningIsExitCode4() {
        // Capabilities are not told, so nobody knows as whom QEMU runs.
        libvirtd.answer(JobProcedures.DOMAIN_BACKUP_BEGIN, asked -> {
            throw new ScriptedError(ErrorCode.XML_ERROR, "no description of a backup");
        });
        CommandRun run = run("doctor", folder.resolve("backups").toString(), "web1", "--json");
        JsonNode report = json(run);
        assertThat(report.get("worst").asText()).isEqualTo("warning");
        assertThat(report.get("checks").get(0).fieldNames())
                .toIterable()
                .containsExactly("kind", "of", "name", "result", "found", "remedy");
        assertThat(report.at("/checks/0/kind").asText()).isEqualTo("host");
        assertThat(run.exitCode()).isEqualTo(4);
    }

    @Test
    void aHostThatDoesNotAnswerIsARow() {
        CommandRun run = CommandRun.of("-c", "qemu+tcp://127.0.0.1:1/system", "doctor", "--json");
        assertThat(run.exitCode()).isEqualTo(1);
        JsonNode report = json(run);
        assertThat(report.at("/checks/0/name").asText()).isEqualTo("connection");
        assertThat(report.at("/checks/0/result").asText()).isEqualTo("fails");
        assertThat(report.get("checks")).hasSize(1);
    }

    private static JsonNode json(CommandRun run) {
        try {
            return new ObjectMapper().readTree(run.out());
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(run.toString(), e);
        }
    }

    @Test
    void nonsenseIsExitCode2() {
        assertThat(run("doctor", "--nbd", "here").err())
                .isEqualTo("error: --nbd: 'here' is not ADDR:PORT or ADDR:FIRST-LAST\n");
        assertThat(run("doctor", "--scratch", "here"))
                .isEqualTo(
                        new CommandRun(2, "", "error: the scratch folder is on the host and must be absolute: here\n"));
    }
}
