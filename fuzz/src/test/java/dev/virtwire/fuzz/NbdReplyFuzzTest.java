// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.virtwire.nbd.NbdConnection;
import dev.virtwire.nbd.NbdException;
import dev.virtwire.nbd.NbdExport.Replies;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever a server answers, every future completes, with a result or an {@link NbdException}, and nothing is written
 * outside a reader's buffer. The first byte chooses the kind of replies, the others are the replies.
 */
class NbdReplyFuzzTest {
    private static final int READ = 64;
    private static final int GUARD = 16;

    /** The cookies of a connection's first requests, which are always the same. */
    private static List<Long> cookies(Replies kind) {
        ScriptedChannel channel = new ScriptedChannel(NbdScript.negotiation(kind), new byte[0]);
        try (NbdConnection connection = NbdScript.open(channel)) {
            channel.takeWritten();
            ask(connection, new ArrayList<>());
            ByteBuffer requests = ByteBuffer.wrap(channel.takeWritten());
            List<Long> cookies = new ArrayList<>();
            int length = kind == Replies.EXTENDED ? 32 : 28;
            for (int at = 0; at + length <= requests.limit(); at += length) {
                cookies.add(requests.getLong(at + 8));
            }
            channel.release();
            return cookies;
        }
    }

    static Stream<byte[]> seeds() {
        Bytes simple = new Bytes().u8(0);
        Bytes structured = new Bytes().u8(1);
        Bytes extended = new Bytes().u8(2);
        for (long cookie : cookies(Replies.SIMPLE)) {
            simple.u32(0x67446698, 0).u64(cookie).raw(new byte[READ]);
        }
        for (long cookie : cookies(Replies.STRUCTURED)) {
            structured.u32(0x668e33ef).u16(0).u16(2).u64(cookie).u32(12).u64(0).u32(READ);
            structured.u32(0x668e33ef).u16(1).u16(0).u64(cookie).u32(0);
        }
        for (long cookie : cookies(Replies.EXTENDED)) {
            extended.u32(0x6e8a278c).u16(1).u16(1).u64(cookie, 0, 8 + READ, 0).raw(new byte[READ]);
        }
        List<byte[]> seeds = new ArrayList<>(List.of(simple.done(), structured.done(), extended.done()));
        for (long cookie : cookies(Replies.EXTENDED)) {
            seeds.add(new Bytes()
                    .u8(1)
                    .u32(0x668e33ef)
                    .u16(1)
                    .u16(5)
                    .u64(cookie)
                    .u32(20)
                    .u32(NbdScript.CONTEXT_ID, 512, 0, 512, 3)
                    .done());
            seeds.add(new Bytes()
                    .u8(2)
                    .u32(0x6e8a278c)
                    .u16(1)
                    .u16(6)
                    .u64(cookie, 0, 24)
                    .u32(NbdScript.CONTEXT_ID, 1)
                    .u64(1024, 3)
                    .done());
            seeds.add(new Bytes()
                    .u8(1)
                    .u32(0x668e33ef)
                    .u16(1)
                    .u16(0x8002)
                    .u64(cookie)
                    .u32(17)
                    .u32(5)
                    .u16(3)
                    .text("bad")
                    .u64(9)
                    .done());
        }
        return seeds.stream();
    }

    @MethodSource("seeds")
    @FuzzTest
    void answers(byte[] input) throws InterruptedException {
        if (input.length == 0) {
            return;
        }
        Replies kind = Replies.values()[(input[0] & 0xff) % Replies.values().length];
        ScriptedChannel channel =
                new ScriptedChannel(NbdScript.negotiation(kind), Arrays.copyOfRange(input, 1, input.length));
        try (NbdConnection connection = NbdScript.open(channel)) {
            List<ByteBuffer> buffers = new ArrayList<>();
            List<CompletableFuture<?>> futures = ask(connection, buffers);
            channel.release();
            for (CompletableFuture<?> future : futures) {
                assertCompletes(future);
            }
            buffers.forEach(NbdReplyFuzzTest::assertGuarded);
        }
    }

    private static List<CompletableFuture<?>> ask(NbdConnection connection, List<ByteBuffer> buffers) {
        List<CompletableFuture<?>> futures = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            ByteBuffer whole = ByteBuffer.allocate(READ + 2 * GUARD);
            buffers.add(whole);
            ByteBuffer inner = whole.slice(GUARD, READ);
            futures.add(connection.read((long) i * READ, inner));
            futures.add(connection.blockStatus((long) i * 512, 1024));
        }
        return futures;
    }

    private static void assertGuarded(ByteBuffer whole) {
        for (int i = 0; i < GUARD; i++) {
            assertThat(whole.get(i)).isZero();
            assertThat(whole.get(GUARD + READ + i)).isZero();
        }
    }

    private static void assertCompletes(CompletableFuture<?> future) throws InterruptedException {
        try {
            future.get(10, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            assertThat(e.getCause()).isInstanceOf(NbdException.class);
        } catch (TimeoutException e) {
            fail("a future has not completed", e);
        }
    }
}
