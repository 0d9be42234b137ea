// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.testkit.ScriptedConnection;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
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
        try (ScriptedLibvirtd server = ScriptedLibvirtd.byHand()) {
            ConnectOptions impatient = ConnectOptions.builder()
                    .connectTimeout(Duration.ofMillis(300))
                    .build();
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri(), impatient);
            ScriptedConnection client = server.acceptSilently();
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(ConnectFailedException.class)
                    .hasMessage("cannot connect to %s: not done within PT0.3S", server.uri());
            assertThat(client.read().procedure()).isEqualTo(66);
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void aServerThatHangsUpInTheGreeting() {
        try (ScriptedLibvirtd server = ScriptedLibvirtd.byHand()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            ScriptedConnection client = server.acceptSilently();
            client.read();
            client.hangUp();
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
        try (ScriptedLibvirtd server = ScriptedLibvirtd.byHand()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            ScriptedConnection client = server.acceptSilently();
            client.reply(client.read(), "00000001" + "00000007");
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(AuthenticationException.class)
                    .hasMessage(
                            "%s: the server wants authentication by one of [number 7], which this version does not offer",
                            server.uri());
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void aServerThatLetsInWithoutAProofOfItsOwn() {
        try (ScriptedLibvirtd server = ScriptedLibvirtd.byHand()) {
            ConnectOptions options = ConnectOptions.builder()
                    .credentials(request -> CompletableFuture.completedFuture(Optional.of("x".toCharArray())))
                    .build();
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri(), options);
            ScriptedConnection client = server.acceptSilently();
            client.reply(client.read(), "00000001" + "00000001");
            client.reply(client.read(), "0000000a" + "4449474553542d4d4435" + "0000"); // DIGEST-MD5
            client.reply(client.read(), "00000001" + "00000001" + "00000000");
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(AuthenticationException.class)
                    .hasMessage(
                            "%s: DIGEST-MD5: the server lets this side in without having proved that it knows the password itself, so it is not to be believed",
                            server.uri());
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void aServerWhoseMechanismsAllGivePasswordsAway() {
        try (ScriptedLibvirtd server = ScriptedLibvirtd.byHand()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            ScriptedConnection client = server.acceptSilently();
            client.reply(client.read(), "00000001" + "00000001");
            client.reply(client.read(), "00000005" + "504c41494e" + "000000"); // PLAIN
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(AuthenticationException.class)
                    .hasMessage(
                            "%s: no SASL mechanism in common: the server offers [PLAIN], and this side has [DIGEST-MD5] if nothing else encrypts",
                            server.uri());
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void aServerThatCannotOpenTheHypervisor() {
        try (ScriptedLibvirtd server = ScriptedLibvirtd.byHand()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            ScriptedConnection client = server.acceptSilently();
            client.reply(client.read(), "00000001" + "00000000");
            client.fail(client.readCall(), 38, "no such driver");
            assertThatThrownBy(connecting::join)
                    .cause()
                    .isInstanceOf(RemoteException.class)
                    .hasMessageStartingWith("no such driver (error 38 SYSTEM_ERROR, ConnectOpen on ");
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void cancellingEndsTheAttempt() {
        try (ScriptedLibvirtd server = ScriptedLibvirtd.byHand()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
            ScriptedConnection client = server.acceptSilently();
            client.read();
            connecting.cancel(true);
            assertThat(client.atEnd()).isTrue();
        }
    }

    @Test
    void transportsThatAreNotOfferedAreNamed() {
        assertThatThrownBy(() -> Libvirt.connect("qemu+ext://host/system"))
                .isInstanceOf(InvalidUriException.class)
                .hasMessage(
                        "URI 'qemu+ext://host/system': transport 'ext' is not offered by this version, which connects over unix, tcp, tls and ssh");
    }

    private static void assertFails(String uri, String message) {
        assertThatThrownBy(() -> Libvirt.connect(uri).join())
                .cause()
                .isInstanceOf(ConnectFailedException.class)
                .hasMessage(message);
    }
}
