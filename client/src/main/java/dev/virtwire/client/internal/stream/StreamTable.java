// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.internal.async.LoopThread;
import dev.virtwire.protocol.Procedure;
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

    private final StreamLink link;
    private final IntObjectMap<RpcStream> streams = new IntObjectHashMap<>();

    /** No stream yet. */
    public StreamTable(StreamLink link) {
        this.link = link;
    }

    /** A call that opens a stream is sent: its packets may come from now on. */
    public void sent(StreamOpening opening, Procedure<?, ?> procedure, int serial) {
        LoopThread.check(link.loop());
        RpcStream stream = new RpcStream(link, opening, procedure, serial, () -> streams.remove(serial));
        streams.put(serial, stream);
        opening.sent(stream);
    }

    /** The call with this serial number has succeeded: if it was to open a stream, there is one. */
    public void opened(int serial) {
        LoopThread.check(link.loop());
        RpcStream stream = streams.get(serial);
        if (stream != null) {
            stream.opened();
        }
    }

    /** The call with this serial number has failed: if it was to open a stream, that stream ends. */
    public void refused(int serial) {
        LoopThread.check(link.loop());
        streams.remove(serial);
    }

    /** Whether one of them waits for the server to read on, or to confirm an end. */
    public boolean awaitServer() {
        return streams.values().stream().anyMatch(RpcStream::awaitsServer);
    }

    /** Takes a packet after its header; one of a stream that is gone may still be on its way, and is dropped. */
    public void receive(MessageHeader header, ByteBuf body) {
        LoopThread.check(link.loop());
        RpcStream stream = find(header);
        if (stream == null) {
            LOG.debug("{}: dropped a packet of stream {}, which is gone", link.host(), header.serial());
        } else {
            stream.receive(header, body);
        }
    }

    /** The connection has ended. */
    public void endAll() {
        LoopThread.check(link.loop());
        new ArrayList<>(streams.values()).forEach(RpcStream::linkEnded);
        streams.clear();
    }

    private @Nullable RpcStream find(MessageHeader header) {
        RpcStream stream = streams.get(header.serial());
        return stream != null && stream.isOf(header.program(), header.procedure()) ? stream : null;
    }
}
