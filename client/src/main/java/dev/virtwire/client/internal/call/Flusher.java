// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;

/** Writes frames, and makes one system call of all that one turn of the event loop has written. */
final class Flusher {
    private final Channel channel;
    private final Runnable atTheEndOfTheTurn = this::flush;
    private boolean pending;
    private boolean reading;

    Flusher(Channel channel) {
        this.channel = channel;
    }

    void write(ByteBuf frame, ChannelPromise promise) {
        channel.write(frame, promise);
        if (!pending) {
            pending = true;
            if (!reading) {
                channel.eventLoop().execute(atTheEndOfTheTurn);
            }
        }
    }

    /** A message is being read, and more may follow it at once: what they lead to is sent together. */
    void reading() {
        reading = true;
    }

    /** There is nothing more to read for now. */
    void readComplete() {
        reading = false;
        flush();
    }

    private void flush() {
        if (pending) {
            pending = false;
            channel.flush();
        }
    }
}
