// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;

/** A channel that is another one, but for what a test does to it. */
public class ChannelOver implements ByteChannel {
    private final ByteChannel real;

    /** Over {@code real}. */
    public ChannelOver(ByteChannel real) {
        this.real = real;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        return real.read(target);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return real.write(source);
    }

    @Override
    public boolean isOpen() {
        return real.isOpen();
    }

    @Override
    public void close() throws IOException {
        real.close();
    }
}
