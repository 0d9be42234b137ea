// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal;

import dev.virtwire.client.CallRefusedException;
import dev.virtwire.client.CallTimeoutException;
import dev.virtwire.client.ConfigurationException;
import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import dev.virtwire.client.internal.auth.Authenticator;
import dev.virtwire.client.internal.call.Session;
import dev.virtwire.client.internal.transport.EventLoops;
import dev.virtwire.client.internal.transport.NettyVersion;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.transport.Transports;
import dev.virtwire.protocol.remote.ConnectCalls;
import dev.virtwire.protocol.remote.ConnectFlags;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.xdr.XdrException;
import dev.virtwire.xdr.XdrReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** From a URI to an open connection: channel, authentication, {@code OPEN}; in time, or not at all. */
public final class Connector implements Session.Dialer {
    private static final Logger LOG = LoggerFactory.getLogger(Connector.class);

    private final LibvirtUri uri;
    private final ConnectOptions options;

    /**
     * For the first attempt; later ones look at files and environment again: certificates are renewed, sockets move.
     */
    private final AtomicReference<@Nullable Transport> first;

    private Connector(LibvirtUri uri, ConnectOptions options) {
        this.uri = uri;
        this.options = options;
        this.first = new AtomicReference<>(Transports.of(uri, options));
    }

    /** Connects; giving up the result ends the attempt. */
    public static CompletableFuture<Session> connect(LibvirtUri uri, ConnectOptions options) {
        try {
            NettyVersion.check();
        } catch (ConfigurationException e) {
            return CompletableFuture.failedFuture(e);
        }
        Connector connector = new Connector(uri, options);
        EventLoopGroup own = options.eventLoopGroup();
        return own == null
                ? new Session(uri.where(), options, EventLoops.acquire().next(), connector, EventLoops::release)
                        .connect()
                : new Session(uri.where(), options, own.next(), connector, () -> {}).connect();
    }

    @Override
    public CompletableFuture<?> dial(Session session) {
        CompletableFuture<Transport> transport =
                TrackedFuture.of(CompletableFuture.supplyAsync(this::transport, SharedPool.executor()));
        CompletableFuture<Channel> open = new CompletableFuture<>();
        CompletableFuture<Void> attempt = transport
                .thenComposeAsync(way -> open(way, session, open), SharedPool.executor())
                .thenCompose(session::attach)
                .thenCombine(
                        transport,
                        (channel, way) ->
                                new Authenticator(uri, options, session.greeting(), channel, way.protection()))
                .thenCompose(Authenticator::authenticate)
                .thenCompose(in -> greet(session));
        attempt.orTimeout(options.connectTimeout().toNanos(), TimeUnit.NANOSECONDS);
        return attempt.whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOG.debug("Connecting to {} failed", uri, failure);
                        open.thenAccept(Channel::close);
                    }
                })
                .exceptionally(failure -> {
                    throw explain(LibvirtException.unwrap(failure));
                });
    }

    private Transport transport() {
        Transport given = first.getAndSet(null);
        return given == null ? Transports.of(uri, options) : given;
    }

    /** A channel, whose event loop lives at least as long. */
    private static CompletableFuture<Channel> open(Transport way, Session session, CompletableFuture<Channel> open) {
        boolean shared = session.options().eventLoopGroup() == null;
        Runnable release = shared ? EventLoops::release : () -> {};
        if (shared) {
            EventLoops.acquire();
        }
        CompletableFuture<Channel> opened;
        try {
            opened = way.open(session.loop());
        } catch (RuntimeException | Error e) {
            release.run();
            throw e;
        }
        opened.whenComplete((channel, failure) -> {
            if (channel == null) {
                release.run();
            } else {
                channel.closeFuture().addListener(closed -> release.run());
                open.complete(channel);
            }
        });
        return opened;
    }

    private CompletableFuture<Void> greet(Session session) {
        ConnectCalls calls = new ConnectCalls(session.greeting());
        Set<ConnectFlags> flags = options.readOnly() ? Set.of(ConnectFlags.READ_ONLY) : Set.of();
        if (options.keepAliveCount() > 0) {
            // Asking starts the server's own pings; nothing depends on the answer.
            calls.connectSupportsFeature(Feature.PROGRAM_KEEP_ALIVE);
        }
        return calls.connectOpen(uri.openName(), flags).thenRun(() -> watchDriver(session, calls));
    }

    /** Nothing waits for the answers, so connecting takes no longer. A server knows the feature once it is open. */
    private void watchDriver(Session session, ConnectCalls calls) {
        session.onLoop(() ->
                session.listen(ConnectProcedures.CONNECT_EVENT_CONNECTION_CLOSED, body -> driverEnded(session, body)));
        calls.connectSupportsFeature(Feature.REMOTE_CLOSE_CALLBACK)
                .thenCompose(answer -> answer.supported() == 0
                        ? CompletableFuture.<Void>completedFuture(null)
                        : calls.connectRegisterCloseCallback())
                .whenComplete((done, failure) -> {
                    if (failure != null) {
                        LOG.debug("{} will not tell of its driver's end", uri, failure);
                    }
                });
    }

    /**
     * Behind a proxy daemon is another one, with the hypervisor's driver. If that has ended, the proxy still answers
     * pings, but every call fails and no event comes.
     */
    private static void driverEnded(Session session, ByteBuf body) {
        int reason;
        try {
            reason = ConnectProcedures.CONNECT_EVENT_CONNECTION_CLOSED
                    .body()
                    .decode(new XdrReader(body))
                    .reason();
        } catch (XdrException e) {
            LOG.warn("{}: an event is lost, since it cannot be read: {}", session.host(), e.getMessage());
            return;
        }
        if (reason != dev.virtwire.protocol.remote.CloseReason.CLIENT.value()) {
            session.lose("the server's own connection to the hypervisor's driver has ended");
        }
    }

    /** Says which URI the attempt was for. */
    private RuntimeException explain(Throwable cause) {
        if (cause instanceof TimeoutException || cause instanceof CallTimeoutException) {
            return new ConnectFailedException(
                    "cannot connect to %s: not done within %s".formatted(uri, options.connectTimeout()), cause);
        }
        if (cause instanceof ConnectionLostException || cause instanceof CallRefusedException) {
            return new ConnectFailedException("cannot connect to %s: %s".formatted(uri, cause.getMessage()), cause);
        }
        return cause instanceof RuntimeException known
                ? known
                : new ConnectFailedException("cannot connect to %s: %s".formatted(uri, cause), cause);
    }
}
