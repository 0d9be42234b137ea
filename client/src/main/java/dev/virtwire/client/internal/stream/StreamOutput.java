// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent in a stream. Two packets at most are on their way out of this process, so that neither memory
 * nor the calls behind them depend on how much a user writes at once. On the event loop.
 */
final class StreamOutput {
    private static final int UNDER_WAY = 2;

    /** Data, or a hole. */
    private record Write(
            StreamFuture<Void> future, @Nullable ByteBuffer source, long hole) {}

    private final StreamLink link;
    private final StreamPackets packets;
    private final Deque<Write> waiting = new ArrayDeque<>();
    private final Deque<StreamFuture<Void>> sent = new ArrayDeque<>();
    private @Nullable Runnable afterAll;
    private int underWay;
    private boolean ended;

    StreamOutput(StreamLink link, StreamPackets packets) {
        this.link = link;
        this.packets = packets;
    }

    /** Whether something waits for the server to read on. */
    boolean isBusy() {
        return underWay > 0 || !waiting.isEmpty();
    }

    void write(StreamFuture<Void> future, ByteBuffer source) {
        add(new Write(future, source, 0));
    }

    void writeHole(StreamFuture<Void> future, long length) {
        add(new Write(future, null, length));
    }

    /** Runs {@code task} once all that was written is sent. */
    void afterAll(Runnable task) {
        afterAll = task;
        pump();
    }

    /** Sends what needs no turn: the packets that end a stream. */
    void sendNow(ByteBuf packet) {
        send(packet, null);
    }

    /** Fails what waits; nothing is sent any more but by {@link #sendNow}. */
    void end(Throwable cause) {
        ended = true;
        afterAll = null;
        waiting.forEach(write -> sent.add(write.future()));
        waiting.clear();
        sent.forEach(future -> link.fail(future, cause));
        sent.clear();
    }

    private void add(Write write) {
        waiting.add(write);
        pump();
    }

    private void pump() {
        Write write;
        while (!ended && underWay < UNDER_WAY && (write = waiting.peek()) != null) {
            Write next = write;
            ByteBuf packet = next.future().step(() -> cut(next));
            if (packet == null) {
                // Given up, and the stream is about to be aborted for it.
                return;
            }
            boolean last = next.source() == null || !next.source().hasRemaining();
            if (last) {
                waiting.remove();
            }
            if (packet.isReadable()) {
                send(packet, last ? next.future() : null);
            } else {
                link.succeed(next.future());
            }
        }
        Runnable task = afterAll;
        if (task != null && waiting.isEmpty()) {
            afterAll = null;
            task.run();
        }
    }

    /** The next packet of a write; empty if there is nothing to send. */
    private ByteBuf cut(Write write) {
        ByteBuffer source = write.source();
        if (source == null) {
            return packets.hole(write.hole());
        }
        return source.hasRemaining() ? packets.data(source) : Unpooled.EMPTY_BUFFER;
    }

    private void send(ByteBuf packet, @Nullable StreamFuture<Void> last) {
        underWay++;
        if (last != null) {
            sent.add(last);
        }
        link.send(packet, () -> {
            underWay--;
            if (last != null && sent.remove(last)) {
                link.succeed(last);
            }
            pump();
        });
    }
}
