// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import io.netty.util.AttributeKey;
import java.nio.channels.ByteChannel;
import java.util.concurrent.CompletableFuture;

/** Reaches UNIX sockets of a connection's host by the connection's own way. */
public interface HostSockets {
    /** What a connection's channel has it as, if its transport can do that. */
    AttributeKey<HostSockets> KEY = AttributeKey.valueOf(HostSockets.class, "hostSockets");

    /**
     * Connects to a socket.
     *
     * @param path its path at the host
     * @return a blocking channel, which whoever closes it from another thread ends; it ends with the connection at the
     *     latest
     */
    CompletableFuture<ByteChannel> open(String path);
}
