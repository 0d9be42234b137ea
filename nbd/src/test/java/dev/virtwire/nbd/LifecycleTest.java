// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static dev.virtwire.nbd.MalformedReplyTest.assertFails;
import static dev.virtwire.nbd.Peer.DONE;
import static dev.virtwire.nbd.Peer.content;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.Peer.Request;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How connections end: every future completes, and no thread is left. */
class LifecycleTest {
    @AfterEach
    void noThreadIsLeft() {
        assertThat(ownThreads()).isEmpty();
    }

    static List<String> ownThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("nbd "))
                .toList();
    }

    @Test
    void closingFailsWhatIsPendingAndWhatWaits() throws Exception {
        try (ScriptedServer server = serverThatNeverAnswers()) {
            NbdConnection connection = server.open(NbdOptions.DEFAULT.withMaxInFlight(2));
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                reads.add(connection.read(i * 512L, ByteBuffer.allocate(512)));
            }

            connection.close();

            for (int i = 0; i < 5; i++) {
                assertThat(reads.get(i)).isDone();
                assertFails(
                        reads.get(i),
                        Kind.CLOSED,
                        server.uri() + ": read of 512 bytes at offset " + i * 512
                                + " failed: the connection has been closed");
            }
            assertFails(
                    connection.read(0, ByteBuffer.allocate(512)),
                    Kind.CLOSED,
                    server.uri() + ": read of 512 bytes at offset 0 failed: the connection has been closed");
            connection.close();
        }
    }

    @Test
    void closingTakesLeaveOfTheServer() throws Exception {
        CompletableFuture<Request> last = new CompletableFuture<>();
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.negotiate(Replies.STRUCTURED);
            last.complete(peer.request());
        })) {
            server.open().close();

            assertThat(last.get(10, TimeUnit.SECONDS).type()).isEqualTo(2); // NBD_CMD_DISC
        }
    }

    @Test
    void aConnectionMayBeClosedFromItsOwnReaderThread() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.negotiate(Replies.STRUCTURED);
            Request request = peer.request();
            peer.data(request, DONE, 0, content(0, 512));
            peer.awaitEnd();
        })) {
            NbdConnection connection = server.open();

            connection
                    .read(0, ByteBuffer.allocate(512))
                    .thenRun(connection::close)
                    .get(10, TimeUnit.SECONDS);
            connection.close();

            assertThat(connection.isOpen()).isFalse();
        }
    }

    @Test
    void aCutInTheMiddleOfAReplyFailsEverything() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    Request request = peer.requests(2).get(0);
                    peer.chunkHeader(request, DONE, 1, 8 + 512);
                    peer.send(Peer.bytes(108).putLong(0).put(new byte[100]));
                });
                NbdConnection connection = server.open()) {
            CompletableFuture<Void> first = connection.read(0, ByteBuffer.allocate(512));
            CompletableFuture<Void> second = connection.read(512, ByteBuffer.allocate(512));

            String text = " failed: the server closed the connection in the middle of a message";
            assertFails(first, Kind.DISCONNECTED, server.uri() + ": read of 512 bytes at offset 0" + text);
            assertFails(second, Kind.DISCONNECTED, server.uri() + ": read of 512 bytes at offset 512" + text);
        }
    }

    @Test
    void aServerThatHangsUpFailsEverything() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.SIMPLE);
                    peer.request();
                });
                NbdConnection connection = server.open()) {
            assertFails(
                    connection.read(0, ByteBuffer.allocate(512)),
                    Kind.DISCONNECTED,
                    server.uri() + ": read of 512 bytes at offset 0 failed: the server closed the connection");
        }
    }

    @Test
    void aServerThatHangsUpWhileNothingIsAskedIsNoticed() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> peer.negotiate(Replies.STRUCTURED));
                NbdConnection connection = server.open()) {
            for (int i = 0; i < 6000 && connection.isOpen(); i++) {
                Thread.sleep(10);
            }

            assertFails(
                    connection.read(0, ByteBuffer.allocate(512)),
                    Kind.DISCONNECTED,
                    server.uri() + ": read of 512 bytes at offset 0 failed: the server closed the connection");
        }
    }

    @Test
    void silenceFailsEverything() throws Exception {
        try (ScriptedServer server = serverThatNeverAnswers();
                NbdConnection connection =
                        server.open(NbdOptions.DEFAULT.withMaxInFlight(1).withRequestTimeout(Duration.ofMillis(300)))) {
            long start = System.nanoTime();
            CompletableFuture<Void> first = connection.read(0, ByteBuffer.allocate(512));
            CompletableFuture<Void> waiting = connection.read(512, ByteBuffer.allocate(512));

            String text = " failed: the server has been silent for 300 ms";
            assertFails(first, Kind.TIMEOUT, server.uri() + ": read of 512 bytes at offset 0" + text);
            assertFails(waiting, Kind.TIMEOUT, server.uri() + ": read of 512 bytes at offset 512" + text);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(300), Duration.ofSeconds(30));
        }
    }

    @Test
    void silenceWhileNothingIsAskedIsNoFailure() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    peer.data(peer.request(), DONE, 0, content(0, 512));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withRequestTimeout(Duration.ofSeconds(2)))) {
            Thread.sleep(2500);

            connection.read(0, ByteBuffer.allocate(512)).get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void anAnswerThatComesDripByDripIsNoSilence() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.SIMPLE);
                    peer.simple(peer.request().cookie(), 0);
                    for (int i = 0; i < 8; i++) {
                        Thread.sleep(300);
                        peer.send(Peer.bytes(64).put(content(i * 64L, 64)));
                    }
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withRequestTimeout(Duration.ofSeconds(2)))) {
            ByteBuffer buffer = ByteBuffer.allocate(512);

            connection.read(0, buffer).get(10, TimeUnit.SECONDS);

            assertThat(buffer.array()).isEqualTo(content(0, 512));
        }
    }

    @Test
    void aSlowConsumerIsNoSilentServer() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    for (Request request : peer.requests(2)) {
                        peer.data(request, DONE, request.offset(), content(request.offset(), 512));
                    }
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withRequestTimeout(Duration.ofSeconds(2)))) {
            CountDownLatch begin = new CountDownLatch(1);
            // Runs on the reader thread, since the answer cannot come before the second request.
            CompletableFuture<Void> slow = connection
                    .read(0, ByteBuffer.allocate(512))
                    .thenRun(() -> {
                        begin.countDown();
                        sleep(2500);
                    });

            CompletableFuture<Void> second = connection.read(512, ByteBuffer.allocate(512));

            assertThat(begin.await(10, TimeUnit.SECONDS)).isTrue();
            second.get(10, TimeUnit.SECONDS);
            slow.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatTheCallerThrowsDoesNotEndTheConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    for (Request request : peer.requests(2)) {
                        peer.data(request, DONE, request.offset(), content(request.offset(), 512));
                    }
                    peer.data(peer.request(), DONE, 0, content(0, 512));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            CompletableFuture<Void> throwing = connection
                    .read(0, ByteBuffer.allocate(512))
                    .thenRun(() -> {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException("the caller's own");
                    });
            connection.read(512, ByteBuffer.allocate(512)).get(10, TimeUnit.SECONDS);

            assertThatThrownBy(() -> throwing.get(10, TimeUnit.SECONDS)).hasRootCauseMessage("the caller's own");
            connection.read(0, ByteBuffer.allocate(512)).get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void aCallerThatIsInterruptedDoesNotEndTheConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    peer.data(peer.request(), DONE, 0, content(0, 512));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            Thread.currentThread().interrupt();
            CompletableFuture<Void> read = connection.read(0, ByteBuffer.allocate(512));

            assertThat(Thread.interrupted()).isTrue();
            read.get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void anyChannelWillDo() throws Exception {
        List<NbdAddress> asked = new ArrayList<>();
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    peer.data(peer.request(), DONE, 0, content(0, 4096));
                    peer.awaitEnd();
                });
                NbdConnection connection = NbdConnection.open(
                        new NbdAddress.Tcp("behind.the.tunnel", 1),
                        "vda",
                        NbdOptions.DEFAULT.withTransport((address, timeout) -> {
                            asked.add(address);
                            return new SmallStepsChannel(
                                    NbdOptions.DEFAULT.transport().open(server.address(), timeout));
                        }))) {
            ByteBuffer buffer = ByteBuffer.allocate(4096);

            connection.read(0, buffer).get(10, TimeUnit.SECONDS);

            assertThat(asked).containsExactly(new NbdAddress.Tcp("behind.the.tunnel", 1));
            assertThat(buffer.array()).isEqualTo(content(0, 4096));
        }
    }

    /** Passes at most 7 bytes at a time. */
    private record SmallStepsChannel(ByteChannel channel) implements ByteChannel {
        @Override
        public int read(ByteBuffer destination) throws IOException {
            ByteBuffer step = ByteBuffer.allocate(Math.min(7, destination.remaining()));
            int count = channel.read(step);
            destination.put(step.flip());
            return count;
        }

        @Override
        public int write(ByteBuffer source) throws IOException {
            int count = channel.write(source.slice(source.position(), Math.min(7, source.remaining())));
            source.position(source.position() + count);
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

    @Test
    void theReaderThreadIsToldNotToWaitForItself() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, NbdOptions.BASE_ALLOCATION);
                    for (Request request : peer.requests(2)) {
                        peer.data(request, DONE, request.offset(), content(request.offset(), 512));
                    }
                    peer.awaitEnd();
                });
                NbdConnection connection =
                        server.open(NbdOptions.DEFAULT.withMetaContexts(NbdOptions.BASE_ALLOCATION))) {
            CompletableFuture<Boolean> walk = connection
                    .read(0, ByteBuffer.allocate(512))
                    .thenApply(done -> ExtentWalker.over(connection, List.of(NbdOptions.BASE_ALLOCATION))
                            .next());
            connection.read(512, ByteBuffer.allocate(512)).get(10, TimeUnit.SECONDS);

            assertThatThrownBy(() -> walk.get(10, TimeUnit.SECONDS))
                    .hasRootCauseMessage(
                            server.uri() + ": the reader thread of a connection cannot wait for its replies");
        }
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ScriptedServer serverThatNeverAnswers() throws Exception {
        return ScriptedServer.overTcp(peer -> {
            peer.negotiate(Replies.STRUCTURED);
            peer.awaitEnd();
        });
    }
}
