// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static dev.virtwire.nbd.Peer.DONE;
import static dev.virtwire.nbd.Peer.bytes;
import static dev.virtwire.nbd.Peer.content;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.Peer.Request;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Each reply that the protocol forbids ends the connection, and each request with it, with a sentence that says why.
 */
class MalformedReplyTest {
    private static final String READ = "read of 4096 bytes at offset 8192";
    private static final String STATUS = "block status of 4096 bytes at offset 8192";
    private static final String BROKE = " failed: the server broke the protocol: ";

    /** What the server does with the one request that it gets. */
    interface Answer {
        void to(Request request, Peer peer) throws Exception;
    }

    @ParameterizedTest
    @EnumSource(Replies.class)
    void aReplyBeginsWithAnotherMagicNumber(Replies replies) throws Exception {
        String expected =
                switch (replies) {
                    case SIMPLE -> "0x67446698";
                    case STRUCTURED -> "0x668e33ef";
                    case EXTENDED -> "0x6e8a278c";
                };

        assertReadEnds(
                replies,
                (request, peer) -> peer.send(bytes(32).putInt(0x01020304).put(new byte[28])),
                "a reply begins with 0x01020304 instead of " + expected);
    }

    @ParameterizedTest
    @EnumSource(Replies.class)
    void aReplyIsForNoPendingRequest(Replies replies) throws Exception {
        assertReadEnds(
                replies,
                (request, peer) -> {
                    Request wrong = new Request(0, 0xabcd00, 8192, 4096);
                    if (replies == Replies.SIMPLE) {
                        peer.simple(wrong.cookie(), 0);
                    } else {
                        peer.none(wrong);
                    }
                },
                "a reply has cookie 0xabcd00, which no pending request has");
    }

    @Test
    void aRequestIsAnsweredTwice() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED);
                    Request first = peer.request();
                    peer.data(first, DONE, 0, content(0, 512));
                    peer.request();
                    peer.data(first, DONE, 0, content(0, 512));
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            connection.read(0, ByteBuffer.allocate(512)).get(10, TimeUnit.SECONDS);

            // The second request uses the slot of the first, but not its cookie.
            assertFails(
                    connection.read(0, ByteBuffer.allocate(512)),
                    Kind.PROTOCOL,
                    server.uri() + ": read of 512 bytes at offset 0" + BROKE
                            + "a reply has cookie 0x0, which no pending request has");
        }
    }

    @Test
    void aReadIsAnsweredWithASimpleReplyWhereChunksWereNegotiated() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.simple(request.cookie(), 0),
                "a simple reply to the " + READ + " where chunks were negotiated");
    }

    @Test
    void anExtendedReplyIsForAnotherOffset() throws Exception {
        assertReadEnds(
                Replies.EXTENDED,
                (request, peer) -> peer.chunkHeader(request.cookie(), -1, DONE, 0, 0),
                "the reply to the " + READ + " says that it is for offset 18446744073709551615");
    }

    @Test
    void aDataChunkHasNoData() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.data(request, DONE, 8192, new byte[0]),
                "a chunk of type 1 and 8 bytes in the reply to the " + READ);
    }

    @Test
    void aDataChunkIsLongerThanTheRequest() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.chunkHeader(request, DONE, 1, 0xffff_ffffL),
                "a chunk of type 1 and 4294967295 bytes in the reply to the " + READ);
    }

    @Test
    void anExtendedDataChunkIsLongerThanAnythingThereIs() throws Exception {
        assertReadEnds(
                Replies.EXTENDED,
                (request, peer) -> peer.chunkHeader(request, DONE, 1, -1),
                "a chunk of type 1 and 18446744073709551615 bytes in the reply to the " + READ);
    }

    @Test
    void aChunkLiesBeforeTheRequest() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.data(request, DONE, 8191, new byte[512]),
                "a chunk of 512 bytes at offset 8191 in the reply to the " + READ);
    }

    @Test
    void aChunkReachesBeyondTheRequest() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.data(request, DONE, 8192 + 4096 - 511, new byte[512]),
                "a chunk of 512 bytes at offset 11777 in the reply to the " + READ);
    }

    @Test
    void aChunkLiesWhereOffsetsEnd() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.data(request, DONE, Long.MAX_VALUE - 10, new byte[512]),
                "a chunk of 512 bytes at offset 9223372036854775797 in the reply to the " + READ);
    }

    @Test
    void aHoleReachesBeyondTheRequest() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.hole(request, DONE, 8192, -1),
                "a chunk of 4294967295 bytes at offset 8192 in the reply to the " + READ);
    }

    @Test
    void aHoleIsEmpty() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.hole(request, DONE, 8192, 0),
                "a hole of 0 bytes in the reply to the " + READ);
    }

    @Test
    void aHoleChunkHasAnotherLength() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.chunkHeader(request, DONE, 2, 16),
                "a chunk of type 2 and 16 bytes in the reply to the " + READ);
    }

    @Test
    void twoChunksOverlap() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> {
                    peer.data(request, 0, 8192, new byte[2048]);
                    peer.hole(request, DONE, 8192 + 2047, 2049);
                },
                "a chunk of 2049 bytes at offset 10239 overlaps an earlier one in the reply to the " + READ);
    }

    @Test
    void aReplyEndsBeforeAllBytesHaveCome() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> {
                    peer.data(request, 0, 8192, new byte[2048]);
                    peer.data(request, DONE, 8192 + 2049, new byte[2047]);
                },
                "the reply to the " + READ + " ended after 4095 of its bytes");
    }

    @Test
    void anEmptyChunkIsNotTheLast() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> {
                    peer.data(request, 0, 8192, new byte[4096]);
                    peer.chunkHeader(request, 0, 0, 0);
                },
                "an empty chunk in the reply to the " + READ + " is not marked as last");
    }

    @Test
    void anEmptyChunkIsNotEmpty() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.chunkHeader(request, DONE, 0, 1),
                "a chunk of type 0 and 1 bytes in the reply to the " + READ);
    }

    @Test
    void aChunkIsOfUnknownType() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.chunkHeader(request, DONE, 77, 4),
                "a chunk of type 77 in the reply to the " + READ);
    }

    @Test
    void aReadIsAnsweredWithExtents() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.status(request, DONE, 100, 4096, 0),
                "a chunk of type 5 in the reply to the " + READ);
    }

    @Test
    void anErrorChunkIsTooShort() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.chunkHeader(request, DONE, 0x8001, 5),
                "a chunk of type 32769 and 5 bytes in the reply to the " + READ);
    }

    @Test
    void anErrorChunkIsTooLong() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.chunkHeader(request, DONE, 0x8001, 4096 + 7),
                "a chunk of type 32769 and 4103 bytes in the reply to the " + READ);
    }

    @Test
    void anErrorChunkHoldsNoError() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.error(request, DONE, 0, "all is well"),
                "an error chunk without an error in the reply to the " + READ);
    }

    @Test
    void theTextOfAnErrorIsLongerThanItsChunk() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> {
                    peer.chunkHeader(request, DONE, 0x8001, 10);
                    peer.send(bytes(10).putInt(5).putShort((short) 5).putInt(0));
                },
                "an error chunk of 10 bytes says that its text has 5 in the reply to the " + READ);
    }

    @Test
    void anErrorLiesOutsideOfTheRequest() throws Exception {
        assertReadEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.errorAt(request, DONE, 5, "bad", 8192 + 4096),
                "an error at offset 12288 in the reply to the " + READ);
    }

    @Test
    void extentsComeInPieces() throws Exception {
        assertStatusEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.chunkHeader(request, DONE, 5, 4 + 8 + 7),
                "a chunk of type 5 and 19 bytes in the reply to the " + STATUS);
    }

    @Test
    void thereAreNoExtents() throws Exception {
        assertStatusEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.status(request, DONE, 100),
                "a chunk of type 5 and 4 bytes in the reply to the " + STATUS);
    }

    @Test
    void thereAreMoreExtentsThanTheProtocolAllows() throws Exception {
        assertStatusEnds(
                Replies.EXTENDED,
                (request, peer) -> peer.chunkHeader(request, DONE, 6, 8 + 16L * (1 << 20) + 16),
                "a chunk of type 6 and 16777240 bytes in the reply to the " + STATUS);
    }

    @Test
    void extentsStateAnotherCount() throws Exception {
        assertStatusEnds(
                Replies.EXTENDED,
                (request, peer) -> {
                    peer.chunkHeader(request, DONE, 6, 8 + 16);
                    peer.send(bytes(24).putInt(100).putInt(2).putLong(4096).putLong(0));
                },
                "a chunk with 1 extents says that it has 2 in the reply to the " + STATUS);
    }

    @Test
    void anExtentIsEmpty() throws Exception {
        assertStatusEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.status(request, DONE, 100, 512, 0, 0, 3),
                "an extent of 0 bytes in the reply to the " + STATUS);
    }

    @Test
    void aContextWasNeverNegotiated() throws Exception {
        assertStatusEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.status(request, DONE, 99, 4096, 0),
                "context id 99, never negotiated, in the reply to the " + STATUS);
    }

    @Test
    void aContextComesTwice() throws Exception {
        assertStatusEnds(
                Replies.STRUCTURED,
                (request, peer) -> {
                    peer.status(request, 0, 100, 4096, 0);
                    peer.status(request, DONE, 100, 4096, 0);
                },
                "the context base:allocation comes twice in the reply to the " + STATUS);
    }

    @Test
    void aContextIsMissing() throws Exception {
        assertStatusEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.none(request),
                "no extents of the context base:allocation in the reply to the " + STATUS);
    }

    @Test
    void aSimpleReplyCallsABlockStatusDone() throws Exception {
        assertStatusEnds(
                Replies.STRUCTURED,
                (request, peer) -> peer.simple(request.cookie(), 0),
                "no extents of the context base:allocation in the reply to the " + STATUS);
    }

    @Test
    void extentsOfTheOldKindComeWhereExtendedHeadersWereNegotiated() throws Exception {
        assertStatusEnds(
                Replies.EXTENDED,
                (request, peer) -> peer.chunkHeader(request, DONE, 5, 12),
                "a chunk of type 5 in the reply to the " + STATUS);
    }

    private static void assertReadEnds(Replies replies, Answer answer, String violation) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(replies);
                    answer.to(peer.request(), peer);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            assertFails(
                    connection.read(8192, ByteBuffer.allocateDirect(4096)),
                    Kind.PROTOCOL,
                    server.uri() + ": " + READ + BROKE + violation);
            assertEnded(connection, server, violation);
        }
    }

    private static void assertStatusEnds(Replies replies, Answer answer, String violation) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(replies, NbdOptions.BASE_ALLOCATION);
                    answer.to(peer.request(), peer);
                    peer.awaitEnd();
                });
                NbdConnection connection =
                        server.open(NbdOptions.DEFAULT.withMetaContexts(NbdOptions.BASE_ALLOCATION))) {
            assertFails(
                    connection.blockStatus(8192, 4096),
                    Kind.PROTOCOL,
                    server.uri() + ": " + STATUS + BROKE + violation);
            assertEnded(connection, server, violation);
        }
    }

    private static void assertEnded(NbdConnection connection, ScriptedServer server, String violation) {
        assertThat(connection.isOpen()).isFalse();
        assertFails(
                connection.read(0, ByteBuffer.allocate(512)),
                Kind.PROTOCOL,
                server.uri() + ": read of 512 bytes at offset 0" + BROKE + violation);
    }

    static void assertFails(CompletableFuture<?> future, Kind kind, String message) {
        assertThat(future)
                .failsWithin(10, TimeUnit.SECONDS)
                .withThrowableOfType(ExecutionException.class)
                .havingCause()
                .isInstanceOfSatisfying(
                        NbdException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                .withMessage(message);
    }
}
