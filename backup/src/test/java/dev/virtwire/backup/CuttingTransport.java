// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdTransport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Connections that are all cut when so many bytes have come through them together. */
final class CuttingTransport implements NbdTransport {
    private final NbdTransport real = NbdOptions.DEFAULT.transport();
    private final AtomicLong left;

    CuttingTransport(long bytes) {
        left = new AtomicLong(bytes);
    }

    @Override
    public ByteChannel open(NbdAddress address, Duration timeout) throws IOException {
        ByteChannel channel = real.open(address, timeout);
        return new ChannelOver(channel) {
            @Override
            public int read(ByteBuffer target) throws IOException {
                if (left.get() <= 0) {
                    return -1;
                }
                int read = super.read(target);
                left.addAndGet(-read);
                return read;
            }
        };
    }
}
