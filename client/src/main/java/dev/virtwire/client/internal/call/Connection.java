// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ProtocolException;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.stream.StreamLink;
import dev.virtwire.client.internal.stream.StreamOpening;
import dev.virtwire.client.internal.stream.StreamTable;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.wire.FrameDecoder;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One channel to one server: sends calls, hands replies to the {@link CallTable}, packets to the {@link StreamTable}, events
 * to their listeners, and ends
 * everything with one reason when the channel ends. The last handler of its pipeline; state lives on its event loop.
 */
public final class Connection extends SimpleChannelInboundHandler<ByteBuf> implements Session {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

    /** At so many calls of its own a server stops reading, unless it is configured otherwise. */
    private static final int SERVER_STOPS_READING = 5;

    /** Goes on where a connection ends. */
    interface Heir {
        /**
         * The connection has ended.
         *
         * @param unsent calls that no server has seen
         */
        void inherit(CloseReason reason, List<Call<?, ?>> unsent);
    }

    private final String host;
    private final ConnectOptions options;
    private final Callbacks callbacks;
    private final CallTable calls;
    private final StreamTable streams;
    private final InboundMessages inbound;
    private final CloseListeners closeListeners = new CloseListeners();
    private final TrackedFuture<CloseReason> closed;

    private volatile @Nullable Channel channel;
    private @Nullable KeepAlive keepAlive;
    private @Nullable CloseReason reason;
    private @Nullable Procedure<Void, Void> farewell;
    private @Nullable Heir heir;
    private boolean draining;
    private boolean receiving;
    private boolean flushPending;
    private long expiryDue = Long.MAX_VALUE;

    /**
     * A connection whose channel is yet to come.
     *
     * @param host the server, for messages
     */
    public Connection(String host, ConnectOptions options) {
        this(host, options, new Callbacks(host, options));
    }

    /** As the first, for a session that has callbacks already. */
    Connection(String host, ConnectOptions options, Callbacks callbacks) {
        this.host = host;
        this.options = options;
        this.callbacks = callbacks;
        this.closed = callbacks.newFuture();
        this.calls =
                new CallTable(host, options.maxInFlight(), options.maxQueued(), this::send, callbacks, this::onUndone);
        this.streams = new StreamTable(host, new Link());
        this.inbound = new InboundMessages(host, calls, streams);
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public @Nullable Channel channel() {
        return channel;
    }

    @Override
    public ConnectOptions options() {
        return options;
    }

    /** Where its user code runs. */
    public Callbacks callbacks() {
        return callbacks;
    }

    @Override
    public void callback(Runnable completion) {
        callbacks.run(completion);
    }

    @Override
    public Executor subscriberExecutor() {
        return callbacks.forSubscribers();
    }

    @Override
    public @Nullable Supplier<SSLEngine> tlsEngines() {
        Channel target = channel;
        return target == null ? null : target.attr(Transport.TLS_ENGINES).get();
    }

    @Override
    public TrackedFuture<CloseReason> closed() {
        return closed;
    }

    @Override
    public <T> TrackedFuture<T> newFuture() {
        return callbacks.newFuture();
    }

    @Override
    public <A, R> CompletableFuture<R> call(
            Procedure<A, R> procedure, A arguments, CallOptions callOptions, @Nullable Consumer<R> undo) {
        CallRefusedException refused = Call.refusal(procedure, host);
        if (refused != null) {
            return CompletableFuture.failedFuture(refused);
        }
        Call<A, R> call =
                new Call<>(procedure, arguments, Call.deadline(callOptions, options), undo, callbacks, this::abandon);
        execute(() -> submit(call), () -> call.future.completeExceptionally(notSent(call)));
        return call.future;
    }

    @Override
    public <T> void listen(EventMessage<T> message, Consumer<T> listener) {
        execute(() -> inbound.listen(message, listener), () -> {});
    }

    @Override
    public void onInterruption(Interruptions listener) {
        // This is one connection: what interrupts it ends it.
    }

    @Override
    public void onClose(Consumer<LibvirtException> listener) {
        Runnable late = () -> listener.accept(ended(""));
        execute(
                () -> {
                    if (reason == null) {
                        closeListeners.add(listener);
                    } else {
                        late.run();
                    }
                },
                late);
    }

    /** Leaves unsent calls to {@code heir} when the connection is lost; on the event loop. At once where it is. */
    void bequeath(Heir to) {
        heir = to;
        CloseReason ending = reason;
        if (ending != null) {
            to.inherit(ending, List.of());
        }
    }

    @Override
    public void onLoop(Runnable task) {
        execute(task, task);
    }

    @Override
    public void later(Duration delay, Runnable task) {
        execute(
                () -> loop().schedule(
                                () -> {
                                    if (reason == null) {
                                        callbacks.run(task);
                                    }
                                },
                                LoopTasks.nanos(delay),
                                TimeUnit.NANOSECONDS),
                () -> {});
    }

    @Override
    public void close() {
        execute(() -> end(CloseReason.Kind.CLOSED, null), () -> {});
    }

    @Override
    public void closeAfter(Procedure<Void, Void> procedure) {
        execute(
                () -> {
                    if (farewell == null && reason == null) {
                        farewell = procedure;
                        long patience = LoopTasks.nanos(options.callTimeout());
                        loop().schedule(this::close, patience, TimeUnit.NANOSECONDS);
                        sayFarewellWhenIdle();
                    }
                },
                () -> {});
    }

    /** Ends the connection because of an error. */
    public void abort(LibvirtException cause) {
        execute(
                () -> end(
                        cause instanceof ProtocolException ? CloseReason.Kind.PROTOCOL_ERROR : CloseReason.Kind.LOST,
                        cause),
                () -> {});
    }

    // ---- the channel

    /** Comes when the channel is open: only then is it known which of a host's addresses answers. */
    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        channel = context.channel();
        callbacks.runOn(context.channel().eventLoop());
        context.pipeline().addBefore(context.name(), Transport.FRAMES, new FrameDecoder());
        keepAlive = new KeepAlive(
                context.channel(),
                options.keepAliveInterval(),
                options.keepAliveCount(),
                options.callTimeout(),
                () -> calls.inFlight() >= SERVER_STOPS_READING || streams.awaitServer(),
                silence -> end(CloseReason.Kind.LOST, new ConnectionLostException(host + ": " + silence)));
        if (!context.channel().isActive()) {
            channelInactive(context);
        }
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf frame) {
        KeepAlive alive = keepAlive;
        if (reason != null || alive == null) {
            return;
        }
        alive.received();
        receiving = true;
        inbound.receive(frame, alive);
        sayFarewellWhenIdle();
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        receiving = false;
        flush();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end(
                draining ? CloseReason.Kind.CLOSED : CloseReason.Kind.LOST,
                draining ? null : new ConnectionLostException(host + ": the server closed the connection"));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        Throwable root = cause instanceof DecoderException && cause.getCause() != null ? cause.getCause() : cause;
        if (root instanceof ProtocolException protocol) {
            String text = String.valueOf(protocol.getMessage());
            end(
                    CloseReason.Kind.PROTOCOL_ERROR,
                    text.startsWith(host) ? protocol : new ProtocolException(host + ": " + text, protocol));
        } else if (root instanceof IOException && draining) {
            end(CloseReason.Kind.CLOSED, null);
        } else if (root instanceof IOException) {
            end(CloseReason.Kind.LOST, new ConnectionLostException(host + ": " + root.getMessage(), root));
        } else {
            LOG.error("{}: unexpected failure; closing the connection", host, root);
            end(CloseReason.Kind.LOST, new ConnectionLostException(host + ": internal failure: " + root, root));
        }
    }

    // ---- calls, on the event loop

    /** Takes a call, on the event loop. */
    void submit(Call<?, ?> call) {
        boolean closing = draining || (farewell != null && !calls.isUndoing());
        if (reason != null || closing) {
            LibvirtException refused = notSent(call);
            callbacks.run(() -> call.future.completeExceptionally(refused));
            return;
        }
        calls.submit(call);
        scheduleExpiry(call.deadlineNanos);
    }

    private void onUndone(Runnable settled) {
        execute(
                () -> {
                    settled.run();
                    sayFarewellWhenIdle();
                },
                settled);
    }

    /** The caller of a call has gone. */
    void abandon(Call<?, ?> call) {
        execute(() -> calls.abandon(call), () -> {});
    }

    private <A> void send(Call<A, ?> call, int serial) {
        Channel target = channel;
        if (target == null) {
            throw new CallRefusedException("there is no channel");
        }
        ByteBuf frame = CallEncoder.encode(target.alloc(), call.procedure, call.arguments, serial);
        LOG.trace("{}: sends {} as {}", host, call.procedure.name(), serial);
        if (call.procedure.result() instanceof StreamOpening<?, ?, ?> opening) {
            opening.register(streams, serial);
        }
        target.write(frame, target.voidPromise());
        flushSoon(target);
    }

    /** One system call for all calls of one turn of the event loop. */
    private void flushSoon(Channel target) {
        if (!flushPending) {
            flushPending = true;
            if (!receiving) {
                target.eventLoop().execute(this::flush);
            }
        }
    }

    private void flush() {
        Channel target = channel;
        if (flushPending && target != null) {
            flushPending = false;
            target.flush();
        }
    }

    private void scheduleExpiry(long deadlineNanos) {
        long now = System.nanoTime();
        long due = deadlineNanos - now;
        if (expiryDue == Long.MAX_VALUE || deadlineNanos - expiryDue < 0) {
            expiryDue = deadlineNanos;
            loop().schedule(() -> expire(deadlineNanos), Math.max(0, due), TimeUnit.NANOSECONDS);
        }
    }

    private void expire(long due) {
        if (expiryDue != due || reason != null) {
            return;
        }
        expiryDue = Long.MAX_VALUE;
        long now = System.nanoTime();
        long next = calls.expire(now);
        if (next >= 0) {
            scheduleExpiry(now + next);
        }
    }

    // ---- streams, on the event loop

    private final class Link implements StreamLink {
        @Override
        public ByteBufAllocator allocator() {
            return openChannel().alloc();
        }

        @Override
        public void send(ByteBuf packet, Runnable onWritten) {
            Channel target = openChannel();
            target.write(packet).addListener(written -> {
                if (written.isSuccess()) {
                    onWritten.run();
                }
            });
            flushSoon(target);
        }

        @Override
        public void pauseReading(boolean paused) {
            openChannel().config().setAutoRead(!paused);
        }

        @Override
        public LibvirtException ended(String what) {
            return Connection.this.ended(what);
        }
    }

    // ---- the end

    private void sayFarewellWhenIdle() {
        Procedure<Void, Void> procedure = farewell;
        if (procedure != null && !draining && reason == null && calls.isEmpty()) {
            draining = true;
            @SuppressWarnings("NullAway") // Void's only value is null.
            Call<Void, Void> call = new Call<>(procedure, null, options.callTimeout(), null, callbacks, this::abandon);
            call.future.whenComplete((done, failure) -> close());
            calls.submit(call);
        }
    }

    private void end(CloseReason.Kind kind, @Nullable LibvirtException cause) {
        if (reason != null) {
            return;
        }
        CloseReason ending = new CloseReason(kind, cause);
        reason = ending;
        LOG.debug("{}: connection ended: {}", host, ending);
        Channel open = channel;
        if (open != null) {
            open.close();
        }
        List<Call<?, ?>> unsent = heir == null ? List.of() : calls.takeUnsent();
        calls.failAll(call -> ended(call.procedure.name() + " on "));
        streams.endAll();
        closeListeners.tellAll(host, () -> ended(""));
        callbacks.run(() -> closed.complete(ending));
        if (heir != null) {
            heir.inherit(ending, unsent);
        }
    }

    private LibvirtException ended(String what) {
        CloseReason ending = reason;
        return ended(what, host, ending == null ? null : ending.cause());
    }

    /** The error of one call or subscription when the connection has ended: each has its own, with its own trace. */
    static LibvirtException ended(String what, String host, @Nullable LibvirtException cause) {
        if (cause instanceof ProtocolException) {
            return new ProtocolException(what + cause.getMessage(), cause);
        }
        return cause == null
                ? new ConnectionLostException(what + host + ": the connection was closed by this side")
                : new ConnectionLostException(what + cause.getMessage(), cause);
    }

    private LibvirtException notSent(Call<?, ?> call) {
        CloseReason ending = reason;
        String why = ending == null || ending.cause() == null
                ? "the connection is closed"
                : "the connection has ended: " + ending.cause().getMessage();
        return new CallRefusedException("%s on %s was not sent: %s".formatted(call.procedure.name(), host, why));
    }

    // ---- threads

    private EventLoop loop() {
        return openChannel().eventLoop();
    }

    private Channel openChannel() {
        Channel target = channel;
        if (target == null) {
            throw new IllegalStateException(host + ": used before the channel was there");
        }
        return target;
    }

    private void execute(Runnable task, Runnable whenLoopIsGone) {
        LoopTasks.execute(loop(), task, whenLoopIsGone);
    }
}
