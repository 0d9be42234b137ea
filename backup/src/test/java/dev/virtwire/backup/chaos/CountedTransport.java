// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.backup.ChannelOver;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdTransport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Connections that are all cut, once or for good, before the n-th message that goes through any of them: each write
 * while they are negotiated, each request afterwards.
 */
final class CountedTransport implements NbdTransport {
    private static final int REQUEST_MAGIC = 0x25609513;
    private static final int REQUEST = 28;
    private static final int EXTENDED_REQUEST_MAGIC = 0x21e41c71;
    private static final int EXTENDED_REQUEST = 32;

    private final NbdTransport real = NbdOptions.DEFAULT.transport();
    private final List<ByteChannel> open = new CopyOnWriteArrayList<>();
    private final AtomicInteger messages = new AtomicInteger();
    private final int most;
    private final boolean once;

    private CountedTransport(int most, boolean once) {
        this.most = most;
        this.once = once;
    }

    /** Cuts nothing. */
    static CountedTransport whole() {
        return new CountedTransport(Integer.MAX_VALUE, true);
    }

    /** Lets so many messages pass, and nothing afterwards. */
    static CountedTransport cutForGood(int most) {
        return new CountedTransport(most, false);
    }

    /** Lets so many messages pass; whoever connects again afterwards is not cut off. */
    static CountedTransport cutOnce(int most) {
        return new CountedTransport(most, true);
    }

    /** How many messages have passed. */
    int messages() {
        return messages.get();
    }

    @Override
    public ByteChannel open(NbdAddress address, Duration timeout) throws IOException {
        ByteChannel channel = real.open(address, timeout);
        open.add(channel);
        return new ChannelOver(channel) {
            @Override
            public int write(ByteBuffer source) throws IOException {
                int begin = source.position();
                while (source.hasRemaining()) {
                    pass();
                    int end = source.limit();
                    source.limit(source.position() + length(source));
                    while (source.hasRemaining()) {
                        super.write(source);
                    }
                    source.limit(end);
                }
                return source.position() - begin;
            }
        };
    }

    private void pass() throws IOException {
        int message = messages.getAndIncrement();
        if (once ? message == most : message >= most) {
            for (ByteChannel channel : open) {
                channel.close();
            }
            throw new IOException("Connection reset by peer");
        }
    }

    /** Several requests may be written at once. */
    private static int length(ByteBuffer source) {
        int magic = source.remaining() < 4 ? 0 : source.getInt(source.position());
        int length = magic == REQUEST_MAGIC
                ? REQUEST
                : magic == EXTENDED_REQUEST_MAGIC ? EXTENDED_REQUEST : source.remaining();
        return Math.min(length, source.remaining());
    }
}
