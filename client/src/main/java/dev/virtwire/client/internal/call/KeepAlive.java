// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Finds a dead peer: after an interval without a message it sends a ping, one an interval, and after the last
 * unanswered one reports silence. Answers the server's own pings. Any message counts as a sign of life.
 */
final class KeepAlive {
    /** The keepalive program, which is older than any table and has no payload. */
    static final int PROGRAM = 0x6b656570;

    private static final int VERSION = 1;
    private static final int PING = 1;
    private static final int PONG = 2;
    private static final int FRAME_BYTES = 4 + MessageHeader.BYTES;

    private final Channel channel;
    private final long intervalNanos;
    private final int count;
    private final long patienceNanos;
    private final BooleanSupplier mayBeDeaf;
    private final Consumer<String> onSilence;
    private long lastReceived = System.nanoTime();
    private @Nullable Future<?> next;

    /**
     * One for a channel, on whose event loop all of it is used.
     *
     * @param patience how long a silence proves nothing while the server may be deaf
     * @param mayBeDeaf whether the server may have stopped reading because it works on as many calls as it takes
     * @param onSilence told how long the peer has been silent
     */
    KeepAlive(
            Channel channel,
            Duration interval,
            int count,
            Duration patience,
            BooleanSupplier mayBeDeaf,
            Consumer<String> onSilence) {
        this.channel = channel;
        this.intervalNanos = interval.toNanos();
        this.count = count;
        this.patienceNanos = patience.toNanos();
        this.mayBeDeaf = mayBeDeaf;
        this.onSilence = onSilence;
    }

    void start() {
        if (count > 0) {
            schedule(intervalNanos);
        }
    }

    void stop() {
        if (next != null) {
            next.cancel(false);
        }
    }

    void received() {
        lastReceived = System.nanoTime();
    }

    void message(MessageHeader header) {
        // A peer that asks and does not read has signs of life enough to come: answers would only fill the memory.
        if (header.procedure() == PING && channel.isWritable()) {
            send(PONG);
        }
    }

    private void tick() {
        if (!channel.config().isAutoRead()) {
            // A stream's reader is slow, and nothing is read meanwhile: that proves nothing, but the server must hear
            // of us.
            received();
            send(PING);
            schedule(intervalNanos);
            return;
        }
        long silent = System.nanoTime() - lastReceived;
        long intervals = silent / intervalNanos;
        boolean excused = mayBeDeaf.getAsBoolean() && silent < patienceNanos;
        if (intervals > count && !excused) {
            onSilence.accept("no sign of life for %d ms, %d keepalive pings unanswered"
                    .formatted(TimeUnit.NANOSECONDS.toMillis(silent), count));
            return;
        }
        if (intervals > 0) {
            send(PING);
        }
        schedule(intervalNanos * (intervals + 1) - silent);
    }

    private void schedule(long nanos) {
        next = channel.eventLoop().schedule(this::tick, nanos, TimeUnit.NANOSECONDS);
    }

    private void send(int procedure) {
        ByteBuf frame = channel.alloc().buffer(FRAME_BYTES, FRAME_BYTES);
        frame.writeInt(FRAME_BYTES);
        new MessageHeader(PROGRAM, VERSION, procedure, MessageType.MESSAGE, 0, MessageStatus.OK).write(frame);
        channel.writeAndFlush(frame, channel.voidPromise());
    }
}
