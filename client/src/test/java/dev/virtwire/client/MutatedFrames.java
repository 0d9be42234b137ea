// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/**
 * Replies and events that a server has sent, with something changed, each received by a connection that waits for it.
 * It ends in a result, an error of the server's, or the connection's end by a {@link ProtocolException}; or it is
 * waited for the rest of the frame. None takes much memory, whatever lengths it names.
 */
final class MutatedFrames {
    private static final ConnectOptions OPTIONS = ConnectOptions.builder()
            .callbackExecutor(Runnable::run)
            .keepAlive(Duration.ofDays(1), 5)
            .build();

    /** What objects take that are made from a byte that was really received, and what is always there. */
    private static final long MOST_PER_BYTE = 40;

    private static final long MOST_ALWAYS = 256 << 10;
    private static final int SERIAL_AT = 20;
    private static final int BODY_AT = 4 + MessageHeader.BYTES;
    private static final int[] TEMPTING = {
        0,
        1,
        -1,
        2,
        4,
        64,
        80,
        256,
        4096,
        16384,
        16385,
        262_144,
        4_194_304,
        4_194_305,
        1 << 24,
        Integer.MAX_VALUE,
        Integer.MIN_VALUE,
        0x2000_8086
    };

    private record Seed(Procedure<?, ?> procedure, Object arguments, byte[] frame) {}

    private final SplittableRandom random;
    private final List<Seed> seeds = new ArrayList<>();
    private final List<EventMessage<?>> events;
    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private Session connection;
    private EmbeddedChannel channel;
    private long results;
    private long errors;
    private long refused;
    private long waiting;
    private long mostAllocated;
    private long mostNanos;

    MutatedFrames(long seed, SweepCapture capture) throws Exception {
        random = new SplittableRandom(seed);
        events = ProtocolAreas.events();
        Map<Integer, Procedure<?, ?>> procedures = new HashMap<>();
        ProtocolAreas.procedures()
                .forEach(entry -> procedures.put(entry.procedure().number(), entry.procedure()));
        Map<Integer, byte[]> calls = new HashMap<>();
        capture.frames(true).forEach(call -> calls.put(ByteBuffer.wrap(call).getInt(SERIAL_AT), call));
        for (byte[] frame : capture.frames(false)) {
            ByteBuffer header = ByteBuffer.wrap(frame);
            Procedure<?, ?> procedure = procedures.get(header.getInt(12));
            byte[] call = calls.get(header.getInt(SERIAL_AT));
            if (header.getInt(16) == 1 && procedure != null && !procedure.name().equals("ConnectClose")) {
                var body = Unpooled.wrappedBuffer(call, BODY_AT, call.length - BODY_AT);
                seeds.add(new Seed(procedure, procedure.arguments().decode(new XdrReader(body)), frame));
            } else if (header.getInt(16) == 2) {
                seeds.add(new Seed(null, null, frame));
            }
        }
    }

    /** How many different frames there are to change. */
    int seeds() {
        return seeds.size();
    }

    /** Changes and receives so many. */
    void receive(long frames) {
        for (long i = 0; i < frames; i++) {
            Seed seed = seeds.get(random.nextInt(seeds.size()));
            byte[] changed = mutate(seed.frame().clone());
            try {
                receive(seed, changed);
            } catch (RuntimeException | Error e) {
                throw new AssertionError("frame %d, of %s: %s".formatted(i, name(seed), Arrays.toString(changed)), e);
            }
        }
        end();
    }

    @Override
    public String toString() {
        return ("%d results, %d errors of the server's, %d protocol errors, %d incomplete or nobody's; at most %d bytes"
                        + " allocated and %d µs for a frame")
                .formatted(results, errors, refused, waiting, mostAllocated, mostNanos / 1000);
    }

    private static String name(Seed seed) {
        return seed.procedure() == null ? "an event" : seed.procedure().name();
    }

    private void receive(Seed seed, byte[] frame) {
        long most = MOST_ALWAYS + MOST_PER_BYTE * frame.length;
        long allocated = receiveOnce(seed, frame);
        if (allocated > most) {
            // It may have loaded classes; that happens once.
            end();
            allocated = receiveOnce(seed, frame);
        }
        mostAllocated = Math.max(mostAllocated, allocated);
        assertThat(allocated)
                .as("bytes allocated for a frame of %d", frame.length)
                .isLessThanOrEqualTo(most);
    }

    /** How much was allocated. */
    private long receiveOnce(Seed seed, byte[] frame) {
        connect();
        CompletableFuture<?> future = null;
        if (seed.procedure() != null) {
            future = call(seed);
            byte[] sent = sent();
            if (frame.length >= BODY_AT && random.nextInt(200) != 0) {
                System.arraycopy(sent, SERIAL_AT, frame, SERIAL_AT, 4);
            }
        }
        long nanos = System.nanoTime();
        long before = threads.getCurrentThreadAllocatedBytes();
        channel.writeInbound(Unpooled.wrappedBuffer(frame));
        channel.runPendingTasks();
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        mostNanos = Math.max(mostNanos, System.nanoTime() - nanos);
        count(future);
        return allocated;
    }

    private void count(CompletableFuture<?> future) {
        if (connection.closed().isDone()) {
            assertThat(connection.closed().getNow(null).cause()).isInstanceOf(ProtocolException.class);
            // With a result only where the frame is shorter than what came, and the rest is no frame.
            assertThat(future == null || future.isDone()).isTrue();
            refused++;
            end();
        } else if (future == null || !future.isDone()) {
            waiting++;
            end();
        } else if (future.isCompletedExceptionally()) {
            Throwable failure = future.handle((value, thrown) -> thrown).getNow(null);
            assertThat(LibvirtException.unwrap(failure))
                    .isInstanceOfAny(RemoteException.class, ProtocolException.class);
            if (LibvirtException.unwrap(failure) instanceof ProtocolException) {
                refused++;
            } else {
                errors++;
            }
        } else {
            results++;
        }
    }

    private void connect() {
        if (channel == null) {
            channel = new EmbeddedChannel();
            connection = Session.on(channel, "server", OPTIONS);
            events.forEach(event -> connection.listen(event, body -> hear(event, body)));
        }
    }

    private void hear(EventMessage<?> event, ByteBuf body) {
        try {
            assertThat(event.body().decode(new XdrReader(body))).isNotNull();
        } catch (XdrException e) {
            refused++;
        }
    }

    private void end() {
        if (channel != null) {
            connection.close();
            channel.finishAndReleaseAll();
            channel = null;
        }
    }

    @SuppressWarnings("unchecked")
    private <A> CompletableFuture<?> call(Seed seed) {
        Procedure<A, ?> procedure = (Procedure<A, ?>) seed.procedure();
        CompletableFuture<?> future = connection.call(procedure, (A) seed.arguments(), CallOptions.DEFAULT);
        channel.runPendingTasks();
        return future;
    }

    private byte[] sent() {
        ByteBuf sent = channel.readOutbound();
        byte[] bytes = new byte[sent.readableBytes()];
        sent.readBytes(bytes);
        sent.release();
        return bytes;
    }

    private byte[] mutate(byte[] frame) {
        byte[] changed = frame;
        for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
            changed = change(changed);
        }
        // Mostly the length is right again: what is wrong with it is found before anything else is looked at.
        if (changed.length >= 4 && random.nextInt(16) != 0) {
            ByteBuffer.wrap(changed).putInt(0, changed.length);
        }
        return changed;
    }

    private byte[] change(byte[] frame) {
        if (frame.length < BODY_AT + 4) {
            return Arrays.copyOf(frame, frame.length + 4 * (1 + random.nextInt(8)));
        }
        // One in eight in the header, where little is to be had.
        int start = random.nextInt(8) == 0 ? 0 : BODY_AT;
        int at = start + random.nextInt(frame.length - start);
        int word = Math.min((at & ~3), frame.length - 4);
        ByteBuffer bytes = ByteBuffer.wrap(frame);
        switch (random.nextInt(7)) {
            case 0 -> frame[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> frame[at] = (byte) random.nextInt(256);
            case 2 -> bytes.putInt(word, TEMPTING[random.nextInt(TEMPTING.length)]);
            case 3 -> bytes.putInt(word, bytes.getInt(word) + random.nextInt(-4, 5));
            case 4 -> {
                return Arrays.copyOf(frame, at);
            }
            case 5 -> {
                byte[] longer = Arrays.copyOf(frame, frame.length + 4);
                System.arraycopy(frame, word, longer, word + 4, frame.length - word);
                return longer;
            }
            default -> {
                byte[] other = seeds.get(random.nextInt(seeds.size())).frame();
                int length = Math.min(other.length - BODY_AT, frame.length - at);
                if (length > 0) {
                    System.arraycopy(other, BODY_AT, frame, at, length);
                }
            }
        }
        return frame;
    }
}
