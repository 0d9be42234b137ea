// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import dev.virtwire.testkit.TwoDomains;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands that ask a host print. */
class HostCommandsTest {
    private static ScriptedLibvirtd libvirtd;

    @TempDir
    Path folder;

    @BeforeAll
    static void start() {
        libvirtd = TwoDomains.start();
    }

    @AfterAll
    static void end() {
        libvirtd.close();
    }

    private static CommandRun run(String... arguments) {
        return CommandRun.of(Map.of("LIBVIRT_DEFAULT_URI", libvirtd.uri()), arguments);
    }

    @Test
    void domainsAreATableInTheOrderOfTheirNames() {
        assertThat(run("domains")).isEqualTo(new CommandRun(0, """
                        ID  NAME           STATE     UUID
                         -  a-longer-name  shut off  99999999-8888-7777-6666-555555555555
                         7  web1           running   11111111-2222-3333-4444-555555555555
                        """, ""));
    }

    @Test
    void domainsAreJson() {
        assertThat(run("domains", "--json")).isEqualTo(new CommandRun(0, """
                        {
                          "domains" : [
                            {
                              "name" : "a-longer-name",
                              "uuid" : "99999999-8888-7777-6666-555555555555",
                              "id" : null,
                              "state" : "shut off"
                            },
                            {
                              "name" : "web1",
                              "uuid" : "11111111-2222-3333-4444-555555555555",
                              "id" : 7,
                              "state" : "running"
                            }
                          ]
                        }
                        """, ""));
    }

    @Test
    void infoShowsOneDomain() {
        assertThat(run("info", "web1")).isEqualTo(new CommandRun(0, """
                        Name:        web1
                        UUID:        11111111-2222-3333-4444-555555555555
                        State:       running
                        ID:          7
                        Persistent:  yes
                        CPUs:        2
                        Memory:      1 GiB of 2 GiB
                        CPU time:    12.3 s
                        Job:         none
                        Checkpoints: 0
                        Disks:
                          TARGET  DEVICE  TYPE    FORMAT  SOURCE
                          vda     disk    file    qcow2   /images/web1.qcow2
                          vdb     disk    volume  raw     fast/data
                          sda     cdrom   file    -       -
                        """, ""));
    }

    @Test
    void infoIsJson() {
        assertThat(run("--json", "info", "a-longer-name")).isEqualTo(new CommandRun(0, """
                        {
                          "name" : "a-longer-name",
                          "uuid" : "99999999-8888-7777-6666-555555555555",
                          "state" : "shut off",
                          "id" : null,
                          "persistent" : true,
                          "cpus" : 2,
                          "memoryBytes" : 1073741824,
                          "maxMemoryBytes" : 2147483648,
                          "cpuTimeNanos" : 12345678900,
                          "job" : null,
                          "checkpoints" : [ ],
                          "disks" : [
                            {
                              "target" : "vda",
                              "device" : "disk",
                              "type" : "file",
                              "format" : "qcow2",
                              "source" : "/images/web1.qcow2"
                            },
                            {
                              "target" : "vdb",
                              "device" : "disk",
                              "type" : "volume",
                              "format" : "raw",
                              "source" : "fast/data"
                            },
                            {
                              "target" : "sda",
                              "device" : "cdrom",
                              "type" : "file",
                              "format" : null,
                              "source" : null
                            }
                          ]
                        }
                        """, ""));
    }

    @Test
    void versionSpeaksWithTheHostOnlyIfAsked() {
        assertThat(run("version")).isEqualTo(new CommandRun(0, "virtwire unpackaged\n", ""));
        String host = """
                virtwire unpackaged
                host fakehost
                libvirt 9.0.0
                hypervisor test 0.2.3
                """;
        assertThat(run("version", "--server")).isEqualTo(new CommandRun(0, host, ""));
        assertThat(CommandRun.of("-c", libvirtd.uri(), "version")).isEqualTo(new CommandRun(0, host, ""));
        assertThat(CommandRun.of("version", "-c", libvirtd.uri())).isEqualTo(new CommandRun(0, host, ""));
    }

    @Test
    void whatAHostCallsItselfIsSeenAndDoesNotAct() {
        try (ScriptedLibvirtd odd = TwoDomains.start()) {
            odd.answer(
                    ConnectProcedures.CONNECT_GET_HOSTNAME,
                    none -> new ConnectGetHostnameResult("\u001b]0;owned\u0007"));
            assertThat(CommandRun.of("-c", odd.uri(), "version").out())
                    .contains("host \\u001b]0;owned\\u0007\n")
                    .doesNotContain("\u001b");
        }
    }

    @Test
    void aWarningIsSaidWhateverIsNotToBeSaid() {
        String warning = "--insecure-nbd: unless the export is on loopback, whoever reaches its port can read the disks"
                + " while the backup runs";
        String repository = folder.resolve("backups").toString();
        assertThat(run("backup", "web1", repository, "--insecure-nbd", "--quiet")
                        .err())
                .startsWith("warning: " + warning + "\nerror: ");
        assertThat(run("backup", "web1", repository, "--insecure-nbd", "--json").err())
                .startsWith("{\"warning\":\"" + warning + "\"}\n{\"error\":");
    }

    @Test
    void aMissingDomainIsAnErrorOfOneLine() {
        String message = "there is no domain 'web2' on " + libvirtd.host();
        assertThat(run("info", "web2")).isEqualTo(new CommandRun(1, "", "error: " + message + "\n"));
        assertThat(run("info", "web2", "--json")).isEqualTo(new CommandRun(1, "", """
                        {"error":{"kind":"not-found","message":"%s","exitCode":1}}
                        """.formatted(message)));
    }

    @Test
    void theUriOfTheCommandLineWinsOverTheEnvironment() {
        assertThat(run("-c", "test+tcp://127.0.0.1:1/default", "domains").err())
                .isEqualTo("error: cannot connect to test+tcp://127.0.0.1:1/default: 127.0.0.1 port 1 refused the"
                        + " connection; is libvirtd listening there?\n");
    }
}
