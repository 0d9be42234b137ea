// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static dev.virtwire.nbd.MalformedReplyTest.assertFails;
import static dev.virtwire.nbd.Peer.DONE;
import static dev.virtwire.nbd.Peer.content;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.Peer.Request;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A session outlives its connections, and not its patience. */
class NbdSessionTest {
    private static final Duration PATIENT = Duration.ofMinutes(5);
    private static final String ALLOCATION = NbdOptions.BASE_ALLOCATION;

    private final AtomicInteger connections = new AtomicInteger();

    @AfterEach
    void noThreadIsLeft() {
        assertThat(LifecycleTest.ownThreads()).isEmpty();
    }

    /** Each of the first {@code bad} connections is spoiled; later ones answer all reads. */
    private ScriptedServer server(int bad, ScriptedServer.Script spoiled) throws Exception {
        return ScriptedServer.overTcp(peer -> {
            peer.negotiate(Replies.STRUCTURED, ALLOCATION);
            if (connections.incrementAndGet() <= bad) {
                spoiled.serve(peer);
                return;
            }
            for (Request request = peer.request(); request.type() != 2; request = peer.request()) {
                if (request.type() == 0) {
                    peer.data(request, DONE, request.offset(), content(request.offset(), (int) request.length()));
                } else {
                    // Never more than 64 KiB, so that a walk asks often.
                    peer.status(request, DONE, 100, 65536, request.offset() / 65536 % 2);
                }
            }
        });
    }

    private static NbdSession session(ScriptedServer server, NbdOptions options, Duration patience) {
        return NbdSession.open(server.address(), "vda", options.withMetaContexts(ALLOCATION), patience);
    }

    private static void requireRead(NbdSession session, int reads) throws Exception {
        List<ByteBuffer> buffers = new ArrayList<>();
        List<CompletableFuture<Void>> pending = new ArrayList<>();
        for (int i = 0; i < reads; i++) {
            buffers.add(ByteBuffer.allocate(4096));
            pending.add(session.read(i * 4096L, buffers.get(i)));
        }
        for (int i = 0; i < reads; i++) {
            pending.get(i).get(60, TimeUnit.SECONDS);
            assertThat(buffers.get(i).array()).isEqualTo(content(i * 4096L, 4096));
        }
    }

    @Test
    void whatWasPendingIsAskedAgainWhenTheConnectionBreaks() throws Exception {
        try (ScriptedServer server = server(3, peer -> {
                    Request first = peer.requests(4).get(0);
                    peer.data(first, DONE, first.offset(), content(first.offset(), 4096));
                });
                NbdSession session = session(server, NbdOptions.DEFAULT, PATIENT)) {
            requireRead(session, 16);
            assertThat(connections).hasValue(4);
        }
    }

    @Test
    void aSilentServerIsAskedAgainOverAnotherConnection() throws Exception {
        try (ScriptedServer server = server(2, Peer::awaitEnd);
                NbdSession session =
                        session(server, NbdOptions.DEFAULT.withRequestTimeout(Duration.ofMillis(300)), PATIENT)) {
            requireRead(session, 3);
            assertThat(connections).hasValue(3);
        }
    }

    @Test
    void aWalkContinuesWhereTheConnectionBroke() throws Exception {
        try (ScriptedServer server = server(2, peer -> {
                    Request first = peer.request();
                    peer.status(first, DONE, 100, 65536, first.offset() / 65536 % 2);
                    peer.request();
                });
                NbdSession session = session(server, NbdOptions.DEFAULT, PATIENT)) {
            ExtentWalker walker = ExtentWalker.over(session, List.of(ALLOCATION));
            long at = 0;
            while (walker.next()) {
                assertThat(walker.offset()).isEqualTo(at);
                assertThat(walker.length()).isEqualTo(65536);
                assertThat(walker.flags(0)).isEqualTo(at / 65536 % 2);
                at += 65536;
            }
            assertThat(at).isEqualTo(Peer.SIZE);
            assertThat(connections).hasValue(3);
        }
    }

    @Test
    void itsPatienceEnds() throws Exception {
        try (ScriptedServer server = server(Integer.MAX_VALUE, Peer::request);
                NbdSession session = session(server, NbdOptions.DEFAULT, Duration.ofMillis(1500))) {
            String read = server.uri() + ": read of 512 bytes at offset 0 failed: ";
            assertFails(
                    session.read(0, ByteBuffer.allocate(512)),
                    Kind.DISCONNECTED,
                    read + "nothing has come for 1500 ms, however often it was opened again; at last: " + read
                            + "the server closed the connection");
            assertThat(connections.get()).isGreaterThan(1);
        }
    }

    @Test
    void withoutPatienceTheFirstBreakIsTheEnd() throws Exception {
        try (ScriptedServer server = server(Integer.MAX_VALUE, Peer::request);
                NbdSession session = session(server, NbdOptions.DEFAULT, Duration.ZERO)) {
            assertFails(
                    session.read(0, ByteBuffer.allocate(512)),
                    Kind.DISCONNECTED,
                    server.uri() + ": read of 512 bytes at offset 0 failed: the server closed the connection");
            assertThat(connections).hasValue(1);
        }
    }

    @Test
    void anotherExportUnderTheSameNameIsNotRead() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, 65536L * connections.incrementAndGet());
                    peer.request();
                });
                NbdSession session = NbdSession.open(server.address(), "vda", NbdOptions.DEFAULT, PATIENT)) {
            assertThat(session.read(0, ByteBuffer.allocate(512)))
                    .failsWithin(60, TimeUnit.SECONDS)
                    .withThrowableOfType(ExecutionException.class)
                    .havingCause()
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                    .withMessageStartingWith(
                            server.uri() + ": the server has another export under this name now: NbdExport[");
        }
    }

    @Test
    void anErrorOfTheServersIsAnAnswer() throws Exception {
        try (ScriptedServer server = server(1, peer -> {
                    peer.error(peer.request(), DONE, 5, "bad sector");
                    peer.awaitEnd();
                });
                NbdSession session = session(server, NbdOptions.DEFAULT, PATIENT)) {
            assertFails(
                    session.read(0, ByteBuffer.allocate(512)),
                    Kind.SERVER,
                    server.uri() + ": read of 512 bytes at offset 0 failed: the server says EIO (input/output error):"
                            + " \"bad sector\"");
            assertThat(connections).hasValue(1);
        }
    }

    @Test
    void closingInAStormFailsWhatIsPending() throws Exception {
        CountDownLatch broken = new CountDownLatch(3);
        try (ScriptedServer server = server(Integer.MAX_VALUE, peer -> {
            peer.request();
            broken.countDown();
        })) {
            NbdSession session = session(server, NbdOptions.DEFAULT, PATIENT);
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                reads.add(session.read(i * 512L, ByteBuffer.allocate(512)));
            }
            assertThat(broken.await(60, TimeUnit.SECONDS)).isTrue();

            session.close();

            assertThat(reads).allMatch(CompletableFuture::isCompletedExceptionally);
            assertThat(session.read(0, ByteBuffer.allocate(512))).isCompletedExceptionally();
            session.close();
        }
    }
}
