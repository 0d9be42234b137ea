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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadTest {
    @ParameterizedTest
    @EnumSource(Replies.class)
    void repliesMayComeInAnyOrder(Replies replies) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(replies);
                    List<Request> requests = peer.requests(16);
                    Collections.reverse(requests);
                    for (Request request : requests) {
                        byte[] data = content(request.offset(), (int) request.length());
                        if (replies == Replies.SIMPLE) {
                            peer.simple(request.cookie(), 0);
                            peer.send(Peer.bytes(data.length).put(data));
                        } else {
                            peer.data(request, DONE, request.offset(), data);
                        }
                    }
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            List<ByteBuffer> buffers = new ArrayList<>();
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                buffers.add(ByteBuffer.allocateDirect(4096));
                reads.add(connection.read(i * 4096L, buffers.get(i)));
            }

            for (int i = 0; i < 16; i++) {
                reads.get(i).get(10, TimeUnit.SECONDS);
                assertThat(buffers.get(i)).isEqualTo(ByteBuffer.wrap(content(i * 4096L, 4096)));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Replies.class,
            names = {"STRUCTURED", "EXTENDED"})
    void chunksOfSeveralRepliesMayBeMingled(Replies replies) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(replies);
                    List<Request> requests = peer.requests(2);
                    Request first = requests.get(0);
                    Request second = requests.get(1);
                    peer.data(second, 0, 4096 + 1000, content(4096 + 1000, 96));
                    peer.hole(first, 0, 3000, 1096);
                    peer.data(second, 0, 4096, content(4096, 1000));
                    peer.data(first, 0, 0, content(0, 3000));
                    peer.data(second, DONE, 4096 + 1096, content(4096 + 1096, 3000));
                    peer.none(first);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            ByteBuffer first = ByteBuffer.allocateDirect(4096);
            ByteBuffer second = ByteBuffer.allocateDirect(4096);
            for (int i = 0; i < 4096; i++) {
                first.put(i, (byte) 0x55);
            }
            CompletableFuture<Void> firstRead = connection.read(0, first);
            CompletableFuture<Void> secondRead = connection.read(4096, second);

            secondRead.get(10, TimeUnit.SECONDS);
            firstRead.get(10, TimeUnit.SECONDS);

            assertThat(second).isEqualTo(ByteBuffer.wrap(content(4096, 4096)));
            assertThat(first.slice(0, 3000)).isEqualTo(ByteBuffer.wrap(content(0, 3000)));
            assertThat(first.slice(3000, 1096)).isEqualTo(ByteBuffer.allocate(1096));
        }
    }

    @Test
    void theBufferIsFilledBetweenItsPositionAndItsLimitWhichStay() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    peer.data(peer.request(), DONE, 512, content(512, 512));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            ByteBuffer buffer = ByteBuffer.allocate(1024).position(100).limit(612);

            connection.read(512, buffer).get(10, TimeUnit.SECONDS);

            assertThat(buffer.position()).isEqualTo(100);
            assertThat(buffer.limit()).isEqualTo(612);
            assertThat(buffer).isEqualTo(ByteBuffer.wrap(content(512, 512)));
            buffer.clear();
            assertThat(buffer.slice(0, 100)).isEqualTo(ByteBuffer.allocate(100));
            assertThat(buffer.slice(612, 412)).isEqualTo(ByteBuffer.allocate(412));
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReadLongerThanTheServersMaximumGoesOutInPieces(boolean direct) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiateReplies(Replies.STRUCTURED);
                    peer.option();
                    peer.export(Peer.SIZE, 3);
                    peer.blockSizes(512, 4096, 200_000);
                    peer.reply(7, 1);
                    List<Request> requests = peer.requests(3);
                    assertThat(requests).extracting(Request::length).containsExactly(199_680L, 199_680L, 100_864L);
                    Collections.reverse(requests);
                    for (Request request : requests) {
                        peer.data(request, DONE, request.offset(), content(request.offset(), (int) request.length()));
                    }
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            int length = 2 * 199_680 + 100_864;
            ByteBuffer buffer = direct ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);

            connection.read(512, buffer).get(10, TimeUnit.SECONDS);

            assertThat(buffer).isEqualTo(ByteBuffer.wrap(content(512, length)));
        }
    }

    @Test
    void furtherRequestsWaitInOrder() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    List<Request> first = peer.requests(2);
                    Thread.sleep(200);
                    // Nothing has come meanwhile: the next request follows the first reply.
                    assertThat(peer.hasInput()).isFalse();
                    peer.data(first.get(1), DONE, 512, content(512, 512));
                    Request third = peer.request();
                    assertThat(third.offset()).isEqualTo(1024);
                    peer.data(first.get(0), DONE, 0, content(0, 512));
                    Request fourth = peer.request();
                    assertThat(fourth.offset()).isEqualTo(1536);
                    peer.data(fourth, DONE, 1536, content(1536, 512));
                    peer.data(third, DONE, 1024, content(1024, 512));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMaxInFlight(2))) {
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                reads.add(connection.read(i * 512L, ByteBuffer.allocate(512)));
            }

            for (CompletableFuture<Void> read : reads) {
                read.get(10, TimeUnit.SECONDS);
            }
        }
    }

    @Test
    void moreThanTheQueueHoldsIsRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    peer.awaitEnd();
                });
                NbdConnection connection =
                        server.open(NbdOptions.DEFAULT.withMaxInFlight(1).withMaxQueued(2))) {
            for (int i = 0; i < 3; i++) {
                assertThat(connection.read(0, ByteBuffer.allocate(512))).isNotDone();
            }

            assertFails(
                    connection.read(0, ByteBuffer.allocate(512)),
                    Kind.INVALID,
                    server.uri()
                            + ": read of 512 bytes at offset 0 failed: 2 requests are waiting already (maxQueued)");
            assertThat(connection.isOpen()).isTrue();
        }
    }

    @Test
    void aRequestCannotBeCancelled() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    Request request = peer.request();
                    Thread.sleep(100);
                    peer.data(request, DONE, 0, content(0, 512));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            ByteBuffer buffer = ByteBuffer.allocate(512);
            CompletableFuture<Void> read = connection.read(0, buffer);

            assertThat(read.cancel(true)).isFalse();
            read.get(10, TimeUnit.SECONDS);
            assertThat(buffer.array()).isEqualTo(content(0, 512));
        }
    }

    @Test
    void whatCannotBeReadIsNotAskedFor() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiateReplies(Replies.STRUCTURED);
                    peer.option();
                    peer.export(10_000, 3);
                    peer.blockSizes(512, 4096, 65536);
                    peer.reply(7, 1);
                    Request tail = peer.request();
                    assertThat(tail.length()).isEqualTo(10_000 - 9728);
                    peer.data(tail, DONE, 9728, content(9728, 272));
                    assertThat(peer.request().type()).isEqualTo(2); // NBD_CMD_DISC
                });
                NbdConnection connection = server.open()) {
            String failed = "512 bytes at offset %d failed: the range is not within the export's 10000 bytes";
            for (long offset : new long[] {-512, 9728, 10_000, 10_240, Long.MAX_VALUE}) {
                assertFails(
                        connection.read(offset, ByteBuffer.allocate(512)),
                        Kind.INVALID,
                        server.uri() + ": read of " + String.format(failed, offset));
            }
            assertFails(
                    connection.read(100, ByteBuffer.allocate(512)),
                    Kind.INVALID,
                    server.uri() + ": read of 512 bytes at offset 100 failed: "
                            + "the range is not aligned to the server's minimum block size, 512");
            assertFails(
                    connection.read(0, ByteBuffer.allocate(100)),
                    Kind.INVALID,
                    server.uri() + ": read of 100 bytes at offset 0 failed: "
                            + "the range is not aligned to the server's minimum block size, 512");
            assertFails(
                    connection.read(0, ByteBuffer.allocate(512).asReadOnlyBuffer()),
                    Kind.INVALID,
                    server.uri() + ": read of 512 bytes at offset 0 failed: the destination is a read-only buffer");
            connection.read(1024, ByteBuffer.allocate(0)).get(10, TimeUnit.SECONDS);
            connection.read(9728, ByteBuffer.allocate(272)).get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void anErrorOfTheServerFailsTheRequestAndNotTheConnection() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    Request first = peer.request();
                    peer.data(first, 0, 0, content(0, 512));
                    peer.errorAt(first, 0, 5, "bad\n sector\0", 512);
                    peer.error(first, 0, 22, "a second one");
                    peer.none(first);
                    peer.error(peer.request(), DONE, 108, "");
                    Request third = peer.request();
                    peer.chunkHeader(third, DONE, 0x8077, 9);
                    peer.send(Peer.bytes(9)
                            .putInt(99)
                            .putShort((short) 1)
                            .put((byte) 'x')
                            .put(new byte[2]));
                    peer.simple(peer.request().cookie(), 0);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            CompletableFuture<Void> first = connection.read(0, ByteBuffer.allocate(1024));
            assertFails(
                    first,
                    Kind.SERVER,
                    server.uri() + ": read of 1024 bytes at offset 0 failed: "
                            + "the server says EIO (input/output error) at offset 512: \"bad sector\"");
            first.exceptionally(e -> {
                        NbdException nbd = (NbdException) e;
                        assertThat(nbd.uri()).isEqualTo(new NbdUri(server.address(), "vda"));
                        assertThat(nbd.request()).contains(new NbdRequest(NbdRequest.Command.READ, 0, 1024));
                        assertThat(nbd.serverError())
                                .contains(new NbdServerError(5, "bad sector", OptionalLong.of(512)));
                        return null;
                    })
                    .join();
            assertFails(
                    connection.read(512, ByteBuffer.allocate(512)),
                    Kind.SERVER,
                    server.uri() + ": read of 512 bytes at offset 512 failed: "
                            + "the server says ESHUTDOWN (the server is shutting down)");
            assertFails(
                    connection.read(512, ByteBuffer.allocate(512)),
                    Kind.SERVER,
                    server.uri() + ": read of 512 bytes at offset 512 failed: the server says error 99: \"x\"");
            assertThat(connection.isOpen()).isTrue();
        }
    }

    @Test
    void anErrorInASimpleReplyCarriesNoData() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.SIMPLE);
                    peer.simple(peer.request().cookie(), 1);
                    peer.simple(peer.request().cookie(), 0);
                    peer.send(Peer.bytes(512).put(content(0, 512)));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            assertFails(
                    connection.read(0, ByteBuffer.allocate(512)),
                    Kind.SERVER,
                    server.uri() + ": read of 512 bytes at offset 0 failed: "
                            + "the server says EPERM (operation not permitted)");
            connection.read(0, ByteBuffer.allocate(512)).get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void onePieceThatFailsFailsTheWholeReadAfterThoseOnTheWireWereAnswered() throws Exception {
        CountDownLatch seen = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiateReplies(Replies.STRUCTURED);
                    peer.option();
                    peer.export(Peer.SIZE, 3);
                    peer.blockSizes(1, 512, 1000);
                    peer.reply(7, 1);
                    List<Request> requests = peer.requests(2);
                    peer.error(requests.get(1), DONE, 5, "");
                    // The third and fourth piece are not asked for; the next request is another read.
                    Request other = peer.request();
                    assertThat(other.offset()).isEqualTo(8000);
                    peer.data(other, DONE, 8000, content(8000, 10));
                    assertThat(seen.await(10, TimeUnit.SECONDS)).isTrue();
                    peer.data(requests.get(0), DONE, 0, content(0, 1000));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMaxInFlight(2))) {
            CompletableFuture<Void> read = connection.read(0, ByteBuffer.allocate(4000));
            CompletableFuture<Boolean> whileReading =
                    connection.read(8000, ByteBuffer.allocate(10)).thenApply(done -> read.isDone());

            assertThat(whileReading.get(10, TimeUnit.SECONDS)).isFalse();
            seen.countDown();
            assertFails(
                    read,
                    Kind.SERVER,
                    server.uri() + ": read of 4000 bytes at offset 0 failed: the server says EIO (input/output error)");
        }
    }

    /** A server that does whatever the protocol allows: other orders, other pieces, holes, other replies in between. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void everyByteArrivesWhateverTheServerDoesWithinTheProtocol(long seed, @TempDir Path directory) throws Exception {
        Random random = new Random(seed);
        Replies replies = seed % 2 == 0 ? Replies.STRUCTURED : Replies.EXTENDED;
        int reads = 200;
        try (ScriptedServer server = ScriptedServer.overUnix(directory.resolve("s"), peer -> {
                    peer.negotiate(replies);
                    new ArbitraryServer(peer, new Random(seed * 31)).serve(reads);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMaxInFlight(1 + random.nextInt(20)))) {
            List<ByteBuffer> buffers = new ArrayList<>();
            List<Long> offsets = new ArrayList<>();
            List<CompletableFuture<Void>> futures = new ArrayList<>();
            for (int i = 0; i < reads; i++) {
                int length = 1 + random.nextInt(random.nextBoolean() ? 700 : 60_000);
                long offset = random.nextInt((int) Peer.SIZE - length);
                ByteBuffer buffer =
                        random.nextBoolean() ? ByteBuffer.allocateDirect(length) : ByteBuffer.allocate(length);
                buffers.add(buffer);
                offsets.add(offset);
                futures.add(connection.read(offset, buffer));
            }

            for (int i = 0; i < reads; i++) {
                futures.get(i).get(10, TimeUnit.SECONDS);
                assertThat(buffers.get(i))
                        .as("read %d with seed %d", i, seed)
                        .isEqualTo(ByteBuffer.wrap(ArbitraryServer.contentWithHoles(
                                offsets.get(i), buffers.get(i).capacity())));
            }
        }
    }
}
