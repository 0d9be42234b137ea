// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import static dev.virtwire.nbd.Peer.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.nbd.NbdException.Kind;
import dev.virtwire.nbd.NbdExport.Replies;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NegotiationTest {
    private static final String BROKE = "the server broke the protocol: ";
    private static final int OPT_GO = 7;
    private static final int OPT_SET_META_CONTEXT = 10;
    private static final int ERROR = 0x8000_0000;

    @ParameterizedTest
    @EnumSource(Replies.class)
    void takesTheNewestKindOfRepliesThatTheServerHas(Replies replies) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(replies);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open()) {
            assertThat(connection.export())
                    .isEqualTo(new NbdExport("vda", Peer.SIZE, 0x103, 1, 4096, 32 * 1024 * 1024, List.of(), replies));
            assertThat(connection.export().isReadOnly()).isTrue();
            assertThat(connection.export().canMultiConnect()).isTrue();
        }
    }

    @Test
    void asksForTheExportItsBlockSizesAndContexts() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiateReplies(Replies.STRUCTURED);
                    Peer.Option contexts = peer.option();
                    assertThat(contexts.number()).isEqualTo(OPT_SET_META_CONTEXT);
                    assertThat(contexts.data())
                            .isEqualTo(bytes(4 + 3 + 4 + 4 + 15 + 4 + 19)
                                    .putInt(3) // length of the export's name
                                    .put("vda".getBytes(StandardCharsets.UTF_8))
                                    .putInt(2) // number of queries
                                    .putInt(15)
                                    .put("base:allocation".getBytes(StandardCharsets.UTF_8))
                                    .putInt(19)
                                    .put("qemu:dirty-bitmap:b".getBytes(StandardCharsets.UTF_8))
                                    .array());
                    peer.context(OPT_SET_META_CONTEXT, 7, "qemu:dirty-bitmap:b");
                    peer.reply(OPT_SET_META_CONTEXT, 1);
                    Peer.Option go = peer.option();
                    assertThat(go.number()).isEqualTo(OPT_GO);
                    assertThat(go.data())
                            .isEqualTo(bytes(4 + 3 + 2 + 2)
                                    .putInt(3)
                                    .put("vda".getBytes(StandardCharsets.UTF_8))
                                    .putShort((short) 1) // one information request
                                    .putShort((short) 3) // NBD_INFO_BLOCK_SIZE
                                    .array());
                    peer.export(1000, 3);
                    peer.reply(OPT_GO, 3, (byte) 0, (byte) 99, (byte) 1); // information nobody knows
                    peer.blockSizes(512, 65536, 1_000_000);
                    peer.reply(OPT_GO, 1);
                    peer.awaitEnd();
                });
                NbdConnection connection =
                        server.open(NbdOptions.DEFAULT.withMetaContexts("base:allocation", "qemu:dirty-bitmap:b"))) {
            NbdExport export = connection.export();

            assertThat(export.size()).isEqualTo(1000);
            assertThat(export.minimumBlockSize()).isEqualTo(512);
            assertThat(export.preferredBlockSize()).isEqualTo(65536);
            assertThat(export.maximumRead()).isEqualTo(1953 * 512);
            assertThat(export.metaContexts()).containsExactly("qemu:dirty-bitmap:b");
        }
    }

    @Test
    void aServerThatKnowsNoContextsHasNone() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiateReplies(Replies.STRUCTURED);
                    peer.option();
                    peer.refuse(OPT_SET_META_CONTEXT, ERROR + 1, "never heard of it");
                    peer.option();
                    peer.export(1000, 3);
                    peer.reply(OPT_GO, 1);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts("base:allocation"))) {
            assertThat(connection.export().metaContexts()).isEmpty();
            MalformedReplyTest.assertFails(
                    connection.blockStatus(0, 1000),
                    Kind.INVALID,
                    server.uri() + ": block status of 1000 bytes at offset 0 failed: no meta context was negotiated");
        }
    }

    @Test
    void listsContexts() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.negotiateReplies(Replies.STRUCTURED);
            peer.option();
            peer.context(9, 0, "base:allocation");
            peer.context(9, 0, "qemu:dirty-bitmap:");
            peer.reply(9, 1);
            assertThat(peer.option().number()).isEqualTo(2); // NBD_OPT_ABORT
        })) {
            assertThat(NbdConnection.listMetaContexts(server.address(), "vda", NbdOptions.DEFAULT))
                    .containsExactly("base:allocation", "qemu:dirty-bitmap:");
        }
    }

    @Test
    void anUnknownExportIsRefusedWithTheNamesOfThoseThatThereAre() throws Exception {
        assertRefusal(
                peer -> {
                    peer.refuse(OPT_GO, ERROR + 6, "export 'vda' not present");
                    peer.option();
                    peer.reply(
                            3,
                            2,
                            bytes(7).putInt(3)
                                    .put("sda".getBytes(StandardCharsets.UTF_8))
                                    .array());
                    peer.reply(
                            3,
                            2,
                            bytes(9).putInt(3)
                                    .put("sdb rw".getBytes(StandardCharsets.UTF_8), 0, 5)
                                    .array());
                    peer.reply(3, 1);
                },
                "the server has no export \"vda\": \"export 'vda' not present\"; it has \"sda\", \"sdb\"");
    }

    @Test
    void anUnknownExportIsRefusedEvenWhereTheServerListsNone() throws Exception {
        assertRefusal(
                peer -> {
                    peer.refuse(OPT_GO, ERROR + 6, "");
                    peer.option();
                    peer.refuse(3, ERROR + 2, "no lists here");
                },
                "the server has no export \"vda\"");
    }

    @Test
    void anUnknownExportIsRefusedEvenWhereTheServerHangsUpThen() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.negotiateReplies(Replies.STRUCTURED);
            peer.option();
            peer.refuse(OPT_GO, ERROR + 6, "");
            peer.option();
        })) {
            assertThatThrownBy(server::open)
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.REFUSED))
                    .hasMessage(server.uri() + ": the server has no export \"vda\"");
        }
    }

    @Test
    void aListOfContextsWithoutEndIsRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.negotiateReplies(Replies.STRUCTURED);
            peer.option();
            for (int i = 0; i <= 4096; i++) {
                peer.context(9, 0, "x-many:" + i);
            }
            peer.awaitEnd();
        })) {
            assertThatThrownBy(() -> NbdConnection.listMetaContexts(server.address(), "vda", NbdOptions.DEFAULT))
                    .hasMessage(server.uri() + ": " + BROKE + "it lists more than 4096 contexts");
        }
    }

    @Test
    void namesOfContextsAreTakenAsTheyAre() throws Exception {
        String name = NbdOptions.dirtyBitmap(" two  words ");
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.negotiate(Replies.STRUCTURED, name);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withMetaContexts(name, name))) {
            assertThat(connection.export().metaContexts()).containsExactly(name);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "1  | the server does not know NBD_OPT_GO: \"why\"",
                "2  | the server's policy forbids NBD_OPT_GO: \"why\"",
                "3  | the server calls NBD_OPT_GO invalid: \"why\"",
                "4  | the server's platform lacks NBD_OPT_GO: \"why\"",
                "5  | the server requires TLS: \"why\"",
                "7  | the server is shutting down: \"why\"",
                "8  | the server insists on its block sizes: \"why\"",
                "9  | the server finds NBD_OPT_GO too big: \"why\"",
                "10 | the server requires extended headers: \"why\"",
                "77 | the server answers NBD_OPT_GO with error 0x8000004d: \"why\"",
            })
    void eachRefusalIsSaidInWords(int error, String text) throws Exception {
        assertRefusal(peer -> peer.refuse(OPT_GO, ERROR + error, "why"), text);
    }

    @Test
    void aServerThatRequiresTlsSaysSoAtTheFirstOption() throws Exception {
        assertOpenFails(
                peer -> {
                    peer.greet();
                    peer.option();
                    peer.refuse(11, ERROR + 5, "");
                },
                Kind.REFUSED,
                "the server requires TLS");
    }

    @Test
    void somethingElseThanAnNbdServerListens() throws Exception {
        assertOpenFails(
                peer -> peer.send(bytes(24).put("HTTP/1.1 400 Bad Request".getBytes(StandardCharsets.UTF_8))),
                Kind.PROTOCOL,
                BROKE + "it begins with 'HTTP/1.1', so it is no NBD server");
    }

    @Test
    void anOldstyleServerIsRefused() throws Exception {
        assertOpenFails(
                peer -> peer.send(bytes(152)
                        .putLong(0x4e42444d41474943L)
                        .putLong(0x00420281861253L)
                        .put(new byte[136])),
                Kind.REFUSED,
                "the server speaks oldstyle NBD, which has no exports by name");
    }

    @Test
    void aServerOfUnknownStyleIsRefused() throws Exception {
        assertOpenFails(
                peer -> peer.send(
                        bytes(18).putLong(0x4e42444d41474943L).putLong(1).putShort((short) 3)),
                Kind.PROTOCOL,
                BROKE + "its option magic is 0x0000000000000001");
    }

    @Test
    void aServerWithoutFixedNewstyleIsRefused() throws Exception {
        assertOpenFails(
                peer -> peer.send(bytes(18)
                        .putLong(0x4e42444d41474943L)
                        .putLong(0x49484156454F5054L)
                        .putShort((short) 2)),
                Kind.REFUSED,
                "the server does not speak fixed newstyle NBD");
    }

    @Test
    void anOptionIsAnsweredWithAnotherMagicNumber() throws Exception {
        assertOpenFails(
                peer -> {
                    peer.greet();
                    peer.option();
                    peer.send(bytes(20).putLong(1).put(new byte[12]));
                },
                Kind.PROTOCOL,
                BROKE + "the reply to NBD_OPT_EXTENDED_HEADERS begins with 0x0000000000000001");
    }

    @Test
    void anotherOptionIsAnswered() throws Exception {
        assertOpenFails(
                peer -> {
                    peer.greet();
                    peer.option();
                    peer.reply(8, 1);
                },
                Kind.PROTOCOL,
                BROKE + "it answers NBD_OPT_STRUCTURED_REPLY when asked for NBD_OPT_EXTENDED_HEADERS");
    }

    @Test
    void aReplyToAnOptionIsTooLong() throws Exception {
        assertOpenFails(
                peer -> {
                    peer.greet();
                    peer.option();
                    peer.send(bytes(20)
                            .putLong(0x3e889045565a9L)
                            .putInt(11)
                            .putInt(ERROR + 1)
                            .putInt(-1));
                },
                Kind.PROTOCOL,
                BROKE + "the reply to NBD_OPT_EXTENDED_HEADERS has 4294967295 bytes");
    }

    @Test
    void aReplyToAnOptionIsOfAnotherType() throws Exception {
        assertRefusal(peer -> peer.reply(OPT_GO, 2), Kind.PROTOCOL, BROKE + "a reply of type 2 to NBD_OPT_GO");
    }

    @Test
    void theSizeOfTheExportIsMissing() throws Exception {
        assertRefusal(
                peer -> peer.reply(OPT_GO, 1),
                Kind.PROTOCOL,
                BROKE + "it agreed to NBD_OPT_GO without telling the size of the export");
    }

    @Test
    void theSizeOfTheExportIsAbsurd() throws Exception {
        assertRefusal(peer -> peer.export(-1, 3), Kind.PROTOCOL, BROKE + "the export has 18446744073709551615 bytes");
    }

    @Test
    void informationHasTheWrongLength() throws Exception {
        assertRefusal(
                peer -> peer.reply(OPT_GO, 3, new byte[13]),
                Kind.PROTOCOL,
                BROKE + "a reply of type 3 to NBD_OPT_GO has 13 bytes");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4096, 65536",
        "3, 4096, 65536",
        "131072, 131072, 131072",
        "-2147483648, 4096, 65536",
        "512, 256, 65536",
        "512, 1000, 65536",
        "512, 4096, 256",
    })
    void blockSizesAreAbsurd(int minimum, int preferred, int maximum) throws Exception {
        assertRefusal(
                peer -> peer.blockSizes(minimum, preferred, maximum),
                Kind.PROTOCOL,
                BROKE + "its block sizes are " + Integer.toUnsignedString(minimum) + " minimum, " + preferred
                        + " preferred, " + maximum + " maximum");
    }

    @Test
    void aContextThatNobodyAskedForIsSelected() throws Exception {
        assertContextsFail(
                peer -> peer.context(OPT_SET_META_CONTEXT, 1, "x-other:thing"),
                "it selected the context x-other:thing, which was not asked for");
    }

    @Test
    void aContextIsSelectedTwice() throws Exception {
        assertContextsFail(
                peer -> {
                    peer.context(OPT_SET_META_CONTEXT, 1, "base:allocation");
                    peer.context(OPT_SET_META_CONTEXT, 2, "base:allocation");
                },
                "it selected the context base:allocation twice");
    }

    @Test
    void twoContextsHaveTheSameId() throws Exception {
        assertContextsFail(
                peer -> {
                    peer.context(OPT_SET_META_CONTEXT, 1, "base:allocation");
                    peer.context(OPT_SET_META_CONTEXT, 1, "qemu:dirty-bitmap:b");
                    peer.reply(OPT_SET_META_CONTEXT, 1);
                },
                "the contexts base:allocation and qemu:dirty-bitmap:b have the same id, 1");
    }

    @Test
    void aContextHasNoId() throws Exception {
        assertContextsFail(
                peer -> peer.reply(OPT_SET_META_CONTEXT, 4, new byte[3]),
                "a reply of type 4 to NBD_OPT_SET_META_CONTEXT has 3 bytes");
    }

    @Test
    void theServerHangsUpAtOnce() throws Exception {
        assertOpenFails(peer -> {}, Kind.DISCONNECTED, "the server closed the connection, during the negotiation");
    }

    @Test
    void theServerHangsUpInTheMiddleOfAReply() throws Exception {
        assertRefusal(
                peer -> peer.send(bytes(10).put(new byte[10])),
                Kind.DISCONNECTED,
                "the server closed the connection in the middle of a message, during the negotiation");
    }

    @Test
    void theServerSaysNothing() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(Peer::awaitEnd)) {
            NbdOptions options = NbdOptions.DEFAULT.withConnectTimeout(Duration.ofMillis(200));

            assertThatThrownBy(() -> server.open(options))
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMEOUT))
                    .hasMessage(server.uri() + ": connecting and negotiating have taken more than 200 ms");
        }
    }

    @Test
    void nobodyListens(@TempDir Path directory) {
        Path socket = directory.resolve("none");

        assertThatThrownBy(() -> NbdConnection.open(new NbdAddress.Unix(socket), "vda", NbdOptions.DEFAULT))
                .isInstanceOfSatisfying(
                        NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE))
                .hasMessage("nbd+unix:///vda?socket=" + socket + ": cannot connect: No such file or directory");
        assertThatThrownBy(() -> NbdConnection.open(new NbdAddress.Tcp("127.0.0.1", 1), "", NbdOptions.DEFAULT))
                .hasMessage("nbd://127.0.0.1:1/: cannot connect: Connection refused");
        assertThatThrownBy(() -> NbdConnection.open(new NbdAddress.Tcp("no.invalid", 1), "", NbdOptions.DEFAULT))
                .hasMessage("nbd://no.invalid:1/: cannot connect: the host \"no.invalid\" is not known");
    }

    @Test
    void aUnixSocketOnWhichNobodyAcceptsTimesOut(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("full");
        try (var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                var first = SocketChannel.open(StandardProtocolFamily.UNIX);
                var second = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            var address = UnixDomainSocketAddress.of(socket);
            listener.bind(address, 1);
            first.connect(address);
            second.connect(address);
            NbdOptions options = NbdOptions.DEFAULT.withConnectTimeout(Duration.ofMillis(200));

            assertThatThrownBy(() -> NbdConnection.open(new NbdAddress.Unix(socket), "", options))
                    .hasMessage("nbd+unix:///?socket=" + socket
                            + ": cannot connect: the server has accepted no connection within 200 ms");
        }
        assertThat(Files.exists(socket)).isTrue();
    }

    @Test
    void namesThatTheProtocolCannotCarryAreRefused() throws Exception {
        assertNameRefused("x".repeat(4097), "the export name has 4097 bytes, more than the protocol's 4096");
        assertNameRefused("a\0b", "the export name contains a NUL");
    }

    private static void assertNameRefused(String name, String text) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.negotiateReplies(Replies.STRUCTURED);
            peer.awaitEnd();
        })) {
            assertThatThrownBy(() -> NbdConnection.open(server.address(), name, NbdOptions.DEFAULT))
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID))
                    .hasMessage(new NbdUri(server.address(), name) + ": " + text);
        }
    }

    @Test
    void tlsIsStartedBeforeAnythingElse() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
                    peer.greet();
                    assertThat(peer.option().number()).isEqualTo(5); // NBD_OPT_STARTTLS
                    peer.reply(5, 1);
                    assertThat(peer.receive(5)).isEqualTo(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
                    peer.option();
                    peer.reply(11, 1);
                    peer.option();
                    peer.export(1000, 3);
                    peer.reply(OPT_GO, 1);
                    peer.awaitEnd();
                });
                NbdConnection connection = server.open(NbdOptions.DEFAULT.withTls(NegotiationTest::greetInTheClear))) {
            assertThat(connection.export().size()).isEqualTo(1000);
        }
    }

    @Test
    void aServerWithoutTlsIsRefusedWhereTlsIsWanted() throws Exception {
        assertTlsFails(
                peer -> peer.refuse(5, ERROR + 2, "TLS not configured"),
                "the server's policy forbids NBD_OPT_STARTTLS: \"TLS not configured\"");
    }

    @Test
    void dataSlippedInBeforeTlsIsRefused() throws Exception {
        assertTlsFails(
                peer -> peer.send(bytes(40)
                        .putLong(0x3e889045565a9L)
                        .putInt(5)
                        .putInt(1)
                        .putInt(0)
                        .putLong(0x3e889045565a9L)
                        .put(new byte[12])),
                BROKE + "it sent data between its consent to TLS and the TLS handshake");
    }

    private static ByteChannel greetInTheClear(ByteChannel plain, NbdAddress address) throws IOException {
        plain.write(ByteBuffer.wrap("hello".getBytes(StandardCharsets.UTF_8)));
        return plain;
    }

    private static void assertTlsFails(ScriptedServer.Script answer, String text) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.greet();
            peer.option();
            answer.serve(peer);
            peer.awaitEnd();
        })) {
            assertThatThrownBy(() -> server.open(NbdOptions.DEFAULT.withTls(NegotiationTest::greetInTheClear)))
                    .isInstanceOf(NbdException.class)
                    .hasMessage(server.uri() + ": " + text);
        }
    }

    private static void assertContextsFail(ScriptedServer.Script answer, String violation) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            peer.negotiateReplies(Replies.STRUCTURED);
            peer.option();
            answer.serve(peer);
            peer.awaitEnd();
        })) {
            NbdOptions options = NbdOptions.DEFAULT.withMetaContexts("base:allocation", "qemu:dirty-bitmap:b");

            assertThatThrownBy(() -> server.open(options))
                    .isInstanceOf(NbdException.class)
                    .hasMessage(server.uri() + ": " + BROKE + violation);
        }
    }

    private static void assertRefusal(ScriptedServer.Script answerToGo, String text) throws Exception {
        assertRefusal(answerToGo, Kind.REFUSED, text);
    }

    private static void assertRefusal(ScriptedServer.Script answerToGo, Kind kind, String text) throws Exception {
        assertOpenFails(
                peer -> {
                    peer.negotiateReplies(Replies.STRUCTURED);
                    peer.option();
                    answerToGo.serve(peer);
                },
                kind,
                text);
    }

    private static void assertOpenFails(ScriptedServer.Script script, Kind kind, String text) throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {
            script.serve(peer);
            if (kind != Kind.DISCONNECTED) {
                peer.awaitEnd();
            }
        })) {
            assertThatThrownBy(server::open)
                    .isInstanceOfSatisfying(
                            NbdException.class, e -> assertThat(e.kind()).isEqualTo(kind))
                    .hasMessage(server.uri() + ": " + text);
        }
    }

    @Test
    void failsSoonAndLeavesNoThread() throws Exception {
        try (ScriptedServer server = ScriptedServer.overTcp(peer -> {})) {
            assertThatThrownBy(server::open).isInstanceOf(NbdException.class);
            assertThat(LifecycleTest.ownThreads()).isEmpty();
        }
    }
}
