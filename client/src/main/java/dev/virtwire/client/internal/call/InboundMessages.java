// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.internal.stream.StreamTable;
import dev.virtwire.client.internal.wire.RemoteErrorReader;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what the server sends apart: replies go to their calls, packets to their streams, events to their
 * listeners. Whatever the protocol does not
 * allow is a {@link ProtocolException}, after which nothing of this connection can be trusted. On the event loop only.
 */
final class InboundMessages {
    private static final Logger LOG = LoggerFactory.getLogger(InboundMessages.class);

    private record EventKey(int program, int procedure) {}

    private record Listener<T>(EventMessage<T> message, Consumer<T> consumer) {
        void decode(XdrReader body) {
            T event = message.body().decode(body);
            body.expectEnd(message.name());
            consumer.accept(event);
        }
    }

    private final String host;
    private final CallTable calls;
    private final StreamTable streams;
    private final Map<EventKey, Listener<?>> listeners = new HashMap<>();

    InboundMessages(String host, CallTable calls, StreamTable streams) {
        this.host = host;
        this.calls = calls;
        this.streams = streams;
    }

    <T> void listen(EventMessage<T> message, Consumer<T> listener) {
        listeners.put(new EventKey(message.program(), message.number()), new Listener<>(message, listener));
    }

    /** Takes a frame without its length word; the buffer stays the caller's. */
    void receive(ByteBuf frame, KeepAlive keepAlive) {
        MessageHeader header = MessageHeader.read(frame);
        LOG.trace("{}: received {} with {} bytes", host, header, frame.readableBytes());
        try {
            switch (header.type()) {
                case MessageType.REPLY -> reply(header, frame);
                case MessageType.MESSAGE -> message(header, frame, keepAlive);
                case MessageType.STREAM, MessageType.STREAM_HOLE -> streams.receive(header, frame);
                default ->
                    throw new ProtocolException(
                            "%s: a message of type %d, which no server sends".formatted(host, header.type()));
            }
        } catch (XdrException e) {
            throw new ProtocolException(
                    "%s: procedure %d of program %#x: %s"
                            .formatted(host, header.procedure(), header.program(), e.getMessage()),
                    e);
        }
    }

    private void reply(MessageHeader header, ByteBuf frame) {
        Call<?, ?> call = calls.find(header.serial());
        if (call == null) {
            throw new ProtocolException(
                    "%s: a reply to call %d, which is not under way".formatted(host, header.serial()));
        }
        Procedure<?, ?> procedure = call.procedure;
        if (header.program() != procedure.program() || header.procedure() != procedure.number()) {
            throw new ProtocolException("%s: call %d was procedure %d of program %#x, and the reply is for %d of %#x"
                    .formatted(
                            host,
                            header.serial(),
                            procedure.number(),
                            procedure.program(),
                            header.procedure(),
                            header.program()));
        }
        XdrReader body = new XdrReader(frame);
        switch (header.status()) {
            case MessageStatus.OK -> succeed(header.serial(), call, body);
            case MessageStatus.ERROR -> {
                RemoteException.Details details = RemoteErrorReader.read(body);
                body.expectEnd("the error of " + procedure.name());
                streams.refused(header.serial());
                calls.fail(
                        header.serial(), call, new RemoteException(host, procedure.name(), header.serial(), details));
            }
            default ->
                throw new ProtocolException("%s: the reply of %s has status %d, which no reply has"
                        .formatted(host, procedure.name(), header.status()));
        }
    }

    private <R> void succeed(int serial, Call<?, R> call, XdrReader body) {
        R result = call.procedure.result().decode(body);
        body.expectEnd("the result of " + call.procedure.name());
        calls.succeed(serial, call, result);
    }

    private void message(MessageHeader header, ByteBuf frame, KeepAlive alive) {
        if (header.program() == KeepAlive.PROGRAM) {
            alive.message(header);
            return;
        }
        Listener<?> listener = listeners.get(new EventKey(header.program(), header.procedure()));
        if (listener == null) {
            LOG.debug("{}: nobody listens to event {} of program {}", host, header.procedure(), header.program());
        } else {
            listener.decode(new XdrReader(frame));
        }
    }
}
