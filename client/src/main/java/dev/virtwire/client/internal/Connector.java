// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.auth.Authenticator;
import dev.virtwire.client.internal.call.Connection;
import dev.virtwire.client.internal.call.ReconnectingSession;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.client.internal.transport.EventLoops;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.transport.Transports;
import dev.virtwire.protocol.remote.ConnectCalls;
import dev.virtwire.protocol.remote.ConnectFlags;
import dev.virtwire.protocol.remote.Feature;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a URI to an open connection: channel, authentication, {@code OPEN}; in time, or not at all. */
public final class Connector {
    private static final Logger LOG = LoggerFactory.getLogger(Connector.class);

    private Connector() {}

    /** Connects; cancelling the result ends the attempt. */
    public static CompletableFuture<Session> connect(LibvirtUri uri, ConnectOptions options) {
        Transport transport = Transports.of(uri, options);
        EventLoopGroup own = options.eventLoopGroup();
        EventLoopGroup group = own == null ? EventLoops.acquire() : own;
        Runnable release = own == null ? EventLoops::release : () -> {};
        ReconnectPolicy policy = options.reconnect();
        if (policy == null) {
            Connection connection = new Connection(uri.where(), options);
            return delivered(open(uri, options, transport, connection, group, release), connection);
        }
        // Files and environment are looked at anew for each attempt: certificates are renewed, sockets move.
        return new ReconnectingSession(
                        uri.where(),
                        options,
                        policy,
                        group.next(),
                        (fresh, loop) -> open(uri, options, Transports.of(uri, options), fresh, loop, () -> {}),
                        release)
                .begin();
    }

    /** One attempt. */
    private static CompletableFuture<Connection> open(
            LibvirtUri uri,
            ConnectOptions options,
            Transport transport,
            Connection connection,
            EventLoopGroup group,
            Runnable release) {
        CompletableFuture<Channel> opened;
        try {
            opened = transport.open(group);
        } catch (RuntimeException e) {
            release.run();
            throw e;
        }
        opened.whenComplete((channel, failure) -> {
            if (channel == null) {
                release.run();
            } else {
                channel.closeFuture().addListener(closed -> release.run());
            }
        });
        CompletableFuture<Connection> result = TrackedFuture.of(opened)
                .thenCompose(channel -> attach(channel, connection))
                .thenCompose(channel ->
                        new Authenticator(uri, options, connection, channel, transport.isProtected()).authenticate())
                .thenCompose(in -> greet(uri, options, connection))
                .thenApply(done -> connection);
        result.orTimeout(options.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
        return translated(uri, options, result, opened);
    }

    /** Puts the connection on its channel, which has read nothing before. */
    private static CompletableFuture<Channel> attach(Channel channel, Connection connection) {
        CompletableFuture<Channel> attached = new CompletableFuture<>();
        channel.eventLoop().execute(() -> {
            channel.pipeline().addLast(connection);
            channel.config().setAutoRead(true);
            attached.complete(channel);
        });
        return attached;
    }

    private static CompletableFuture<Void> greet(LibvirtUri uri, ConnectOptions options, Connection connection) {
        ConnectCalls calls = new ConnectCalls(connection);
        Set<ConnectFlags> flags = options.readOnly() ? Set.of(ConnectFlags.READ_ONLY) : Set.of();
        if (options.keepAliveCount() > 0) {
            // Asking starts the server's own pings; nothing depends on the answer.
            calls.connectSupportsFeature(Feature.PROGRAM_KEEP_ALIVE.value());
        }
        return calls.connectOpen(uri.openName(), flags);
    }

    /** A failed attempt leaves no channel behind, and its error says which URI it was for. */
    private static CompletableFuture<Connection> translated(
            LibvirtUri uri,
            ConnectOptions options,
            CompletableFuture<Connection> attempt,
            CompletableFuture<Channel> opened) {
        CompletableFuture<Connection> result = new CompletableFuture<>();
        attempt.whenComplete((done, failure) -> {
            if (failure != null) {
                LOG.debug("Connecting to {} failed", uri, failure);
                attempt.cancel(true); // it may have run out of time while something was still on its way or being asked
                opened.cancel(true);
                opened.thenAccept(Channel::close);
                result.completeExceptionally(explain(uri, options, LibvirtException.unwrap(failure)));
            } else if (!result.complete(done)) {
                done.close();
            }
        });
        result.whenComplete((done, failure) -> {
            if (result.isCancelled()) {
                attempt.cancel(true);
            }
        });
        return result;
    }

    /** User code hangs on what the user gets, and an attempt ends on an event loop or a timer. */
    private static CompletableFuture<Session> delivered(CompletableFuture<Connection> attempt, Connection connection) {
        TrackedFuture<Session> result = connection.newFuture();
        attempt.whenComplete((done, failure) -> connection.callbacks().run(() -> {
            if (failure != null) {
                result.completeExceptionally(LibvirtException.unwrap(failure));
            } else if (!result.complete(done)) {
                done.close();
            }
        }));
        result.whenComplete((done, failure) -> {
            if (result.isCancelled()) {
                attempt.cancel(true);
            }
        });
        return result;
    }

    private static Throwable explain(LibvirtUri uri, ConnectOptions options, @Nullable Throwable cause) {
        if (cause instanceof TimeoutException || cause instanceof CallTimeoutException) {
            return new ConnectFailedException(
                    "cannot connect to %s: not done within %s".formatted(uri, options.connectTimeout()), cause);
        }
        if (cause instanceof ConnectionLostException || cause instanceof CallRefusedException) {
            return new ConnectFailedException("cannot connect to %s: %s".formatted(uri, cause.getMessage()), cause);
        }
        return cause == null ? new ConnectFailedException("cannot connect to " + uri) : cause;
    }
}
