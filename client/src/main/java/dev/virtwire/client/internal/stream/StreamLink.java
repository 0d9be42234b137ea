// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.LibvirtException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/** What a stream needs of its connection; on its event loop. */
public interface StreamLink {
    /** Makes buffers for packets. */
    ByteBufAllocator allocator();

    /**
     * Sends a packet.
     *
     * @param onWritten told when its bytes have left this process; not where the connection ends before
     */
    void send(ByteBuf packet, Runnable onWritten);

    /** Reads nothing more from the connection, or goes on. */
    void pauseReading(boolean paused);

    /** The error of something on this connection, now that it has ended. */
    LibvirtException ended(String what);
}
