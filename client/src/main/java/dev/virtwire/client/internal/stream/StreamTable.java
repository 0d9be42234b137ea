// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.protocol.message.MessageHeader;
import io.netty.buffer.ByteBuf;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The streams of a connection by the serial number of the call that opened each, from before that is sent. */
public final class StreamTable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamTable.class);

    private final String host;
    private final StreamLink link;
    private final IntObjectMap<RpcStream> streams = new IntObjectHashMap<>();

    /** No stream yet. */
    public StreamTable(String host, StreamLink link) {
        this.host = host;
        this.link = link;
    }

    /** A stream's packets may come from now on. */
    public void register(int serial, RpcStream stream) {
        streams.put(serial, stream);
        stream.bind(link, serial, () -> streams.remove(serial));
    }

    /** The call with this serial number has failed: if it was to open a stream, there is none. */
    public void refused(int serial) {
        streams.remove(serial);
    }

    /** Whether one of them waits for the server to read on, or to confirm an end. */
    public boolean awaitServer() {
        return streams.values().stream().anyMatch(RpcStream::awaitsServer);
    }

    /** Takes a packet after its header; one of a stream that is gone may still be on its way, and is dropped. */
    public void receive(MessageHeader header, ByteBuf body) {
        RpcStream stream = find(header);
        if (stream == null) {
            LOG.debug("{}: dropped a packet of stream {}, which is gone", host, header.serial());
        } else {
            stream.receive(header, body);
        }
    }

    /** The connection has ended. */
    public void endAll() {
        new ArrayList<>(streams.values()).forEach(RpcStream::linkEnded);
        streams.clear();
    }

    private @Nullable RpcStream find(MessageHeader header) {
        RpcStream stream = streams.get(header.serial());
        return stream != null && stream.isOf(header.program(), header.procedure()) ? stream : null;
    }
}
