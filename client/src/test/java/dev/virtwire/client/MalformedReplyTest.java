// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static dev.virtwire.testkit.ScriptedConnection.REMOTE;
import static dev.virtwire.testkit.ScriptedConnection.string;
import static dev.virtwire.testkit.ScriptedConnection.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.testkit.ScriptedConnection;
import dev.virtwire.testkit.ScriptedConnection.Message;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a server must not send, and what the caller then reads. {@code HOST} stands for the server's address. */
@Timeout(30)
class MalformedReplyTest {
    private static final int HOSTNAME = 59;

    private final ScriptedLibvirtd server = ScriptedLibvirtd.byHand();
    private ScriptedConnection client;
    private Libvirt libvirt;

    @BeforeEach
    void connect() {
        CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
        client = server.accept();
        libvirt = connecting.join();
    }

    @AfterEach
    void close() {
        libvirt.close();
        server.close();
    }

    @Test
    void aReplyToNothing() {
        assertHostnameFails(
                call -> frame(1, call.serial() + 1, 0, string("h")),
                "HOST: a reply to call %d, which is not under way",
                1);
    }

    @Test
    void aReplyTwice() {
        CompletableFuture<String> call = libvirt.hostname();
        Message message = client.readCall();
        client.reply(message, string("h"));
        assertThat(call.join()).isEqualTo("h");
        client.reply(message, string("h"));
        assertEnded("HOST: a reply to call " + message.serial() + ", which is not under way");
    }

    @Test
    void aReplyOfAnotherProcedure() {
        assertHostnameFails(
                call -> ScriptedConnection.word(28 + string("h").length() / 2)
                        + word(REMOTE)
                        + word(1)
                        + word(60)
                        + word(1)
                        + word(call.serial())
                        + word(0)
                        + string("h"),
                "HOST: call %d was procedure 59 of program 0x20008086, and the reply is for 60 of 0x20008086",
                0);
    }

    @Test
    void anUnknownType() {
        assertHostnameFails(
                call -> frame(9, call.serial(), 0, ""), "HOST: a message of type 9, which no server sends", null);
    }

    @Test
    void anUnknownStatus() {
        assertHostnameFails(
                call -> frame(1, call.serial(), 2, ""),
                "HOST: the reply of ConnectGetHostname has status 2, which no reply has",
                null);
    }

    @Test
    void aLengthBelowItself() {
        assertHostnameFails(call -> word(3), "HOST: a frame of 3 bytes is shorter than its header", null);
    }

    @Test
    void aHeaderCutShort() {
        assertHostnameFails(call -> word(27), "HOST: a frame of 27 bytes is shorter than its header", null);
    }

    @Test
    void aLengthNobodyMaySend() {
        assertHostnameFails(
                call -> "ffffffff",
                "HOST: a frame of 4294967295 bytes is longer than the 33554436 that the protocol allows",
                null);
        assertThat(Runtime.getRuntime().totalMemory()).isLessThan(1L << 30);
    }

    @Test
    void aTruncatedString() {
        assertOnlyTheCallFails(
                call -> frame(1, call.serial(), 0, word(8) + "61626364"),
                "HOST: procedure 59 of program 0x20008086: ConnectGetHostname.hostname: truncated, needs 8 bytes and 4 are left");
    }

    @Test
    void aStringOverItsBound() {
        assertOnlyTheCallFails(
                call -> frame(1, call.serial(), 0, word(4_194_305) + "61626364"),
                "HOST: procedure 59 of program 0x20008086: ConnectGetHostname.hostname: 4194305 bytes exceed the bound of 4194304");
    }

    @Test
    void aNegativeLength() {
        assertOnlyTheCallFails(
                call -> frame(1, call.serial(), 0, word(-1)),
                "HOST: procedure 59 of program 0x20008086: ConnectGetHostname.hostname: 4294967295 bytes exceed the bound of 4194304");
    }

    @Test
    void trailingBytes() {
        assertOnlyTheCallFails(
                call -> frame(1, call.serial(), 0, string("h") + word(0)),
                "HOST: procedure 59 of program 0x20008086: the result of ConnectGetHostname: 4 bytes left over at the end");
    }

    @Test
    void anArrayWithMoreElementsThanBytes() {
        CompletableFuture<?> call = libvirt.domains();
        Message message = client.readCall();
        client.reply(message, word(16_384) + word(0));
        assertThatThrownBy(call::join)
                .cause()
                .isInstanceOf(ProtocolException.class)
                .hasMessageMatching("ConnectListAllDomains on .*: procedure 273 of program 0x20008086: "
                        + "ConnectListAllDomains.domains: truncated, needs \\d+ bytes and 4 are left");
        assertStillUsable();
    }

    @Test
    void anOptionalThatIsNeitherThereNorAbsent() {
        assertOnlyTheCallFails(
                call -> frame(1, call.serial(), 1, word(42) + word(10) + word(2)),
                "HOST: procedure 59 of program 0x20008086: error.message: optional marker is 2, neither 0 nor 1");
    }

    @Test
    void aCloseInMidReply() {
        CompletableFuture<String> call = libvirt.hostname();
        client.readCall();
        client.raw(word(100) + word(REMOTE));
        client.hangUp();
        assertThatThrownBy(call::join)
                .cause()
                .isInstanceOf(ConnectionLostException.class)
                .hasMessage("ConnectGetHostname on %s: the server closed the connection", server.host());
    }

    @Test
    void aStormOfEventsNobodyAskedForIsIgnored() {
        for (int i = 0; i < 10_000; i++) {
            client.frame(REMOTE, 9999, 2, 1, 0, word(i));
        }
        CompletableFuture<String> call = libvirt.hostname();
        client.reply(client.readCall(), string("h"));
        assertThat(call).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("h");
    }

    @Test
    void errorsOfUnknownCodesKeepTheirNumber() {
        CompletableFuture<String> call = libvirt.hostname();
        client.fail(client.readCall(), 4711, "from the future");
        assertThatThrownBy(call::join).cause().isInstanceOfSatisfying(RemoteException.class, error -> {
            assertThat(error.code()).isEmpty();
            assertThat(error.codeNumber()).isEqualTo(4711);
            assertThat(error)
                    .hasMessage(
                            "from the future (error 4711 unknown to this client, ConnectGetHostname on %s)",
                            server.host());
        });
    }

    @Test
    void anEventThatCannotBeReadCountsAsLost() throws Exception {
        EventRecorder<DomainEvent.Lifecycle> events = new EventRecorder<>();
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(events);
        client.reply(client.readCall(), word(0));
        events.awaitSubscribed();
        client.frame(REMOTE, 318, 2, 1, 0, word(0) + word(-1));
        await().until(() -> events.failure() != null);
        assertThat(events.failure())
                .isInstanceOfSatisfying(
                        EventsLostException.class,
                        lost -> assertThat(lost.count()).isEqualTo(1));
        assertThat(client.readCall().procedure()).isEqualTo(317);
        assertStillUsable();
    }

    /** The frame is whole, so nothing else of the connection is in doubt. */
    private void assertOnlyTheCallFails(Function<Message, String> answer, String expected) {
        CompletableFuture<String> call = libvirt.hostname();
        Message message = client.readCall();
        client.raw(answer.apply(message));
        assertThatThrownBy(call::join)
                .cause()
                .isInstanceOf(ProtocolException.class)
                .hasMessage("ConnectGetHostname on " + expected.replace("HOST", server.host()));
        assertStillUsable();
    }

    private void assertStillUsable() {
        CompletableFuture<String> next = libvirt.hostname();
        client.reply(client.readCall(), string("h"));
        assertThat(next).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("h");
        assertThat(libvirt.isClosed()).isFalse();
    }

    /** The call under way and all later ones fail with the reason; the connection is closed. */
    private void assertHostnameFails(Function<Message, String> answer, String expected, Integer serialOffset) {
        CompletableFuture<String> call = libvirt.hostname();
        Message message = client.readCall();
        client.raw(answer.apply(message));
        String reason = serialOffset == null ? expected : expected.formatted(message.serial() + serialOffset);
        String text = reason.replace("HOST", server.host());
        assertThatThrownBy(call::join)
                .cause()
                .isInstanceOf(ProtocolException.class)
                .hasMessage("ConnectGetHostname on " + text);
        assertEnded(reason);
    }

    private void assertEnded(String reason) {
        CloseReason closed = libvirt.closed().join();
        assertThat(closed.kind()).isEqualTo(CloseReason.Kind.PROTOCOL_ERROR);
        assertThat(closed.cause()).hasMessage(reason.replace("HOST", server.host()));
        assertThat(client.atEnd()).isTrue();
    }

    private static String frame(int type, int serial, int status, String bodyHex) {
        return word(28 + bodyHex.length() / 2)
                + word(REMOTE)
                + word(1)
                + word(HOSTNAME)
                + word(type)
                + word(serial)
                + word(status)
                + bodyHex;
    }
}
