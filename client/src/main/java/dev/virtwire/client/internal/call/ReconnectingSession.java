// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.AuthenticationException;
import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.CloseReason;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.Procedure;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection after the other, on one event loop. A call that was sent fails with its connection, because it may have
 * been carried out; one that was not waits for the next. When a connection cannot be made again in time, or this side
 * closes, all ends.
 */
public final class ReconnectingSession implements Session {
    private static final Logger LOG = LoggerFactory.getLogger(ReconnectingSession.class);

    /** Makes an open connection out of a new one. */
    @FunctionalInterface
    public interface Dialer {
        /** Tries once; cancelling ends the attempt. */
        CompletableFuture<Connection> dial(Connection fresh, EventLoop loop);
    }

    /** A kind of event message that somebody listens to: each new connection has to hear it. */
    private record Listening<T>(EventMessage<T> message, Consumer<T> listener) {
        void on(Connection connection) {
            connection.listen(message, listener);
        }
    }

    private final String host;
    private final ConnectOptions options;
    private final ReconnectPolicy policy;
    private final EventLoop loop;
    private final Dialer dialer;
    private final Runnable release;
    private final Callbacks callbacks;
    private final TrackedFuture<CloseReason> closed;

    // On the event loop.
    private final WaitingCalls waiting;
    private final List<Listening<?>> listening = new ArrayList<>();
    private final List<Interruptions> interruptions = new ArrayList<>();
    private final CloseListeners closeListeners = new CloseListeners();
    private @Nullable Connection current;
    private @Nullable CompletableFuture<Connection> attempt;
    private @Nullable LibvirtException lossCause;
    private @Nullable CloseReason reason;
    private boolean closing;
    private long giveUpAt;
    private Duration delay = Duration.ZERO;

    private volatile @Nullable Supplier<SSLEngine> tlsEngines;
    private volatile @Nullable Channel channel;

    /**
     * A session that has no connection yet.
     *
     * @param release told, once, that the event loop is no longer needed
     */
    public ReconnectingSession(
            String host,
            ConnectOptions options,
            ReconnectPolicy policy,
            EventLoop loop,
            Dialer dialer,
            Runnable release) {
        this.host = host;
        this.options = options;
        this.policy = policy;
        this.loop = loop;
        this.dialer = dialer;
        this.release = release;
        this.callbacks = new Callbacks(host, options);
        callbacks.runOn(loop);
        this.closed = callbacks.newFuture();
        this.waiting = new WaitingCalls(loop, options.maxQueued(), this::expired);
    }

    /** Makes the first connection, in one attempt; cancelling the result ends it. */
    public CompletableFuture<Session> begin() {
        TrackedFuture<Session> begun = callbacks.newFuture();
        CompletableFuture<Connection> first = dialer.dial(new Connection(host, options, callbacks), loop);
        first.whenComplete((connection, failure) -> onLoop(() -> {
            if (connection != null) {
                attach(connection);
            } else {
                reason = new CloseReason(CloseReason.Kind.CLOSED, null);
                release.run();
            }
            callbacks.run(() -> {
                if (failure != null) {
                    begun.completeExceptionally(LibvirtException.unwrap(failure));
                } else if (!begun.complete(this)) {
                    close();
                }
            });
        }));
        begun.whenComplete((session, failure) -> {
            if (begun.isCancelled()) {
                first.cancel(true);
            }
        });
        return begun;
    }

    // ---- what a session is

    @Override
    public String host() {
        return host;
    }

    @Override
    public ConnectOptions options() {
        return options;
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
    public void callback(Runnable completion) {
        callbacks.run(completion);
    }

    @Override
    public Executor subscriberExecutor() {
        return callbacks.forSubscribers();
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
        execute(() -> submit(call), () -> call.future.completeExceptionally(notSent(call, "the connection is closed")));
        return call.future;
    }

    @Override
    public <T> void listen(EventMessage<T> message, Consumer<T> listener) {
        onLoop(() -> {
            Listening<T> one = new Listening<>(message, listener);
            listening.add(one);
            if (current != null) {
                one.on(current);
            }
        });
    }

    @Override
    public void onInterruption(Interruptions listener) {
        onLoop(() -> interruptions.add(listener));
    }

    @Override
    public void onClose(Consumer<LibvirtException> listener) {
        onLoop(() -> {
            if (reason == null) {
                closeListeners.add(listener);
            } else {
                listener.accept(ended(""));
            }
        });
    }

    @Override
    public void onLoop(Runnable task) {
        execute(task, task);
    }

    @Override
    public void later(Duration time, Runnable task) {
        execute(
                () -> loop.schedule(
                        () -> {
                            if (reason == null) {
                                callbacks.run(task);
                            }
                        },
                        LoopTasks.nanos(time),
                        TimeUnit.NANOSECONDS),
                () -> {});
    }

    @Override
    public @Nullable Supplier<SSLEngine> tlsEngines() {
        return tlsEngines;
    }

    @Override
    public @Nullable Channel channel() {
        return channel;
    }

    @Override
    public void close() {
        onLoop(() -> {
            closing = true;
            if (current != null) {
                current.close();
            } else {
                end(new CloseReason(CloseReason.Kind.CLOSED, null));
            }
        });
    }

    /** Without a connection there is nobody to take leave of, and what waits fails. */
    @Override
    public void closeAfter(Procedure<Void, Void> procedure) {
        onLoop(() -> {
            closing = true;
            if (current != null) {
                current.closeAfter(procedure);
            } else {
                end(new CloseReason(CloseReason.Kind.CLOSED, null));
            }
        });
    }

    // ---- calls, on the event loop

    private void submit(Call<?, ?> call) {
        if (reason != null) {
            fail(call, notSent(call, "the connection is closed"));
        } else if (current != null) {
            current.submit(call);
        } else if (waiting.isFull()) {
            fail(call, notSent(call, waiting.size() + " calls wait for the connection to be made again already"));
        } else if (!call.future.isDone()) {
            waiting.add(call);
        }
    }

    private void abandon(Call<?, ?> call) {
        onLoop(() -> {
            waiting.remove(call);
            if (current != null) {
                current.abandon(call);
            }
        });
    }

    private void expired(Call<?, ?> call) {
        fail(
                call,
                new CallTimeoutException(
                        "%s on %s: no result within its deadline of %s; it was never sent, since the connection was lost and is being made again"
                                .formatted(call.procedure.name(), host, call.deadline)));
    }

    private CallRefusedException notSent(Call<?, ?> call, String why) {
        return new CallRefusedException("%s on %s was not sent: %s".formatted(call.procedure.name(), host, why));
    }

    private void fail(Call<?, ?> call, LibvirtException failure) {
        callbacks.run(() -> call.future.completeExceptionally(failure));
    }

    // ---- connections, on the event loop

    private void attach(Connection connection) {
        if (reason != null) {
            connection.close();
            return;
        }
        current = connection;
        tlsEngines = connection.tlsEngines();
        channel = connection.channel();
        listening.forEach(one -> one.on(connection));
        connection.bequeath(this::inherit);
    }

    private void inherit(CloseReason ending, List<Call<?, ?>> unsent) {
        current = null;
        channel = null;
        LibvirtException cause = ending.cause();
        if (closing || cause == null || ending.kind() != CloseReason.Kind.LOST) {
            unsent.forEach(waiting::add);
            end(ending);
            return;
        }
        LOG.info("{}; connecting again", cause.getMessage());
        lossCause = cause;
        giveUpAt = System.nanoTime() + LoopTasks.nanos(policy.giveUpAfter());
        delay = policy.firstDelay();
        unsent.forEach(waiting::add);
        Instant now = Instant.now();
        interruptions.forEach(listener -> listener.lost(now, cause));
        tryLater();
    }

    private void tryLater() {
        long nanos = Math.min(LoopTasks.nanos(delay), Math.max(0, giveUpAt - System.nanoTime()));
        long share = nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1);
        loop.schedule(this::tryAgain, share, TimeUnit.NANOSECONDS);
        Duration twice = delay.multipliedBy(2);
        delay = twice.compareTo(policy.longestDelay()) > 0 ? policy.longestDelay() : twice;
    }

    private void tryAgain() {
        if (reason != null) {
            return;
        }
        CompletableFuture<Connection> next;
        try {
            next = dialer.dial(new Connection(host, options, callbacks), loop);
        } catch (RuntimeException e) {
            next = CompletableFuture.failedFuture(e);
        }
        attempt = next;
        next.whenComplete((connection, failure) -> onLoop(() -> {
            attempt = null;
            if (connection != null) {
                resume(connection);
            } else if (reason == null) {
                failed(LibvirtException.unwrap(failure));
            }
        }));
    }

    private void resume(Connection connection) {
        attach(connection);
        if (current == null) {
            return;
        }
        LOG.info("{}: connected again", host);
        interruptions.forEach(Interruptions::resumed);
        waiting.takeAll().forEach(this::submit);
    }

    private void failed(Throwable failure) {
        LOG.debug("{}: cannot connect again yet", host, failure);
        // A login that the server has refused is not tried again: that would look like an attack, and lock users out.
        boolean refused = failure instanceof AuthenticationException && failure.getCause() instanceof RemoteException;
        if (!refused && giveUpAt - System.nanoTime() > 0) {
            tryLater();
            return;
        }
        LibvirtException before = lossCause;
        String lost = before == null ? host + ": the connection was lost" : String.valueOf(before.getMessage());
        String why = refused ? "" : "within " + policy.giveUpAfter() + ", ";
        end(new CloseReason(
                CloseReason.Kind.LOST,
                new ConnectionLostException(
                        "%s; it could not be made again %sat last because: %s"
                                .formatted(lost, why, failure.getMessage()),
                        failure)));
    }

    // ---- the end

    private void end(CloseReason ending) {
        if (reason != null) {
            return;
        }
        reason = ending;
        LOG.debug("{}: session ended: {}", host, ending);
        CompletableFuture<Connection> underWay = attempt;
        if (underWay != null) {
            underWay.cancel(true);
        }
        waiting.takeAll().forEach(call -> fail(call, ended(call.procedure.name() + " on ")));
        closeListeners.tellAll(host, () -> ended(""));
        callbacks.run(() -> closed.complete(ending));
        release.run();
    }

    private LibvirtException ended(String what) {
        CloseReason ending = reason;
        return Connection.ended(what, host, ending == null ? null : ending.cause());
    }

    private void execute(Runnable task, Runnable whenLoopIsGone) {
        LoopTasks.execute(loop, task, whenLoopIsGone);
    }
}
