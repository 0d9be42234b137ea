// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectEventConnectionClosedMessage;
import dev.virtwire.protocol.remote.ConnectOpenArgs;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.ConnectSupportsFeatureArgs;
import dev.virtwire.protocol.remote.ConnectSupportsFeatureResult;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A proxy daemon, whose own connection to the daemon with the driver may end while it lives on itself. */
@Timeout(60)
class DriverEndTest {
    private static final int ERROR = 0;
    private static final int END_OF_FILE = 1;
    private static final int CLIENT = 3;

    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start()
            .answer(ConnectProcedures.CONNECT_SUPPORTS_FEATURE, this::supports)
            .answer(ConnectProcedures.CONNECT_OPEN, this::open)
            .answer(ConnectProcedures.CONNECT_REGISTER_CLOSE_CALLBACK, none -> null);

    private volatile boolean opened;

    private Void open(ConnectOpenArgs asked) {
        opened = true;
        return null;
    }

    /** As libvirtd, which has no driver to ask before. */
    private ConnectSupportsFeatureResult supports(ConnectSupportsFeatureArgs asked) {
        if (asked.feature() != Feature.PROGRAM_KEEP_ALIVE.value() && !opened) {
            throw new ScriptedError(ErrorCode.INTERNAL_ERROR, "connection not open");
        }
        return new ConnectSupportsFeatureResult(1);
    }

    @AfterEach
    void end() {
        libvirtd.close();
    }

    private void tell(int reason) {
        libvirtd.send(
                ConnectProcedures.CONNECT_EVENT_CONNECTION_CLOSED, new ConnectEventConnectionClosedMessage(reason));
    }

    private void awaitRegistrations(int count) {
        await().until(() -> libvirtd.callsOf(ConnectProcedures.CONNECT_REGISTER_CLOSE_CALLBACK) == count);
    }

    @Test
    void theConnectionIsLostWithTheDriver() {
        for (int reason : new int[] {ERROR, END_OF_FILE}) {
            try (Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join()) {
                awaitRegistrations(reason + 1);
                tell(reason);
                CloseReason ended = libvirt.closed().join();
                assertThat(ended.kind()).isEqualTo(CloseReason.Kind.LOST);
                assertThat(ended.cause())
                        .hasMessage(
                                "%s: the server's own connection to the hypervisor's driver has ended",
                                libvirtd.host());
            }
        }
    }

    @Test
    void aConnectionThatIsKeptIsMadeAgain() {
        ConnectOptions kept = ConnectOptions.builder()
                .reconnect(new ReconnectPolicy(Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(30)))
                .build();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.uri(), kept).join()) {
            awaitRegistrations(1);
            tell(END_OF_FILE);
            awaitRegistrations(2);
            assertThat(libvirt.hostname().join()).isEqualTo("scripted");
            assertThat(libvirtd.callsOf(ConnectProcedures.CONNECT_OPEN)).isEqualTo(2);
        }
    }

    @Test
    void anEndThatTheServerWantedIsNone() {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join()) {
            awaitRegistrations(1);
            tell(CLIENT);
            assertThat(libvirt.hostname().join()).isEqualTo("scripted");
            assertThat(libvirt.isClosed()).isFalse();
        }
    }

    /** As with any other event, that says nothing of the connection. */
    @Test
    void anEndThatCannotBeReadIsPassedOver() {
        EventMessage<?> known = ConnectProcedures.CONNECT_EVENT_CONNECTION_CLOSED;
        Procedure<byte[], byte[]> bytes = Procedure.ofBytes(known.program(), known.version(), known.number());
        try (Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join()) {
            awaitRegistrations(1);
            libvirtd.send(
                    new EventMessage<>(
                            known.program(),
                            known.version(),
                            known.number(),
                            known.name(),
                            known.since(),
                            bytes.arguments()),
                    new byte[0]);
            assertThat(libvirt.hostname().join()).isEqualTo("scripted");
            assertThat(libvirt.isClosed()).isFalse();
        }
    }

    @Test
    void connectingWaitsForNoAnswerToThat() {
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_REGISTER_CLOSE_CALLBACK)
                .leaveUnanswered(ConnectProcedures.CONNECT_SUPPORTS_FEATURE);
        ConnectOptions impatient =
                ConnectOptions.builder().connectTimeout(Duration.ofSeconds(20)).build();
        Libvirt.connect(libvirtd.uri(), impatient).join().close();
    }

    @Test
    void aServerThatCannotTellIsNotAsked() {
        libvirtd.answer(ConnectProcedures.CONNECT_SUPPORTS_FEATURE, feature -> new ConnectSupportsFeatureResult(0));
        try (Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join()) {
            assertThat(libvirt.hostname().join()).isEqualTo("scripted");
        }
        assertThat(libvirtd.callsOf(ConnectProcedures.CONNECT_REGISTER_CLOSE_CALLBACK))
                .isZero();
    }
}
