// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.testkit.ScriptedConnection.REMOTE;
import static dev.virtwire.testkit.ScriptedConnection.string;
import static dev.virtwire.testkit.ScriptedConnection.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.protocol.remote.ConsoleCalls;
import dev.virtwire.protocol.remote.ConsoleProcedures;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainScreenshotArgs;
import dev.virtwire.protocol.remote.StorageVolCalls;
import dev.virtwire.protocol.remote.StorageVolDownloadArgs;
import dev.virtwire.protocol.remote.StorageVolDownloadFlags;
import dev.virtwire.protocol.remote.StorageVolProcedures;
import dev.virtwire.protocol.remote.StorageVolRef;
import dev.virtwire.protocol.remote.StorageVolUploadFlags;
import dev.virtwire.protocol.stream.DuplexStream;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.protocol.stream.StreamPiece;
import dev.virtwire.protocol.stream.WritableStream;
import dev.virtwire.testkit.ScriptedConnection;
import dev.virtwire.testkit.ScriptedConnection.Message;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Streams packet by packet, and what a server must not send in one. {@code HOST} stands for the server's address. */
@Timeout(30)
class StreamsTest {
    private static final int STREAM = MessageType.STREAM;
    private static final int HOLE = MessageType.STREAM_HOLE;
    private static final int OK = MessageStatus.OK;
    private static final int ERROR = MessageStatus.ERROR;
    private static final int CONTINUE = MessageStatus.CONTINUE;
    private static final StorageVolRef VOLUME = new StorageVolRef("pool", "vol", "/key");
    private static final DomainRef DOMAIN = new DomainRef("web1", new UUID(1, 2), 7);

    private final ScriptedLibvirtd server = ScriptedLibvirtd.byHand();
    private ScriptedConnection client;
    private Libvirt libvirt;
    private Message opening;

    @BeforeEach
    void connect() {
        connect(ConnectOptions.builder().streamBuffer(1000).build());
    }

    private void connect(ConnectOptions options) {
        CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri(), options);
        client = server.accept();
        libvirt = connecting.join();
    }

    @AfterEach
    void close() {
        libvirt.close();
        server.close();
    }

    @Test
    void aDownloadIsReadToItsEndAndFinishedByBothSides() {
        ReadableStream stream = download();
        data("abc");
        data("");
        assertThat(text(stream.read().join())).isEqualTo("abc");
        assertThat(stream.read().join()).isEqualTo(new StreamPiece.End());
        assertThat(stream.read().join()).isEqualTo(new StreamPiece.End());
        CompletableFuture<Void> finished = stream.finish();
        assertThat(client.readCall()).satisfies(packet -> {
            assertThat(packet.type()).isEqualTo(STREAM);
            assertThat(packet.status()).isEqualTo(OK);
            assertThat(packet.serial()).isEqualTo(opening.serial());
            assertThat(packet.procedure()).isEqualTo(209);
            assertThat(packet.body()).isEmpty();
        });
        assertThat(finished).isNotDone();
        packet(STREAM, OK, "");
        finished.join();
        stream.closed().join();
        stream.finish().join();
        stream.abort().join();
    }

    @Test
    void packetsThatOvertakeTheOpeningReplyAreKept() {
        CompletableFuture<Opened<Void, ReadableStream>> opened =
                new StorageVolCalls(libvirt).storageVolDownload(VOLUME, 0, 0, Set.of());
        opening = client.readCall();
        data("first");
        client.reply(opening, "");
        assertThat(text(opened.join().stream().read().join())).isEqualTo("first");
    }

    @Test
    void aReadFillsItsBufferAndTakesHolesAsZeros() {
        ReadableStream stream = sparseDownload();
        data("ab");
        hole(3, 0);
        data("cd");
        data("");
        ByteBuffer four = ByteBuffer.allocate(4);
        int first = stream.read(four).join();
        ByteBuffer rest = ByteBuffer.allocate(100);
        while (stream.read(rest).join() >= 0) {
            assertThat(rest.position()).isLessThanOrEqualTo(7);
        }
        assertThat(first).isBetween(2, 4);
        assertThat(new String(four.array(), 0, first, StandardCharsets.US_ASCII)
                        + new String(rest.array(), 0, rest.position(), StandardCharsets.US_ASCII))
                .isEqualTo("ab\0\0\0cd");
        assertThat(stream.read(ByteBuffer.allocate(0)).join()).isZero();
    }

    @Test
    void aHoleBeforeTheEndIsAPieceOfItsOwn() {
        ReadableStream stream = sparseDownload();
        data("x");
        hole(1L << 40, 0);
        data("");
        stream.read().join();
        assertThat(stream.read().join()).isEqualTo(new StreamPiece.Hole(1L << 40));
        assertThat(stream.read().join()).isEqualTo(new StreamPiece.End());
    }

    @Test
    void anUploadIsCutIntoPacketsAndItsFinishWaitsForTheServer() {
        WritableStream stream = upload();
        byte[] bytes = new byte[262_120 * 2 + 5];
        bytes[bytes.length - 1] = 42;
        CompletableFuture<Void> written = stream.write(ByteBuffer.wrap(bytes));
        CompletableFuture<Void> hole = stream.writeHole(4096);
        CompletableFuture<Void> finished = stream.finish();
        assertThat(client.readCall().body()).hasSize(262_120);
        assertThat(client.readCall().body()).hasSize(262_120);
        assertThat(client.readCall().body()).containsExactly(0, 0, 0, 0, 42);
        Message skipped = client.readCall();
        assertThat(skipped.type()).isEqualTo(HOLE);
        assertThat(skipped.status()).isEqualTo(CONTINUE);
        assertThat(HexFormat.of().formatHex(skipped.body())).isEqualTo("0000000000001000" + "00000000");
        assertThat(client.readCall().status()).isEqualTo(OK);
        written.join();
        hole.join();
        assertThat(finished).isNotDone();
        packet(STREAM, OK, "");
        finished.join();
        assertRefused(() -> stream.write(ByteBuffer.allocate(1)), "StorageVolUpload", "it is finished");
    }

    @Test
    void aHoleInAnUploadThatWasNotOpenedForThemIsRefusedHere() {
        opening = null;
        WritableStream stream =
                open(() -> new StorageVolCalls(libvirt).storageVolUpload(VOLUME, 0, 0, Set.of())).stream();
        assertRefused(() -> stream.writeHole(1), "StorageVolUpload", "it was not opened for holes");
        assertThatThrownBy(() -> stream.writeHole(0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anErrorOfTheServerEndsAnUploadAndALaterFinishWaitsForNobody() {
        WritableStream stream = upload();
        fail("No space left on device");
        String expected = "No space left on device (error 38 SYSTEM_ERROR, StorageVolUpload on " + server.host() + ")";
        assertFails(stream.closed(), RemoteException.class, expected);
        assertFails(stream.write(ByteBuffer.allocate(1)), RemoteException.class, expected);
        assertFails(stream.finish(), RemoteException.class, expected);
        stream.abort().join();
    }

    @Test
    void whatCameBeforeAnErrorCanStillBeRead() {
        ReadableStream stream = download();
        data("abc");
        fail("cannot read");
        String expected = "cannot read (error 38 SYSTEM_ERROR, StorageVolDownload on " + server.host() + ")";
        assertFails(stream.closed(), RemoteException.class, expected);
        assertThat(text(stream.read().join())).isEqualTo("abc");
        assertFails(stream.read(), RemoteException.class, expected);
    }

    @Test
    void anErrorInPlaceOfAConfirmationFailsTheFinish() {
        WritableStream stream = upload();
        CompletableFuture<Void> finished = stream.finish();
        assertThat(client.readCall().status()).isEqualTo(OK);
        fail("cannot write");
        assertFails(
                finished,
                RemoteException.class,
                "cannot write (error 38 SYSTEM_ERROR, StorageVolUpload on " + server.host() + ")");
    }

    @Test
    void aDownloadThatWasNotReadToItsEndCannotBeFinished() {
        ReadableStream stream = download();
        data("abc");
        assertRefused(stream::finish, "StorageVolDownload", "it was not read to its end, and can only be aborted");
    }

    @Test
    void anAbortFailsWhatIsPendingAndDropsWhatStillComes() {
        ReadableStream stream = download();
        CompletableFuture<StreamPiece> read = stream.read();
        CompletableFuture<Void> aborted = stream.abort();
        Message packet = client.readCall();
        assertThat(packet.status()).isEqualTo(ERROR);
        assertThat(packet.body()).isEmpty();
        data("late");
        assertThat(aborted).isNotDone();
        packet(STREAM, OK, "");
        aborted.join();
        assertRefused(() -> read, "StorageVolDownload", "it was aborted by this side");
        assertRefused(stream::closed, "StorageVolDownload", "it was aborted by this side");
        data("later");
        assertStillConnected();
    }

    @Test
    void aCancelledReadAbortsItsStream() {
        DuplexStream stream = console();
        stream.read().cancel(true);
        assertThat(client.readCall().status()).isEqualTo(ERROR);
        packet(STREAM, OK, "");
        assertRefused(stream::closed, "DomainOpenConsole", "it was aborted by this side");
    }

    @Test
    void aReadThatRunsOutOfTimeTakesNothingAndAbortsItsStream() {
        DuplexStream stream = console();
        assertFails(stream.read().orTimeout(50, TimeUnit.MILLISECONDS), TimeoutException.class, null);
        assertThat(client.readCall().status()).isEqualTo(ERROR);
        data("late");
        assertRefused(stream::read, "DomainOpenConsole", "it was aborted by this side");
        packet(STREAM, OK, "");
        assertRefused(stream::closed, "DomainOpenConsole", "it was aborted by this side");
    }

    @Test
    void aBufferIsLeftAloneOnceItsReadIsOver() {
        DuplexStream stream = console();
        ByteBuffer target = ByteBuffer.allocate(10);
        CompletableFuture<Integer> read = stream.read(target);
        read.complete(0);
        data("abc");
        assertThat(client.readCall().status()).isEqualTo(ERROR);
        packet(STREAM, OK, "");
        assertStillConnected();
        assertThat(target.position()).isZero();
    }

    @Test
    void aBufferIsLeftAloneOnceItsWriteIsOver() {
        WritableStream stream = upload();
        ByteBuffer source = ByteBuffer.allocate(32 << 20);
        assertFails(stream.write(source).orTimeout(500, TimeUnit.MILLISECONDS), TimeoutException.class, null);
        int taken = source.position();
        assertThat(taken).as("nobody reads so much").isLessThan(source.limit());
        Message packet = client.readCall();
        while (packet.status() == CONTINUE) {
            packet = client.readCall();
        }
        assertThat(packet.status()).isEqualTo(ERROR);
        assertThat(source.position()).isEqualTo(taken);
    }

    @Test
    void aSecondReadIsRefusedWhileOneIsPending() {
        ReadableStream stream = download();
        CompletableFuture<StreamPiece> first = stream.read();
        assertRefused(stream::read, "StorageVolDownload", "a read is pending already, and there can be only one");
        data("abc");
        assertThat(text(first.join())).isEqualTo("abc");
    }

    @Test
    void aConsoleGoesBothWaysAndIsFinishedInTheMiddle() {
        DuplexStream stream = console();
        stream.write(ByteBuffer.wrap("ls\n".getBytes(StandardCharsets.US_ASCII)))
                .join();
        assertThat(new String(client.readCall().body(), StandardCharsets.US_ASCII))
                .isEqualTo("ls\n");
        data("file");
        assertThat(text(stream.read().join())).isEqualTo("file");
        data("prompt");
        CompletableFuture<Void> finished = stream.finish();
        assertThat(client.readCall().status()).isEqualTo(OK);
        data("late");
        packet(STREAM, OK, "");
        finished.join();
    }

    @Test
    void aSlowReaderOnASharedConnectionLosesItsStreamAndNobodyElseWaits() {
        DuplexStream stream = console();
        data("a".repeat(500));
        data("b".repeat(500));
        assertThat(client.readCall().status()).isEqualTo(ERROR);
        packet(STREAM, OK, "");
        assertStillConnected();
        assertThat(text(stream.read().join())).isEqualTo("a".repeat(500));
        String expected =
                "the stream of DomainOpenConsole on %s: the stream has ended, because its reader was too slow: "
                                .formatted(server.host())
                        + "its buffer of 1000 bytes was full, and calls on the same connection must not wait for it";
        assertFails(stream.read(), StreamOverflowException.class, expected);
        assertFails(stream.finish(), StreamOverflowException.class, expected);
    }

    @Test
    void aStreamOnItsOwnConnectionMakesTheServerWaitAndLosesNothing() throws Exception {
        libvirt.close();
        try (ScriptedLibvirtd second = ScriptedLibvirtd.byHand()) {
            CompletableFuture<Libvirt> connecting = Libvirt.connect(
                    second.uri(), ConnectOptions.builder().streamBuffer(1000).build());
            second.accept();
            try (Libvirt first = connecting.join()) {
                CompletableFuture<Opened<Void, ReadableStream>> opened = LibvirtAccess.to(first)
                        .openApart(
                                StorageVolProcedures.STORAGE_VOL_DOWNLOAD,
                                new StorageVolDownloadArgs(VOLUME, 0, 0, Set.of()));
                ScriptedConnection aside = second.accept();
                Message call = aside.readCall();
                aside.reply(call, "");
                String packet = "41".repeat(100_000);
                int packets = 200;
                CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < packets; i++) {
                        aside.frame(REMOTE, 209, STREAM, call.serial(), CONTINUE, packet);
                    }
                    aside.frame(REMOTE, 209, STREAM, call.serial(), CONTINUE, "");
                });
                Thread.sleep(500);
                assertThat(sending).as("20 MB fit into no socket's buffer").isNotDone();
                ReadableStream stream = opened.join().stream();
                ByteBuffer target = ByteBuffer.allocate(64 << 10);
                long read = 0;
                for (int n = 0; n >= 0; n = stream.read(target.clear()).join()) {
                    read += n;
                }
                assertThat(read).isEqualTo(packets * 100_000L);
                stream.abort();
            }
        }
    }

    @Test
    void aStreamThatIsLeftInTheMiddleIsAborted() {
        try (ReadableStream stream = download()) {
            data("abc");
            assertThat(text(stream.read().join())).isEqualTo("abc");
        }
        assertThat(client.readCall().status()).isEqualTo(ERROR);
    }

    @Test
    void whatAConnectionOpenedOnTheSideEndsWithIt() {
        CompletableFuture<Opened<Void, ReadableStream>> opened = LibvirtAccess.to(libvirt)
                .openApart(
                        StorageVolProcedures.STORAGE_VOL_DOWNLOAD, new StorageVolDownloadArgs(VOLUME, 0, 0, Set.of()));
        client = server.accept();
        client.reply(client.readCall(), "");
        ReadableStream stream = opened.join().stream();
        libvirt.close();
        assertThatThrownBy(() -> stream.closed().join()).cause().isInstanceOf(ConnectionLostException.class);
        assertThat(client.atEnd()).isTrue();
    }

    @Test
    void aStreamThatOpensAfterItsCallerHasGoneIsAborted() {
        CompletableFuture<Opened<Void, ReadableStream>> opened =
                new StorageVolCalls(libvirt).storageVolDownload(VOLUME, 0, 0, Set.of());
        opening = client.readCall();
        opened.cancel(true);
        client.reply(opening, "");
        assertThat(client.readCall()).satisfies(packet -> {
            assertThat(packet.type()).isEqualTo(STREAM);
            assertThat(packet.status()).isEqualTo(ERROR);
        });
    }

    @Test
    void anOpeningThatTheServerRefusesLeavesNoStream() {
        CompletableFuture<Opened<Void, ReadableStream>> opened =
                new StorageVolCalls(libvirt).storageVolDownload(VOLUME, 0, 0, Set.of());
        opening = client.readCall();
        client.fail(opening, 50, "no such volume");
        assertThatThrownBy(opened::join).cause().isInstanceOf(RemoteException.class);
        data("of no stream");
        assertStillConnected();
    }

    @Test
    void theEndOfTheConnectionFailsEverythingPending() {
        DuplexStream stream = console();
        CompletableFuture<StreamPiece> read = stream.read();
        client.hangUp();
        String expected = "the stream of DomainOpenConsole on HOST: HOST: the server closed the connection"
                .replace("HOST", server.host());
        assertFails(read, ConnectionLostException.class, expected);
        assertFails(stream.finish(), ConnectionLostException.class, expected);
        assertFails(stream.closed(), ConnectionLostException.class, expected);
        stream.abort().join();
    }

    @Test
    void aStreamIsOpenedByItsOwnKindOfCall() {
        assertThatThrownBy(() -> libvirt.call(
                                ConsoleProcedures.DOMAIN_SCREENSHOT.call(),
                                new DomainScreenshotArgs(DOMAIN, 0, 0),
                                CallOptions.DEFAULT)
                        .join())
                .cause()
                .isInstanceOf(CallRefusedException.class)
                .hasMessage(
                        "DomainScreenshot on %s was not sent: it opens a stream, and has to be called by open()",
                        server.host());
    }

    @Test
    void aHoleNobodyAskedForEndsTheConnection() {
        ReadableStream stream = download();
        hole(10, 0);
        assertBroken(stream, "StorageVolDownload", "a hole, and it was not opened for holes");
    }

    @Test
    void aHoleOfNegativeLengthEndsTheConnection() {
        ReadableStream stream = sparseDownload();
        hole(-1, 0);
        assertBroken(stream, "StorageVolDownload", "a hole of -1 bytes with flags 0x0");
    }

    @Test
    void aHoleCutShortEndsTheConnection() {
        ReadableStream stream = sparseDownload();
        packet(HOLE, CONTINUE, word(1));
        assertThatThrownBy(() -> stream.read().join())
                .cause()
                .isInstanceOf(ProtocolException.class)
                .hasMessageEndingWith("hole.length: truncated, needs 8 bytes and 4 are left");
    }

    @Test
    void aHoleThatIsAnEndEndsTheConnection() {
        ReadableStream stream = sparseDownload();
        packet(HOLE, OK, "");
        assertBroken(stream, "StorageVolDownload", "a hole has status 0, which no hole has");
    }

    @Test
    void dataInAnUploadEndsTheConnection() {
        WritableStream stream = upload();
        data("abc");
        assertBroken(stream, "StorageVolUpload", "the server sent data, and it only takes some");
    }

    @Test
    void dataAfterTheEndEndsTheConnection() {
        ReadableStream stream = download();
        data("");
        data("more");
        assertBroken(stream, "StorageVolDownload", "the server sent more after its end");
    }

    @Test
    void aConfirmationOfNothingEndsTheConnection() {
        ReadableStream stream = download();
        packet(STREAM, OK, "");
        assertBroken(stream, "StorageVolDownload", "the server confirmed an end that this side has not asked for");
    }

    @Test
    void anUnknownStatusEndsTheConnection() {
        ReadableStream stream = download();
        packet(STREAM, 3, "");
        assertBroken(stream, "StorageVolDownload", "a packet has status 3, which no packet has");
    }

    @Test
    void packetsOfUnknownStreamsAreIgnored() {
        DuplexStream stream = console();
        client.frame(REMOTE, 201, STREAM, opening.serial() + 1, CONTINUE, "41");
        client.frame(REMOTE, 209, STREAM, opening.serial(), CONTINUE, "41");
        data("mine");
        assertThat(text(stream.read().join())).isEqualTo("mine");
    }

    // ---- the scene

    private ReadableStream download() {
        return open(() -> new StorageVolCalls(libvirt).storageVolDownload(VOLUME, 0, 0, Set.of())).stream();
    }

    private ReadableStream sparseDownload() {
        return open(() -> new StorageVolCalls(libvirt)
                        .storageVolDownload(VOLUME, 0, 0, Set.of(StorageVolDownloadFlags.SPARSE_STREAM)))
                .stream();
    }

    private WritableStream upload() {
        return open(() -> new StorageVolCalls(libvirt)
                        .storageVolUpload(VOLUME, 0, 0, Set.of(StorageVolUploadFlags.SPARSE_STREAM)))
                .stream();
    }

    private DuplexStream console() {
        return open(() -> new ConsoleCalls(libvirt).domainOpenConsole(DOMAIN, null, Set.of())).stream();
    }

    private <T> T open(Supplier<CompletableFuture<T>> call) {
        CompletableFuture<T> opened = call.get();
        opening = client.readCall();
        client.reply(opening, "");
        return opened.join();
    }

    private void data(String text) {
        packet(STREAM, CONTINUE, HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private void hole(long length, int flags) {
        packet(HOLE, CONTINUE, HexFormat.of().toHexDigits(length) + word(flags));
    }

    private void fail(String message) {
        packet(STREAM, ERROR, word(38) + word(18) + "00000001" + string(message) + word(2) + word(0).repeat(7));
    }

    private void packet(int type, int status, String bodyHex) {
        client.frame(REMOTE, opening.procedure(), type, opening.serial(), status, bodyHex);
    }

    private static String text(StreamPiece piece) {
        assertThat(piece).isInstanceOf(StreamPiece.Data.class);
        return StandardCharsets.US_ASCII
                .decode(((StreamPiece.Data) piece).bytes())
                .toString();
    }

    private void assertStillConnected() {
        CompletableFuture<String> call = libvirt.hostname();
        client.reply(client.readCall(), string("h"));
        assertThat(call).succeedsWithin(Duration.ofSeconds(10)).isEqualTo("h");
    }

    private void assertRefused(Supplier<CompletableFuture<?>> step, String procedure, String why) {
        assertFails(
                step.get(),
                CallRefusedException.class,
                "the stream of %s on %s: %s".formatted(procedure, server.host(), why));
    }

    private static void assertFails(CompletableFuture<?> future, Class<?> type, @Nullable String message) {
        assertThatThrownBy(future::join).cause().isInstanceOf(type).hasMessage(message);
    }

    private void assertBroken(LibvirtStream stream, String procedure, String what) {
        String reason = "the stream of %s on %s: %s".formatted(procedure, server.host(), what);
        assertThat(libvirt.closed().join().kind()).isEqualTo(CloseReason.Kind.PROTOCOL_ERROR);
        assertThatThrownBy(() -> stream.closed().join())
                .cause()
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining(reason);
        assertThat(client.atEnd()).isTrue();
    }
}
