// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.internal.async.TrackedFuture;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be sent in a stream. Two packets at most are on their way out of this process, so that neither memory nor
 * the calls behind them depend on how much a user writes at once. On the event loop.
 */
final class StreamOutput {
    private static final int UNDER_WAY = 2;

    /** Data, or a hole where there is none. */
    private record Write(
            TrackedFuture<Void> future, @Nullable ByteBuffer source, long hole) {}

    private final StreamContext context;
    private final StreamLink link;
    private final StreamPackets packets;
    private final Deque<Write> waiting = new ArrayDeque<>();
    private final Deque<TrackedFuture<Void>> sent = new ArrayDeque<>();
    private @Nullable Runnable afterAll;
    private int underWay;
    private boolean ended;

    StreamOutput(StreamContext context, StreamLink link, StreamPackets packets) {
        this.context = context;
        this.link = link;
        this.packets = packets;
    }

    /** Whether something waits for the server to read on. */
    boolean isBusy() {
        return underWay > 0 || !waiting.isEmpty();
    }

    void write(TrackedFuture<Void> future, ByteBuffer source) {
        add(new Write(future, source, 0));
    }

    void writeHole(TrackedFuture<Void> future, long length) {
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
        sent.forEach(future -> context.callback(() -> future.completeExceptionally(cause)));
        sent.clear();
    }

    private void add(Write write) {
        waiting.add(write);
        pump();
    }

    private void pump() {
        Write write;
        while (!ended && underWay < UNDER_WAY && (write = waiting.peek()) != null) {
            ByteBuffer source = write.source();
            if (source == null) {
                waiting.remove();
                send(packets.hole(write.hole()), write.future());
            } else if (!source.hasRemaining()) {
                TrackedFuture<Void> empty = waiting.remove().future();
                context.callback(() -> empty.complete(null));
            } else {
                ByteBuf packet = packets.data(source);
                boolean last = !source.hasRemaining();
                if (last) {
                    waiting.remove();
                }
                send(packet, last ? write.future() : null);
            }
        }
        Runnable task = afterAll;
        if (task != null && waiting.isEmpty()) {
            afterAll = null;
            task.run();
        }
    }

    private void send(ByteBuf packet, @Nullable TrackedFuture<Void> last) {
        underWay++;
        if (last != null) {
            sent.add(last);
        }
        link.send(packet, () -> {
            underWay--;
            if (last != null && sent.remove(last)) {
                context.callback(() -> last.complete(null));
            }
            pump();
        });
    }
}
