// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How connecting fails: each cause with its own text, and no channel left behind. */
@Timeout(30)
class ConnectTest {
    @Test
    void anUnknownHost() {
        assertFails(
                "qemu+tcp://no-such-host.invalid/system",
                "cannot connect to qemu+tcp://no-such-host.invalid/system: host 'no-such-host.invalid' is unknown");
    }

    @Test
    void aRefusedPort() {
        // A port that was free a moment ago may be another test's by now; port 1 is nobody's.
        assertFails(
                "qemu+tcp://127.0.0.1:1/system",
                "cannot connect to qemu+tcp://127.0.0.1:1/system: 127.0.0.1 port 1 refused the connection; is libvirtd listening there?");
    }

    @Test
    void aMissingSocket() {
        assertFails(
                "qemu+unix:///system?socket=/nowhere/libvirt-sock",
                "cannot connect to qemu+unix:///system?socket=/nowhere/libvirt-sock: there is no socket /nowhere/libvirt-sock");
    }

    @Test
    void aFileThatIsNoSocket(@TempDir Path folder) throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        String uri = "qemu+unix:///system?socket=" + file;
        assertFails(
                uri,
                "cannot connect to " + uri + ": socket " + file
                        + " refused the connection; is libvirtd running, and may this user use it?");
    }

    @Test
    void aServerThatNeverAnswers() {
        try (ScriptedServer server = new ScriptedServer()) {
            ConnectOptions impatient = ConnectOptions.builder()
                    .connectTimeout(Duration.ofMillis(300))
                    .build();
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri(), impatient);
            server.acceptSilently();
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(ConnectFailedException.class)
                    .hasMessage("cannot connect to %s: not done within PT0.3S", server.uri());
            assertThat(server.read().procedure()).isEqualTo(66);
            assertThat(server.atEnd()).isTrue();
        }
    }

    @Test
    void aServerThatHangsUpInTheGreeting() {
        try (ScriptedServer server = new ScriptedServer()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            server.acceptSilently();
            server.read();
            server.hangUp();
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(ConnectFailedException.class)
                    .hasMessage(
                            "cannot connect to %s: AuthList on %s: the server closed the connection",
                            server.uri(), server.host());
        }
    }

    @Test
    void aServerThatWantsWhatIsNotOffered() {
        try (ScriptedServer server = new ScriptedServer()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            server.acceptSilently();
            server.reply(server.read(), "00000001" + "00000001");
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(AuthenticationException.class)
                    .hasMessage(
                            "%s: the server wants authentication by one of [SASL], which this version does not offer",
                            server.uri());
            assertThat(server.atEnd()).isTrue();
        }
    }

    @Test
    void aServerThatCannotOpenTheHypervisor() {
        try (ScriptedServer server = new ScriptedServer()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            server.acceptSilently();
            server.reply(server.read(), "00000001" + "00000000");
            server.fail(server.readCall(), 38, "no such driver");
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(RemoteException.class)
                    .hasMessageStartingWith("no such driver (error 38 SYSTEM_ERROR, ConnectOpen on ");
            assertThat(server.atEnd()).isTrue();
        }
    }

    @Test
    void cancellingEndsTheAttempt() {
        try (ScriptedServer server = new ScriptedServer()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            server.acceptSilently();
            server.read();
            connecting.cancel(true);
            assertThat(server.atEnd()).isTrue();
        }
    }

    @Test
    void transportsThatAreNotOfferedAreNamed() {
        assertThatThrownBy(() -> Libvirt.connect("qemu+ssh://host/system"))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage(
                        "URI 'qemu+ssh://host/system': transport 'ssh' is not offered by this version, which connects over unix, tcp and tls");
    }

    private static void assertFails(String uri, String message) {
        assertThatThrownBy(() -> Libvirt.connect(uri).join())
                .cause()
                .isInstanceOf(ConnectFailedException.class)
                .hasMessage(message);
    }
}
