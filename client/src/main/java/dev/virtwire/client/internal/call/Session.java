// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.internal.async.LoopThread;
import dev.virtwire.client.internal.async.SharedFuture;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.call.Call.Lane;
import dev.virtwire.client.internal.stream.StreamOpening;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.Caller;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import dev.virtwire.protocol.StreamDirection;
import dev.virtwire.protocol.StreamProcedure;
import dev.virtwire.protocol.stream.LibvirtStream;
import dev.virtwire.protocol.stream.Opened;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a user's connection speaks through: calls, events and streams on one channel, or with a {@link ReconnectPolicy}
 * on one after the other, always on the same event loop. A call that was sent ends with its channel, because it may
 * have been carried out; one that was not waits for the next. Without a policy the first loss is the end.
 *
 * <p>Its state lives on the event loop; what may be called on any thread hops there.
 */
public final class Session implements Caller {
    private static final Logger LOG = LoggerFactory.getLogger(Session.class);
    private static final Duration LONGEST = Duration.ofDays(365 * 100L);

    /** Makes connections. */
    @FunctionalInterface
    public interface Dialer {
        /**
         * Tries once: opens a channel, gives it to {@link Session#attach}, and convinces the server by
         * {@link Session#greeting}. What may block does so elsewhere; giving the result up ends the attempt.
         */
        CompletableFuture<?> dial(Session session);
    }

    /** Hears what becomes of the connections of a session; on the event loop. */
    public interface Watcher {
        /** The connection is lost; there will be another one, or the session ends. */
        void lost(Instant when, LibvirtException cause);

        /** There is a connection again. What is called here goes out before the calls that have waited. */
        void resumed();

        /**
         * The session has ended.
         *
         * @param byUs whether this side has closed it
         */
        void ended(LibvirtException cause, boolean byUs);
    }

    private final String host;
    private final ConnectOptions options;
    private final EventLoop loop;
    private final Dialer dialer;
    private final Runnable release;
    private final Callbacks callbacks;
    private final Meter meter;
    private final CallTable calls;
    private final @Nullable Retry retry;
    private final Caller greeting = new Greeting();
    private final SharedFuture<CloseReason> closed;

    // On the event loop.
    private final Map<Connection.EventKey, Consumer<ByteBuf>> listeners = new HashMap<>();
    private final List<Watcher> watchers = new ArrayList<>();
    private final Set<Future<?>> timers = new HashSet<>();
    private @Nullable CompletableFuture<?> attempt;
    private @Nullable Procedure<Void, Void> farewell;
    private boolean open;
    private boolean draining;
    private long openSince;
    private @Nullable CloseReason lastEnd;

    private volatile @Nullable Connection current;
    private volatile @Nullable CloseReason reason;
    private final AtomicInteger epoch = new AtomicInteger();

    /**
     * A session that has no connection yet.
     *
     * @param host the server, for messages
     * @param release told, once, that the event loop is no longer needed
     */
    public Session(String host, ConnectOptions options, EventLoop loop, Dialer dialer, Runnable release) {
        this.host = host;
        this.options = options;
        this.loop = loop;
        this.dialer = dialer;
        this.release = release;
        this.callbacks = new Callbacks(host, options, loop);
        this.meter = new Meter(host, options.listener());
        this.calls = new CallTable(host, options, loop, callbacks, meter, new Table());
        ReconnectPolicy policy = options.reconnect();
        this.retry = policy == null ? null : new Retry(policy);
        this.closed = new SharedFuture<>(callbacks);
    }

    /** A session on a channel that is open, whose server needs no convincing, and that is the only one. */
    public static Session on(Channel channel, String host, ConnectOptions options) {
        Session session = new Session(host, options, channel.eventLoop(), none -> new CompletableFuture<>(), () -> {});
        LoopThread.execute(channel.eventLoop(), () -> {
            session.take(channel);
            session.opened();
        });
        return session;
    }

    /** Makes the first connection, in one attempt; giving up the result ends the session. */
    public CompletableFuture<Session> connect() {
        TrackedFuture<Session> connected = newFuture(this::close);
        onLoop(() -> dial(failure -> {
            if (failure == null) {
                opened();
                callback(() -> connected.succeed(this));
            } else {
                end(new CloseReason(CloseReason.Kind.CLOSED, null));
                callback(() -> connected.fail(failure));
            }
        }));
        return connected;
    }

    // ---- what its users ask, on any thread

    /** The server, for messages. */
    public String host() {
        return host;
    }

    /** How its connections are made. */
    public ConnectOptions options() {
        return options;
    }

    /** On which all its state lives. */
    public EventLoop loop() {
        return loop;
    }

    /**
     * The present connection's channel, on which its transport may have left something; null while there is no
     * connection.
     */
    public @Nullable Channel channel() {
        Connection connection = current;
        return connection == null ? null : connection.channel();
    }

    /** Counts connections: what was said by one is not true of the next. */
    public int epoch() {
        return epoch.get();
    }

    /** What counts what it does. */
    public Meter meter() {
        return meter;
    }

    /** Completes at the end, with the reason; always the same. */
    public CompletableFuture<CloseReason> closed() {
        return closed;
    }

    /** Whether it has ended. */
    public boolean isClosed() {
        return reason != null;
    }

    @Override
    public <A, R> CompletableFuture<R> call(Procedure<A, R> procedure, A arguments, CallOptions callOptions) {
        return call(procedure, arguments, callOptions, null);
    }

    /**
     * Calls a procedure whose success leaves something behind.
     *
     * @param undo removes it, if the result comes after its caller has gone
     */
    public <A, R> CompletableFuture<R> call(
            Procedure<A, R> procedure, A arguments, CallOptions callOptions, @Nullable Consumer<R> undo) {
        if (procedure.stream() != StreamDirection.NONE) {
            return refused(procedure, "it opens a stream, and has to be called by open()");
        }
        if (procedure.files()) {
            return refused(procedure, "it passes file descriptors, which this client cannot do");
        }
        return send(procedure, arguments, callOptions, undo, null);
    }

    @Override
    public <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
            StreamProcedure<A, R, S> procedure, A arguments, CallOptions callOptions) {
        return open(procedure, arguments, callOptions, false);
    }

    /**
     * As the other, on a connection that may serve this stream only.
     *
     * @param alone whether it does: if more comes than is read, the connection is read no further; else the stream ends
     */
    public <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
            StreamProcedure<A, R, S> procedure, A arguments, CallOptions callOptions, boolean alone) {
        StreamOpening opening = new StreamOpening(procedure.sparse().test(arguments), options.streamBuffer(), alone);
        Call<A, R> call = send(procedure.call(), arguments, callOptions, null, opening);
        CompletableFuture<Opened<R, S>> opened =
                call.thenApply(reply -> new Opened<>(reply, procedure.view().apply(opening.stream())));
        // The first is given up with the second, but not if that failed or was given up when the reply had come.
        List.of(call, opened)
                .forEach(future -> future.whenComplete((done, failure) -> {
                    if (failure != null) {
                        opening.abort();
                    }
                }));
        return opened;
    }

    private <A, R> Call<A, R> send(
            Procedure<A, R> procedure,
            A arguments,
            CallOptions callOptions,
            @Nullable Consumer<R> undo,
            @Nullable StreamOpening opening) {
        Duration own = callOptions.deadline();
        Call<A, R> call = new Call<>(
                this,
                procedure.urgent() ? Lane.URGENT : Lane.USUAL,
                procedure,
                arguments,
                own == null ? options.callTimeout() : bounded(own),
                undo,
                opening);
        LoopThread.execute(loop, () -> submit(call), () -> {
            LibvirtException refused = notSent(procedure, whyEnded());
            meter.ended(call, refused);
            call.fail(refused);
        });
        return call;
    }

    /** A future that must not be waited for where it would wait for itself. */
    public <T> TrackedFuture<T> newFuture() {
        return new TrackedFuture<>(callbacks);
    }

    /** A future whose holder is to be obeyed if he gives it up. */
    public <T> TrackedFuture<T> newFuture(Runnable onGivenUp) {
        return new TrackedFuture<>(callbacks) {
            @Override
            protected void givenUp() {
                onGivenUp.run();
            }
        };
    }

    /** Runs a task once, after a delay, where callbacks run; not at all if the session has ended before. */
    public void later(Duration time, Runnable task) {
        LoopThread.execute(loop, () -> schedule(time, () -> callback(task)), () -> {});
    }

    /** Ends at once; what is pending fails. */
    public void close() {
        LoopThread.execute(loop, () -> end(new CloseReason(CloseReason.Kind.CLOSED, null)), () -> {});
    }

    /** Lets pending calls finish, then says goodbye by {@code procedure} and ends. */
    public void closeAfter(Procedure<Void, Void> procedure) {
        LoopThread.execute(
                loop,
                () -> {
                    if (!open) {
                        // There is nobody to take leave of, and what waits fails.
                        close();
                    } else if (farewell == null) {
                        farewell = procedure;
                        schedule(options.callTimeout(), this::close);
                        calls.tellIfIdle();
                    }
                },
                () -> {});
    }

    /** Lets a graceful close wait for {@code work}, and calls be made until then: something is being undone. */
    public void closeWaitsFor(CompletableFuture<?> work) {
        LoopThread.execute(
                loop,
                () -> {
                    calls.hold();
                    work.whenComplete((done, failure) -> LoopThread.execute(loop, calls::release, () -> {}));
                },
                () -> {});
    }

    // ---- what events and streams need

    /** Hears an event message's body, on the event loop, on every connection from now on. */
    public void listen(EventMessage<?> message, Consumer<ByteBuf> listener) {
        LoopThread.check(loop);
        listeners.put(Connection.EventKey.of(message), listener);
    }

    /** Hears what becomes of connections; of the end at once, if it has come. */
    public void watch(Watcher watcher) {
        onLoop(() -> {
            if (reason == null) {
                watchers.add(watcher);
            } else {
                watcher.ended(ended(""), isClosedByUs());
            }
        });
    }

    /**
     * Calls on the present connection and no other: without one it fails at once. It completes on the event loop, so
     * that an answer is never older than the connection; to be called there.
     *
     * @param undo removes what a result has left behind that came after the deadline; on the event loop
     */
    public <A, R> CompletableFuture<R> ask(Procedure<A, R> procedure, A arguments, @Nullable Consumer<R> undo) {
        LoopThread.check(loop);
        Call<A, R> call = new Call<>(this, Lane.INSIDE, procedure, arguments, options.callTimeout(), undo, null);
        if (open && takesCalls()) {
            calls.submit(call);
        } else {
            call.fail(notSent(procedure, takesCalls() ? "there is no connection" : whyEnded()));
        }
        return call;
    }

    /** Ends the present connection, which cannot serve any more, as one that was lost; on the event loop. */
    public void lose(String why) {
        LoopThread.check(loop);
        Connection connection = current;
        if (connection != null) {
            LOG.warn("{}: {}; ending the connection", host, why);
            connection.lost(why, null);
        }
    }

    /** Runs subscribers, which may be slow: apart from other callbacks, so that they delay no call. */
    public Executor subscriberExecutor() {
        return callbacks.forSubscribers();
    }

    /** Runs user code where it belongs. */
    public void callback(Runnable completion) {
        callbacks.run(completion);
    }

    /** Runs a task on the event loop; at once if the caller is there. */
    public void onLoop(Runnable task) {
        LoopThread.execute(loop, task);
    }

    // ---- what a dialer needs

    /** Takes a channel that has read nothing yet, and lets it read; fails if the session has ended meanwhile. */
    public CompletableFuture<Channel> attach(Channel channel) {
        CompletableFuture<Channel> attached = new CompletableFuture<>();
        LoopThread.execute(
                loop,
                () -> {
                    if (reason == null) {
                        take(channel);
                        attached.complete(channel);
                    } else {
                        attached.completeExceptionally(ended(""));
                    }
                },
                () -> attached.completeExceptionally(ended("")));
        return attached;
    }

    /**
     * Carries the calls that make a connection out of a channel, ahead of all others; they complete on the event loop.
     */
    public Caller greeting() {
        return greeting;
    }

    private final class Greeting implements Caller {
        @Override
        public <A, R> CompletableFuture<R> call(Procedure<A, R> procedure, A arguments, CallOptions callOptions) {
            Call<A, R> call =
                    new Call<>(Session.this, Lane.INSIDE, procedure, arguments, options.callTimeout(), null, null);
            LoopThread.execute(
                    loop,
                    () -> {
                        if (current == null) {
                            call.fail(notSent(procedure, "there is no connection"));
                        } else {
                            calls.submit(call);
                        }
                    },
                    () -> call.fail(notSent(procedure, whyEnded())));
            return call;
        }

        @Override
        public <A, R, S extends LibvirtStream> CompletableFuture<Opened<R, S>> open(
                StreamProcedure<A, R, S> procedure, A arguments, CallOptions callOptions) {
            return refused(procedure.call(), "no stream belongs to a greeting");
        }
    }

    // ---- calls, on the event loop

    private final class Table implements CallTable.Owner {
        @Override
        public void send(Call<?, ?> call, int serial) {
            Connection connection = current;
            if (connection == null) {
                throw new CallRefusedException("there is no channel");
            }
            connection.send(call, serial);
        }

        @Override
        public void idle() {
            sayFarewell();
        }

        @Override
        public void stuck(String why) {
            lose(why);
        }
    }

    private void submit(Call<?, ?> call) {
        if (takesCalls()) {
            calls.submit(call);
        } else {
            LibvirtException refused = notSent(call.procedure, whyEnded());
            meter.ended(call, refused);
            callback(() -> call.fail(refused));
        }
    }

    private boolean takesCalls() {
        return reason == null && !draining && (farewell == null || calls.isUndoing());
    }

    /** The caller of a call has gone. */
    void giveUp(Call<?, ?> call) {
        LoopThread.execute(loop, () -> calls.abandon(call), () -> {});
    }

    private void sayFarewell() {
        Procedure<Void, Void> procedure = farewell;
        if (procedure != null && !draining && reason == null) {
            draining = true;
            @SuppressWarnings("NullAway") // Void's only value is null.
            Call<Void, Void> call = new Call<>(this, Lane.INSIDE, procedure, null, options.callTimeout(), null, null);
            call.whenComplete((done, failure) -> close());
            calls.submit(call);
        }
    }

    // ---- connections, on the event loop

    private void dial(Consumer<@Nullable Throwable> then) {
        CompletableFuture<?> next;
        try {
            next = dialer.dial(this);
        } catch (RuntimeException e) {
            next = CompletableFuture.failedFuture(e);
        }
        attempt = next;
        next.whenComplete((done, failure) -> onLoop(() -> {
            attempt = null;
            if (failure != null) {
                then.accept(LibvirtException.unwrap(failure));
            } else {
                then.accept(current == null ? ended("") : null);
            }
        }));
    }

    private void take(Channel channel) {
        LoopThread.check(loop);
        if (channel.eventLoop() != loop) {
            throw new IllegalStateException(host + ": a channel of another event loop");
        }
        Connection connection = new Connection(host, options, channel, calls, meter, callbacks, listeners, this::onEnd);
        current = connection;
        epoch.incrementAndGet();
        calls.lineIs(CallTable.Line.GREETING);
        channel.pipeline().addLast(connection);
        channel.config().setAutoRead(true);
    }

    private void opened() {
        open = true;
        openSince = System.nanoTime();
        if (lastEnd != null) {
            LOG.info("{}: connected again", host);
            watchers.forEach(Watcher::resumed);
        }
        meter.opened();
        calls.lineIs(CallTable.Line.OPEN);
    }

    private void onEnd(Connection connection, CloseReason ending) {
        LoopThread.check(loop);
        if (connection != current) {
            return;
        }
        current = null;
        lastEnd = ending;
        LibvirtException cause = ending.cause();
        if (draining) {
            end(new CloseReason(CloseReason.Kind.CLOSED, null));
        } else if (!open) {
            // What it was to say fails, and by that the attempt.
            calls.connectionLost(this::ended);
        } else if (retry == null || farewell != null || cause == null || ending.kind() != CloseReason.Kind.LOST) {
            end(ending);
        } else {
            open = false;
            calls.connectionLost(this::ended);
            lost(retry, cause);
        }
    }

    private void lost(Retry again, LibvirtException cause) {
        LOG.info("{}; connecting again", cause.getMessage());
        again.lost(System.nanoTime(), openSince);
        meter.lost(cause);
        Instant when = Instant.now();
        watchers.forEach(watcher -> watcher.lost(when, cause));
        tryLater(again, cause, cause);
    }

    private void tryLater(Retry again, LibvirtException loss, Throwable failure) {
        // A login that the server has refused is not tried again: that would look like an attack, and lock users out.
        boolean refused = failure instanceof AuthenticationException authentication && authentication.isFinal();
        long nanos = refused ? -1 : again.next(System.nanoTime());
        if (nanos < 0) {
            String why = refused ? "" : "within " + again.giveUpAfter() + ", ";
            end(new CloseReason(
                    CloseReason.Kind.LOST,
                    new ConnectionLostException(
                            "%s; it could not be made again %sat last because: %s"
                                    .formatted(loss.getMessage(), why, failure.getMessage()),
                            failure)));
            return;
        }
        schedule(
                Duration.ofNanos(nanos),
                () -> dial(failed -> {
                    if (failed == null) {
                        opened();
                    } else if (reason == null) {
                        LOG.debug("{}: cannot connect again yet", host, failed);
                        tryLater(again, loss, failed);
                    }
                }));
    }

    // ---- the end, on the event loop

    private void end(CloseReason ending) {
        if (reason != null) {
            return;
        }
        reason = ending;
        LOG.debug("{}: session ended: {}", host, ending);
        open = false;
        Connection connection = current;
        current = null;
        if (connection != null) {
            connection.end(ending);
        }
        CompletableFuture<?> underWay = attempt;
        if (underWay != null) {
            underWay.cancel(true);
        }
        List.copyOf(timers).forEach(timer -> timer.cancel(false));
        calls.failAll(this::ended);
        watchers.forEach(this::tellEnd);
        watchers.clear();
        meter.closed(ending);
        callback(() -> closed.succeed(ending));
        release.run();
    }

    private void tellEnd(Watcher watcher) {
        try {
            watcher.ended(ended(""), isClosedByUs());
        } catch (RuntimeException e) {
            LOG.warn("{}: one that watches failed at the end of the connection", host, e);
        }
    }

    private boolean isClosedByUs() {
        CloseReason ending = reason;
        return ending != null && ending.kind() == CloseReason.Kind.CLOSED;
    }

    private LibvirtException ended(Call<?, ?> call) {
        return ended(call.procedure.name() + " on ");
    }

    private LibvirtException ended(String what) {
        CloseReason ending = reason == null ? lastEnd : reason;
        return Connection.ended(what, host, ending == null ? null : ending.cause());
    }

    private String whyEnded() {
        CloseReason ending = reason;
        return ending == null || ending.cause() == null
                ? "the connection is closed"
                : "the connection has ended: " + ending.cause().getMessage();
    }

    private CallRefusedException notSent(Procedure<?, ?> procedure, String why) {
        return new CallRefusedException("%s on %s was not sent: %s".formatted(procedure.name(), host, why));
    }

    private <T> CompletableFuture<T> refused(Procedure<?, ?> procedure, String why) {
        return CompletableFuture.failedFuture(notSent(procedure, why));
    }

    // ---- threads and time

    Callbacks callbacks() {
        return callbacks;
    }

    /** Runs a task later on the event loop; not at all if the session has ended before. */
    private void schedule(Duration time, Runnable task) {
        if (reason == null) {
            Future<?> timer = loop.schedule(task, bounded(time).toNanos(), TimeUnit.NANOSECONDS);
            timers.add(timer);
            timer.addListener(done -> timers.remove(timer));
        }
    }

    /** One of centuries stands for "never", and must not overflow. */
    private static Duration bounded(Duration time) {
        return time.compareTo(LONGEST) > 0 ? LONGEST : time;
    }
}
