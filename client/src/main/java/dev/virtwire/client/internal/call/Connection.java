// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.stream.StreamLink;
import dev.virtwire.client.internal.stream.StreamTable;
import dev.virtwire.client.internal.wire.FrameDecoder;
import dev.virtwire.client.internal.wire.RemoteErrorReader;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.message.MessageStatus;
import dev.virtwire.protocol.message.MessageType;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.CodecException;
import java.io.IOException;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last handler of one channel: writes calls, takes what the server sends apart (replies go to their calls, packets
 * to their streams, events to their listeners), and tells, once, why the channel has ended.
 *
 * <p>A reply that does not decode fails its call. Anything else that the protocol does not allow is a
 * {@link ProtocolException}, after which nothing of this channel can be trusted. On the event loop only.
 */
final class Connection extends SimpleChannelInboundHandler<ByteBuf> implements StreamLink {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** At so many calls of its own a server stops reading, unless it is configured otherwise. */
    private static final int SERVER_STOPS_READING = 5;

    /** What an event message is told by. */
    record EventKey(int program, int procedure) {
        static EventKey of(EventMessage<?> message) {
            return new EventKey(message.program(), message.number());
        }
    }

    private final String host;
    private final Channel channel;
    private final CallTable calls;
    private final Meter meter;
    private final Callbacks callbacks;
    private final Map<EventKey, Consumer<ByteBuf>> listeners;
    private final BiConsumer<Connection, CloseReason> onEnd;
    private final StreamTable streams;
    private final KeepAlive keepAlive;
    private final Flusher flusher;
    private @Nullable CloseReason reason;

    /** The handler of a channel into whose pipeline it has not been put yet. */
    Connection(
            String host,
            ConnectOptions options,
            Channel channel,
            CallTable calls,
            Meter meter,
            Callbacks callbacks,
            Map<EventKey, Consumer<ByteBuf>> listeners,
            BiConsumer<Connection, CloseReason> onEnd) {
        this.host = host;
        this.channel = channel;
        this.calls = calls;
        this.meter = meter;
        this.callbacks = callbacks;
        this.listeners = listeners;
        this.onEnd = onEnd;
        this.streams = new StreamTable(this);
        this.flusher = new Flusher(channel);
        this.keepAlive = new KeepAlive(
                channel,
                options.keepAliveInterval(),
                options.keepAliveCount(),
                options.callTimeout(),
                () -> calls.inFlight() >= SERVER_STOPS_READING || streams.awaitServer(),
                silence -> lost(silence, null));
    }

    Channel channel() {
        return channel;
    }

    // ---- what is sent

    /** Sends a call under a serial number; throws if it cannot be sent as it is. */
    void send(Call<?, ?> call, int serial) {
        ByteBuf frame = call.frame(channel.alloc(), serial);
        LOG.trace("{}: sends {} as {}", host, call.procedure.name(), serial);
        if (call.opening != null) {
            streams.sent(call.opening, call.procedure, serial);
        }
        meter.sent(call, frame.readableBytes());
        meter.bytesOut(frame.readableBytes());
        flusher.write(frame, channel.voidPromise());
    }

    // ---- what streams need

    @Override
    public String host() {
        return host;
    }

    @Override
    public EventLoop loop() {
        return channel.eventLoop();
    }

    @Override
    public TrackedFuture.WaitGuard waitGuard() {
        return callbacks;
    }

    @Override
    public void callback(Runnable completion) {
        callbacks.run(completion);
    }

    @Override
    public ByteBufAllocator allocator() {
        return channel.alloc();
    }

    @Override
    public void send(ByteBuf packet, Runnable onWritten) {
        meter.bytesOut(packet.readableBytes());
        flusher.write(packet, channel.newPromise().addListener(written -> {
            if (written.isSuccess()) {
                onWritten.run();
            } else if (channel.isOpen()) {
                // What was not sent is missing in the stream, and nobody else tells.
                failed(written.cause());
            }
        }));
    }

    @Override
    public void pauseReading(boolean paused) {
        channel.config().setAutoRead(!paused);
    }

    // ---- what is received

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        context.pipeline().addBefore(context.name(), "frames", new FrameDecoder());
        keepAlive.start();
        if (!channel.isActive()) {
            channelInactive(context);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
        if (reason != null) {
            return;
        }
        keepAlive.received();
        flusher.reading();
        int bytes = Integer.BYTES + frame.readableBytes();
        meter.bytesIn(bytes);
        MessageHeader header = MessageHeader.read(frame);
        LOG.trace("{}: received {} with {} bytes", host, header, frame.readableBytes());
        switch (header.type()) {
            case MessageType.REPLY -> reply(header, frame, bytes);
            case MessageType.MESSAGE -> message(header, frame);
            case MessageType.STREAM, MessageType.STREAM_HOLE -> packet(header, frame);
            default -> throw broken("a message of type %d, which no server sends".formatted(header.type()), null);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        flusher.readComplete();
    }

    private void reply(MessageHeader header, ByteBuf frame, int bytes) {
        int serial = header.serial();
        Call<?, ?> call = calls.find(serial);
        if (call == null) {
            throw broken("a reply to call %d, which is not under way".formatted(serial), null);
        }
        Procedure<?, ?> procedure = call.procedure;
        if (header.program() != procedure.program() || header.procedure() != procedure.number()) {
            throw broken(
                    "call %d was procedure %d of program %#x, and the reply is for %d of %#x"
                            .formatted(
                                    serial,
                                    procedure.number(),
                                    procedure.program(),
                                    header.procedure(),
                                    header.program()),
                    null);
        }
        meter.received(call, bytes);
        XdrReader body = new XdrReader(frame);
        try {
            switch (header.status()) {
                case MessageStatus.OK -> succeed(serial, call, body);
                case MessageStatus.ERROR -> {
                    streams.refused(serial);
                    RemoteException.Details details = RemoteErrorReader.read(body);
                    body.expectEnd("the error of " + procedure.name());
                    calls.fail(serial, call, RemoteException.of(host, procedure.name(), serial, details));
                }
                default ->
                    throw broken(
                            "the reply of %s has status %d, which no reply has"
                                    .formatted(procedure.name(), header.status()),
                            null);
            }
        } catch (XdrException e) {
            ProtocolException failure = undecodable(header, e);
            calls.fail(serial, call, new ProtocolException(procedure.name() + " on " + failure.getMessage(), failure));
        }
    }

    private <R> void succeed(int serial, Call<?, R> call, XdrReader body) {
        if (call.opening != null) {
            streams.opened(serial);
        }
        R result = call.procedure.result().decode(body);
        body.expectEnd("the result of " + call.procedure.name());
        calls.succeed(serial, call, result);
    }

    private void message(MessageHeader header, ByteBuf frame) {
        if (header.program() == KeepAlive.PROGRAM) {
            keepAlive.message(header);
            return;
        }
        Consumer<ByteBuf> listener = listeners.get(new EventKey(header.program(), header.procedure()));
        if (listener == null) {
            LOG.debug("{}: nobody listens to event {} of program {}", host, header.procedure(), header.program());
        } else {
            listener.accept(frame);
        }
    }

    private void packet(MessageHeader header, ByteBuf frame) {
        try {
            streams.receive(header, frame);
        } catch (XdrException e) {
            throw undecodable(header, e);
        }
    }

    private ProtocolException undecodable(MessageHeader header, XdrException cause) {
        return broken(
                "procedure %d of program %#x: %s".formatted(header.procedure(), header.program(), cause.getMessage()),
                cause);
    }

    private ProtocolException broken(String what, @Nullable Throwable cause) {
        return new ProtocolException(host + ": " + what, cause);
    }

    // ---- the end

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        lost("the server closed the connection", null);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        failed(cause);
    }

    private void failed(Throwable failure) {
        Throwable cause = failure.getCause();
        Throwable root = failure instanceof CodecException && cause != null ? cause : failure;
        if (root instanceof ProtocolException protocol) {
            String text = String.valueOf(protocol.getMessage());
            end(new CloseReason(
                    CloseReason.Kind.PROTOCOL_ERROR, text.startsWith(host) ? protocol : broken(text, protocol)));
        } else if (root instanceof IOException) {
            lost(String.valueOf(root.getMessage()), root);
        } else {
            LOG.error("{}: unexpected failure; closing the connection", host, root);
            lost("internal failure: " + root, root);
        }
    }

    /** Ends the channel because it is of no more use. */
    void lost(String why, @Nullable Throwable cause) {
        end(new CloseReason(CloseReason.Kind.LOST, new ConnectionLostException(host + ": " + why, cause)));
    }

    /** Ends the channel; for one reason only, the first. */
    void end(CloseReason ending) {
        if (reason != null) {
            return;
        }
        reason = ending;
        LOG.debug("{}: connection ended: {}", host, ending);
        keepAlive.stop();
        channel.close();
        streams.endAll();
        onEnd.accept(this, ending);
    }

    @Override
    public LibvirtException ended(String what) {
        CloseReason ending = reason;
        return ended(what, host, ending == null ? null : ending.cause());
    }

    /**
     * The error of one call, stream or subscription when its connection has ended: each has its own, with its own
     * trace.
     */
    static LibvirtException ended(String what, String host, @Nullable LibvirtException cause) {
        if (cause instanceof ProtocolException) {
            return new ProtocolException(what + cause.getMessage(), cause);
        }
        return cause == null
                ? new ConnectionLostException(what + host + ": the connection was closed by this side")
                : new ConnectionLostException(what + cause.getMessage(), cause);
    }
}
