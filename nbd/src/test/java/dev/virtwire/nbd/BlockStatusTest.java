// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static dev.virtwire.nbd.MalformedReplyTest.assertFails;
import static dev.virtwire.nbd.Peer.DONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.nbd.NbdExport.Replies;
import dev.virtwire.nbd.Peer.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockStatusTest {
    private static final String BASE = NbdOptions.BASE_ALLOCATION;
    private static final String DIRTY = NbdOptions.dirtyBitmap("b");
    private static final NbdOptions BOTH = NbdOptions.DEFAULT.withMetaContexts(BASE, DIRTY);
    private static final long TIB = 1L << 40;

    @ParameterizedTest
    @EnumSource(
            value = Replies.class,
            names = {"STRUCTURED", "EXTENDED"})
    void everyContextIsReportedInTheOrderAskedFor(Replies replies) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(replies, BASE, DIRTY);
                    Request request = peer.request();
                    assertThat(request).isEqualTo(new Request(7, request.cookie(), 4096, 65536));
                    peer.status(request, 0, 101, 100_000, 1);
                    peer.status(request, DONE, 100, 4096, 0, 4096, 0, 8192, 3);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(BOTH)) {
            Map<String, ExtentList> status = connection.blockStatus(4096, 65536).get(10, TimeUnit.SECONDS);

            assertThat(status.keySet()).containsExactly(BASE, DIRTY);
            // Neighbours with equal flags are one; a reply may be shorter or longer than the question.
            assertThat(status.get(BASE)).containsExactly(new Extent(4096, 8192, 0), new Extent(12288, 8192, 3));
            assertThat(status.get(DIRTY)).containsExactly(new Extent(4096, 100_000, 1));
            assertThat(status.get(BASE).start()).isEqualTo(4096);
            assertThat(status.get(BASE).end()).isEqualTo(20480);
        }
    }

    @Test
    void flagsOf64BitsAndLengthsBeyond4GibibytesComeThrough() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.EXTENDED, 16 * TIB, BASE);
                    Request request = peer.request();
                    assertThat(request.length()).isEqualTo(16 * TIB);
                    peer.status(request, DONE, 100, 15 * TIB, 0x8000_0000_0000_0003L, -1, 7);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(BASE))) {
            ExtentList extents = connection.blockStatus(BASE, 0, 16 * TIB).get(10, TimeUnit.SECONDS);

            // What lies beyond the end of the export is cut off, however long the server says it is.
            assertThat(extents)
                    .containsExactly(new Extent(0, 15 * TIB, 0x8000_0000_0000_0003L), new Extent(15 * TIB, TIB, 7));
        }
    }

    @Test
    void withoutExtendedHeadersARequestCoversLessThan4Gibibytes() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, TIB, BASE);
                    Request request = peer.request();
                    assertThat(request.length()).isEqualTo((1L << 32) - 65536);
                    peer.status(request, DONE, 100, request.length(), 3);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(BASE))) {
            ExtentList extents = connection.blockStatus(BASE, 0, TIB).get(10, TimeUnit.SECONDS);

            assertThat(extents).containsExactly(new Extent(0, (1L << 32) - 65536, 3));
        }
    }

    @Test
    void whatCannotBeAskedIsRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, BASE);
                    assertThat(peer.request().type()).isEqualTo(2); // NBD_CMD_DISC
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(BASE))) {
            String uri = server.uri();
            assertFails(
                    connection.blockStatus(0, 0),
                    Kind.INVALID,
                    uri + ": block status of 0 bytes at offset 0 failed: the range is empty");
            assertFails(
                    connection.blockStatus(0, Peer.SIZE + 1),
                    Kind.INVALID,
                    uri + ": block status of 1048577 bytes at offset 0 failed: "
                            + "the range is not within the export's 1048576 bytes");
            assertFails(
                    connection.blockStatus(DIRTY, 0, 512),
                    Kind.INVALID,
                    uri + ": block status of 512 bytes at offset 0 failed: "
                            + "the context qemu:dirty-bitmap:b was not negotiated");
            assertThatThrownBy(() -> ExtentWalker.over(connection, List.of(BASE, DIRTY)))
                    .hasMessage(uri + ": block status of 1048576 bytes at offset 0 failed: "
                            + "the context qemu:dirty-bitmap:b was not negotiated");
            assertThatThrownBy(() -> ExtentWalker.over(connection, List.of()))
                    .hasMessage(uri + ": block status of 1048576 bytes at offset 0 failed: no meta context was named");
        }
    }

    @Test
    void anErrorOfTheServerEndsAWalk() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, BASE);
                    peer.simple(peer.request().cookie(), 5);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(BASE))) {
            ExtentWalker walker = ExtentWalker.over(connection, List.of(BASE));

            assertThatThrownBy(walker::next)
                    .isInstanceOf(NbdException.class)
                    .hasMessage(server.uri() + ": block status of 1048576 bytes at offset 0 failed: "
                            + "the server says EIO (input/output error)");
        }
    }

    @Test
    void aReplyOfVeryManyExtentsIsCutAndTheRestIsAskedForAgain() throws Exception {
        int extents = 100_000;
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, extents * 512L, BASE);
                    for (int cell : new int[] {0, 0, 65536}) {
                        Request request = peer.request();
                        assertThat(request.offset()).isEqualTo(cell * 512L);
                        long[] status = new long[2 * (extents - cell)];
                        for (int i = 0; i < extents - cell; i++) {
                            status[2 * i] = 512;
                            status[2 * i + 1] = (cell + i) % 3;
                        }
                        peer.status(request, DONE, 100, status);
                    }
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(BASE))) {
            assertThat(connection.blockStatus(BASE, 0, extents * 512L).get(10, TimeUnit.SECONDS))
                    .hasSize(65536);

            ExtentWalker walker = ExtentWalker.over(connection, List.of(BASE));
            int count = 0;
            while (walker.next()) {
                assertThat(walker.offset()).isEqualTo(count * 512L);
                assertThat(walker.length()).isEqualTo(512);
                assertThat(walker.flags(0)).isEqualTo(count % 3);
                count++;
            }
            assertThat(count).isEqualTo(extents);
        }
    }

    @Test
    void aWalkThatMakesNoProgressEnds() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiateReplies(Replies.STRUCTURED);
                    peer.negotiateContexts(BASE);
                    peer.option();
                    peer.export(8192, 3);
                    peer.blockSizes(4096, 4096, 65536);
                    peer.reply(7, 1);
                    peer.status(peer.request(), DONE, 100, 5000, 0);
                    Request second = peer.request();
                    assertThat(second.offset()).isEqualTo(4096);
                    peer.status(second, DONE, 100, 904, 0);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(BASE))) {
            ExtentWalker walker = ExtentWalker.over(connection, List.of(BASE));

            assertThatThrownBy(walker::next)
                    .hasMessage(server.uri() + ": block status of 4096 bytes at offset 4096 failed: "
                            + "the server broke the protocol: its extents end within a block");
        }
    }

    /** Answers of arbitrary lengths, too short and too long, per context, with several requests under way. */
    @ParameterizedTest
    @EnumSource(
            value = Replies.class,
            names = {"STRUCTURED", "EXTENDED"})
    void aWalkMergesContextsHoweverTheServerCutsItsAnswers(Replies replies) throws Exception {
        for (long seed = 1; seed <= 10; seed++) {
            StatusModel model = new StatusModel(seed, 2);
            try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                        peer.negotiate(replies, model.size(), BASE, DIRTY);
                        model.serve(peer);
                    });
                    NbdConnection connection = server.open(BOTH)) {
                List<String> runs = new ArrayList<>();
                ExtentWalker walker = ExtentWalker.over(connection, List.of(DIRTY, BASE));
                while (walker.next()) {
                    runs.add(walker.offset() + "+" + walker.length() + " " + walker.flags(1) + " " + walker.flags(0));
                }

                assertThat(runs).as("seed %d", seed).isEqualTo(model.merged());
            }
        }
    }

    @Test
    void aWalkOverNothingEndsAtOnce() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, 0, BASE);
                    assertThat(peer.request().type()).isEqualTo(2); // NBD_CMD_DISC
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(BASE))) {
            assertThat(ExtentWalker.over(connection, List.of(BASE)).next()).isFalse();
        }
    }
}
