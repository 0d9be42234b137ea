// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.TlsLibvirtd;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The launcher against a real libvirtd, over both transports. */
@ExtendWith(LibvirtdExtension.class)
class HostCommandsIT {
    private static final String TEST_DOMAIN = "test";

    @TempDir
    Path folder;

    private static CommandRun run(String... arguments) {
        return new Launcher().run(arguments);
    }

    @Test
    void whatWeakensTrustIsSaidEachTimeAndOnce() {
        try (TlsLibvirtd host = TlsLibvirtd.start()) {
            String checked = host.uri("test", "default");
            assertThat(run("-c", checked, "domains", "--quiet").err()).isEmpty();
            for (int time = 1; time <= 2; time++) {
                CommandRun run = run("-c", checked + "&no_verify=1", "domains", "--quiet");
                assertThat(run.exitCode()).isZero();
                assertThat(run.err().lines())
                        .singleElement()
                        .asString()
                        .startsWith("warning: ")
                        .contains("NOT CHECKED", "no_verify=1");
            }
            assertThat(run("-c", checked + "&no_verify=1", "domains", "--json").err())
                    .startsWith("{\"warning\":\"")
                    .hasLineCount(1);
        }
    }

    @Test
    void domainsAreListedOverBothTransports(Libvirtd libvirtd) {
        for (String uri : List.of(libvirtd.testUnixUri(), libvirtd.testTcpUri())) {
            CommandRun run = run("-c", uri, "domains");
            assertThat(run.out()).startsWith("ID  NAME  STATE    UUID\n 1  test  running  ");
            assertThat(run.exitCode()).isZero();
            assertThat(run.err()).isEmpty();
        }
    }

    @Test
    void theEnvironmentNamesTheDefaultHost(Libvirtd libvirtd) {
        assertThat(new Launcher()
                        .with("LIBVIRT_DEFAULT_URI", libvirtd.testUnixUri())
                        .run("info", TEST_DOMAIN)
                        .out())
                .startsWith("Name:        test\n");
    }

    @Test
    void aQemuGuestIsShownWithItsDisks(Libvirtd libvirtd) {
        try (Guest guest = Guest.on(libvirtd, "shown")
                .disk(GuestDisk.qcow2(1 << 20))
                .disk(GuestDisk.raw(1 << 20))
                .start()) {
            for (String uri : List.of(libvirtd.unixUri(), libvirtd.tcpUri())) {
                CommandRun run = run("-c", uri, "info", guest.name());
                assertThat(run.err()).isEmpty();
                assertThat(run.out())
                        .contains("State:       running\n")
                        .contains("Job:         none\n")
                        .contains("Checkpoints: 0\n")
                        .containsPattern("  vda +disk +file +qcow2 +" + guest.image("vda") + "\n")
                        .containsPattern("  vdb +disk +file +raw +" + guest.image("vdb") + "\n");
            }
            assertThat(run("-c", libvirtd.tcpUri(), "domains").out()).containsPattern(" shown +running ");
            guest.destroy();
            assertThat(run("-c", libvirtd.tcpUri(), "domains").out()).containsPattern(" - +shown +shut off ");
        }
    }

    @Test
    void versionsOfTheHostArePrinted(Libvirtd libvirtd) {
        CommandRun run = run("-c", libvirtd.tcpUri(), "version");
        assertThat(run.out())
                .matches("virtwire \\S+\nhost \\S+\nlibvirt \\d+\\.\\d+\\.\\d+\nhypervisor qemu \\d+\\.\\d+\\.\\d+\n");
        assertThat(run.exitCode()).isZero();
    }

    @Test
    void anUnknownHostIsAnError() {
        assertThat(run("-c", "qemu+tcp://no-such-host.invalid/system", "domains"))
                .isEqualTo(new CommandRun(
                        1,
                        "",
                        "error: cannot connect to qemu+tcp://no-such-host.invalid/system: host"
                                + " 'no-such-host.invalid' is unknown\n"));
    }

    @Test
    void aRefusedPortIsAnError() throws IOException {
        int port;
        try (ServerSocket closedAgain = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            port = closedAgain.getLocalPort();
        }
        String uri = "qemu+tcp://127.0.0.1:" + port + "/system";
        assertThat(run("-c", uri, "domains"))
                .isEqualTo(new CommandRun(
                        1,
                        "",
                        "error: cannot connect to " + uri + ": 127.0.0.1 port " + port
                                + " refused the connection; is libvirtd listening there?\n"));
    }

    @Test
    void aWrongSocketIsAnError() throws IOException {
        Path missing = folder.resolve("sock");
        assertThat(run("-c", "qemu+unix:///system?socket=" + missing, "domains"))
                .isEqualTo(new CommandRun(
                        1,
                        "",
                        "error: cannot connect to qemu+unix:///system?socket=" + missing + ": there is no socket "
                                + missing + "\n"));
    }

    @Test
    void aPathThatTheDriverDoesNotKnowIsTheServersError(Libvirtd libvirtd) {
        CommandRun run = run("-c", libvirtd.testTcpUri().replace("/default", "/nowhere"), "domains");
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).startsWith("error: ").contains("/nowhere").hasLineCount(1);
    }

    @Test
    void aDomainThatDoesNotExistIsAnError(Libvirtd libvirtd) {
        assertThat(run("-c", libvirtd.tcpUri(), "info", "nobody"))
                .isEqualTo(new CommandRun(
                        1, "", "error: there is no domain 'nobody' on 127.0.0.1:" + libvirtd.tcpPort() + "\n"));
        assertThat(run("-c", libvirtd.unixUri(), "info", "nobody"))
                .isEqualTo(new CommandRun(1, "", "error: there is no domain 'nobody' on this host\n"));
    }

    @Test
    void aDomainIsFoundByItsUuid(Libvirtd libvirtd) {
        String uuid = "6695eb01-f6a4-8304-79aa-97f2502e193f";
        assertThat(run("-c", libvirtd.testTcpUri(), "info", uuid).out()).startsWith("Name:        test\n");
    }

    @Test
    void standardOutputThatCannotBeWrittenIsAnError(Libvirtd libvirtd) throws Exception {
        Process process = new ProcessBuilder(
                        "bash",
                        "-c",
                        "exec \"$@\" > /dev/full",
                        "-",
                        Launcher.script().toString(),
                        "-c",
                        libvirtd.testTcpUri(),
                        "domains")
                .start();
        assertThat(new String(process.getErrorStream().readAllBytes()))
                .isEqualTo("error: standard output could not be written to its end\n");
        assertThat(process.waitFor()).isEqualTo(1);
    }
}
