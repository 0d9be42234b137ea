// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a server sends after the greeting, the connection waits for more or ends with a {@link ProtocolException};
 * each call has its result, the server's error, or the reason of that end.
 *
 * <p>Three bytes choose the calls under way, the fourth the length of the pieces that the others come in.
 */
class MessageFuzzTest {
    private static final int REMOTE = 0x20008086;
    private static final ConnectOptions OPTIONS =
            ConnectOptions.builder().callbackExecutor(Runnable::run).build();
    private static final List<Procedure<?, ?>> CALLED = callable();

    /** Those whose arguments can be made of zeros: the arguments are not what is tried here. */
    private static List<Procedure<?, ?>> callable() {
        return Codecs.PROCEDURES.stream()
                .filter(procedure -> procedure.program() == REMOTE)
                .toList();
    }

    static Stream<byte[]> seeds() {
        List<byte[]> seeds = new ArrayList<>();
        for (int i = 0; i < CALLED.size(); i += 5) {
            Procedure<?, ?> procedure = CALLED.get(i);
            seeds.add(frame(new Bytes().u8(i, i, i, 0), REMOTE, procedure.number(), 1, 1, 0, new byte[128]));
            seeds.add(frame(new Bytes().u8(i, i, i, 9), REMOTE, procedure.number(), 1, 2, 1, error()));
        }
        for (EventMessage<?> event : Codecs.EVENTS) {
            seeds.add(frame(new Bytes().u8(0, 0, 0, 40), event.program(), event.number(), 2, 0, 0, new byte[96]));
        }
        seeds.add(frame(new Bytes().u8(0, 0, 0, 0), 0x6b656570, 1, 2, 0, 0, new byte[0]));
        seeds.add(frame(new Bytes().u8(0, 0, 0, 0), REMOTE, 1, 3, 1, 2, new byte[64]));
        seeds.add(new Bytes().u8(0, 0, 0, 0).u32(27).done());
        seeds.add(new Bytes().u8(0, 0, 0, 0).u32(0x7fff_ffff).done());
        seeds.add(
                new Bytes().u8(0, 0, 0, 0).u32(33_554_436).u32(1, 2, 3, 4, 5, 6).done());
        return seeds.stream();
    }

    private static byte[] error() {
        return new Bytes()
                .u32(38, 10, 1)
                .string("no")
                .u32(2, 0, 0, 0, 0, 0, 0, 0)
                .done();
    }

    private static byte[] frame(
            Bytes choice, int program, int procedure, int type, int serial, int status, byte[] body) {
        return choice.u32(28 + body.length, program, 1, procedure, type, serial, status)
                .raw(body)
                .done();
    }

    @MethodSource("seeds")
    @FuzzTest
    void receives(byte[] input) {
        if (input.length < 4) {
            return;
        }
        EmbeddedChannel channel = new EmbeddedChannel();
        Session connection = Session.on(channel, "server", OPTIONS);
        try {
            List<CompletableFuture<?>> futures = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                futures.add(call(connection, CALLED.get((input[i] & 0xff) % CALLED.size())));
            }
            Codecs.EVENTS.forEach(event -> connection.listen(event, body -> hear(event, body)));
            feed(channel, input, 4, input[3] & 0xff);
            channel.runPendingTasks();
            checkEnd(connection, futures);
        } finally {
            connection.close();
            channel.finishAndReleaseAll();
        }
    }

    private static void hear(EventMessage<?> event, ByteBuf body) {
        try {
            assertThat(event.body().decode(new XdrReader(body))).isNotNull();
        } catch (XdrException e) {
            assertThat(e.getMessage()).isNotBlank();
        }
    }

    private static <A, R> CompletableFuture<R> call(Session connection, Procedure<A, R> procedure) {
        ByteBuf zeros = Unpooled.wrappedBuffer(new byte[512]);
        return connection.call(procedure, procedure.arguments().decode(new XdrReader(zeros)), CallOptions.DEFAULT);
    }

    private static void feed(EmbeddedChannel channel, byte[] input, int from, int piece) {
        List<ByteBuf> pieces = new ArrayList<>();
        int step = piece == 0 ? input.length : piece;
        for (int at = from; at < input.length && channel.isOpen(); at += step) {
            ByteBuf bytes = Unpooled.copiedBuffer(input, at, Math.min(step, input.length - at));
            pieces.add(bytes);
            channel.writeInbound(bytes);
        }
        if (!channel.isOpen()) {
            channel.runPendingTasks();
            channel.finishAndReleaseAll();
            assertThat(pieces).as("buffers given back").allMatch(bytes -> bytes.refCnt() == 0);
        }
    }

    private static void checkEnd(Session connection, List<CompletableFuture<?>> futures) {
        if (connection.closed().isDone()) {
            CloseReason reason = connection.closed().getNow(null);
            assertThat(reason.cause()).isInstanceOf(ProtocolException.class);
            assertThat(futures).allMatch(CompletableFuture::isDone);
        }
        for (CompletableFuture<?> future : futures) {
            if (future.isCompletedExceptionally()) {
                Throwable failure = future.handle((value, thrown) -> thrown).getNow(null);
                assertThat(LibvirtException.unwrap(failure)).isInstanceOf(LibvirtException.class);
            }
        }
    }
}
