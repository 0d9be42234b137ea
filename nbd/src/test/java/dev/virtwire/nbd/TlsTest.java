// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.internal.SocketTransport;
import dev.virtwire.testkit.TestPki;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.security.Security;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What a server may do to a client that wants TLS. */
class TlsTest {
    private static final TestPki AUTHORITY = new TestPki("test CA");

    /**
     * After so many bytes a side takes new keys. Before the JDK's TLS is used for the first time in this JVM; and not
     * with GnuTLS, which hangs up on a peer that wants new keys more than eight times a second.
     */
    @BeforeAll
    static void renewKeysOften() {
        Security.setProperty("jdk.tls.keyLimits", "AES/GCM/NoPadding KeyUpdate 2^17");
    }

    @AfterEach
    void leavesNoThread() {
        assertThat(LifecycleTest.ownThreads()).isEmpty();
    }

    private static NbdOptions options() {
        return NbdOptions.DEFAULT.withTls(TestTls.trusting(AUTHORITY, null));
    }

    private static void assertFails(ScriptedServer.Script script, String text) throws Exception {
        assertFails(options(), script, Kind.TLS, text);
    }

    private static void assertFails(NbdOptions options, ScriptedServer.Script script, Kind kind, String text)
            throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(script)) {
            assertThatThrownBy(() -> server.open(options))
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                    .hasMessage(server.uri() + ": " + text);
        }
    }

    @Test
    void textInTheClearAfterTheConsentIsNotTakenForTheServers() throws Exception {
        assertFails(
                peer -> {
                    peer.greet();
                    peer.option();
                    peer.reply(5, 1);
                    // When the client has begun the handshake, so that this is not read together with the consent.
                    peer.receive(1);
                    peer.reply(11, 1);
                    peer.awaitEnd();
                },
                "TLS failed: the server agreed to TLS and does not speak it");
    }

    @Test
    void aServerThatHangsUpInTheHandshakeIsNamedAsThat() throws Exception {
        assertFails(
                peer -> {
                    peer.greet();
                    peer.option();
                    peer.reply(5, 1);
                    peer.receive(1);
                },
                "TLS failed: the server hung up in the TLS handshake");
    }

    @Test
    void aServerThatIsSilentInTheHandshakeIsNotWaitedForForEver() throws Exception {
        assertFails(
                options().withConnectTimeout(Duration.ofMillis(300)),
                peer -> {
                    peer.greet();
                    peer.option();
                    peer.reply(5, 1);
                    peer.awaitEnd();
                },
                Kind.TIMEOUT,
                "connecting and negotiating have taken more than 300 ms");
    }

    @Test
    void aServerThatHangsUpAfterTheHandshakeMayNotLikeOurCertificate() throws Exception {
        assertFails(
                peer -> {
                    peer.startTls(TestTls.server(AUTHORITY, AUTHORITY.server("127.0.0.1")));
                    peer.option();
                },
                "TLS failed: the server hung up after the TLS handshake: it may not accept this side's certificate");
    }

    @Test
    void nothingIsSaidToAServerThatIsNotTrusted() throws Exception {
        List<ByteBuffer> sent = new ArrayList<>();
        NbdOptions recorded = options()
                .withTransport(
                        (address, timeout) -> new Watched(new SocketTransport().open(address, timeout), sent::add));
        assertFails(
                recorded,
                peer -> assertThatThrownBy(
                                () -> peer.startTls(TestTls.server(AUTHORITY, AUTHORITY.server("other.example.org"))))
                        .isInstanceOf(IOException.class),
                Kind.TLS,
                "TLS failed: No subject alternative names matching IP address 127.0.0.1 found");
        // Flags and the option; from then on records of TLS: handshake, or the alert.
        assertThat(sent).hasSizeGreaterThan(3);
        assertThat(sent.subList(2, sent.size()))
                .allSatisfy(message -> assertThat(message.get(0)).isIn((byte) 20, (byte) 21, (byte) 22, (byte) 23))
                .noneSatisfy(message -> assertThat(StandardCharsets.ISO_8859_1
                                .decode(message.duplicate())
                                .toString())
                        .contains("IHAVEOPT"));
    }

    @Test
    void keysAreRenewedInTheMiddleOfAConnection() throws Exception {
        AtomicInteger writes = new AtomicInteger();
        NbdOptions counted = options()
                .withTransport((address, timeout) ->
                        new Watched(new SocketTransport().open(address, timeout), message -> writes.incrementAndGet()));
        int reads = 64;
        int length = 65536;
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.startTls(TestTls.server(AUTHORITY, AUTHORITY.server("127.0.0.1")));
                    peer.negotiate(Replies.STRUCTURED, (long) reads * length);
                    for (int i = 0; i < reads; i++) {
                        Peer.Request request = peer.request();
                        peer.data(request, Peer.DONE, request.offset(), Peer.content(request.offset(), length));
                    }
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(counted)) {
            int before = writes.get();
            for (long offset = 0; offset < (long) reads * length; offset += length) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(length);
                connection.read(offset, buffer).get(20, TimeUnit.SECONDS);
                assertThat(buffer).isEqualTo(ByteBuffer.wrap(Peer.content(offset, length)));
            }
            // One for each request, and one for each time that the server asked this side to do as it did.
            assertThat(writes.get() - before).isGreaterThan(reads);
        }
    }

    @Test
    void whatIsPendingFailsWhenTheConnectionIsCutOrClosed() throws Exception {
        for (boolean byServer : new boolean[] {true, false}) {
            try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                peer.startTls(TestTls.server(AUTHORITY, AUTHORITY.server("127.0.0.1")));
                peer.negotiate(Replies.STRUCTURED);
                peer.request();
                if (!byServer) {
                    peer.awaitEnd();
                }
            })) {
                NbdConnection connection = server.open(options());
                CompletableFuture<Void> read = connection.read(0, ByteBuffer.allocate(512));
                if (!byServer) {
                    connection.close();
                }
                assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS))
                        .cause()
                        .isInstanceOfSatisfying(
                                NbdException.class,
                                e -> assertThat(e.kind()).isEqualTo(byServer ? Kind.DISCONNECTED : Kind.CLOSED));
                connection.close();
            }
        }
    }

    /** Tells what is written, a message at a time. */
    private record Watched(ByteChannel channel, Consumer<ByteBuffer> heard) implements ByteChannel {
        @Override
        public int read(ByteBuffer destination) throws IOException {
            return channel.read(destination);
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            ByteBuffer copy = ByteBuffer.allocate(source.remaining())
                    .put(source.duplicate())
                    .flip();
            int count = channel.write(source);
            heard.accept(copy);
            return count;
        }

        @Override
        public boolean isOpen() {
            return channel.isOpen();
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
