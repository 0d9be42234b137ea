// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Connects sockets for a URI. Epoll if its native part is there, plain NIO otherwise. */
public final class ChannelConnector {
    /** A bootstrap insists on a handler. */
    private static final ChannelHandler NO_HANDLER = new ChannelInitializer<>() {
        @Override
        protected void initChannel(Channel channel) {}
    };

    private final LibvirtUri uri;
    private final EventLoopGroup group;
    private final Duration timeout;

    /**
     * Connects for {@code uri}.
     *
     * @param timeout the longest that it may take to connect
     */
    public ChannelConnector(LibvirtUri uri, EventLoopGroup group, Duration timeout) {
        this.uri = uri;
        this.group = group;
        this.timeout = timeout;
    }

    /** A channel to a TCP port of libvirtd's. It does not read yet; cancelling ends the attempt. */
    CompletableFuture<Channel> tcp(String host, int port) {
        return tcp(host, port, "is libvirtd listening there?");
    }

    /**
     * A channel to a TCP port. It does not read yet; cancelling ends the attempt.
     *
     * @param hint what to look at if nobody answers
     */
    public CompletableFuture<Channel> tcp(String host, int port, String hint) {
        Bootstrap bootstrap = bootstrap()
                .channelFactory(usesEpoll() ? EpollSocketChannel::new : NioSocketChannel::new)
                .option(ChannelOption.TCP_NODELAY, true);
        // The JDK's look-up blocks, so it has no place on an event loop or on the caller's thread.
        return TrackedFuture.of(CompletableFuture.supplyAsync(() -> resolve(host), SharedPool.executor()))
                .thenCompose(addresses -> connectToFirst(bootstrap, addresses, port, host, hint));
    }

    /** A channel to a UNIX socket. It does not read yet; cancelling ends the attempt. */
    CompletableFuture<Channel> unix(Path socket) {
        boolean epoll = usesEpoll();
        ChannelFactory<Channel> factory = epoll ? EpollDomainSocketChannel::new : NioDomainSocketChannel::new;
        SocketAddress address = epoll ? new DomainSocketAddress(socket.toFile()) : UnixDomainSocketAddress.of(socket);
        return connect(
                bootstrap().channelFactory(factory),
                address,
                "socket " + socket,
                "is libvirtd running, and may this user use it?");
    }

    /** That the URI's server cannot be reached. */
    static ConnectFailedException failed(LibvirtUri uri, String why, @Nullable Throwable cause) {
        return new ConnectFailedException("cannot connect to " + uri + ": " + why, cause);
    }

    private List<InetAddress> resolve(String host) {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException e) {
            throw failed(uri, "host '" + host + "' is unknown", e);
        }
    }

    /** A name often has an IPv6 and an IPv4 address, and the server listens on one of them only. */
    private CompletableFuture<Channel> connectToFirst(
            Bootstrap bootstrap, List<InetAddress> addresses, int port, String host, String hint) {
        SocketAddress address = new InetSocketAddress(addresses.get(0), port);
        // One address that swallows everything must leave the others their share of the time.
        int share = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis() / addresses.size());
        Bootstrap one = bootstrap.clone().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.max(1, share));
        CompletableFuture<Channel> attempt = connect(one, address, host + " port " + port, hint);
        List<InetAddress> others = addresses.subList(1, addresses.size());
        return others.isEmpty()
                ? attempt
                : attempt.exceptionallyCompose(failure -> connectToFirst(bootstrap, others, port, host, hint));
    }

    private Bootstrap bootstrap() {
        return new Bootstrap()
                .group(group)
                .handler(NO_HANDLER)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
    }

    private CompletableFuture<Channel> connect(Bootstrap bootstrap, SocketAddress address, String target, String hint) {
        ChannelFuture attempt = bootstrap.connect(address);
        CompletableFuture<Channel> opened = new TrackedFuture<>();
        attempt.addListener(done -> {
            if (done.isSuccess()) {
                if (!opened.complete(attempt.channel())) {
                    attempt.channel().close();
                }
            } else {
                opened.completeExceptionally(failed(uri, reason(done.cause(), target) + "; " + hint, done.cause()));
            }
        });
        opened.whenComplete((channel, failure) -> {
            if (opened.isCancelled()) {
                attempt.channel().close();
            }
        });
        return opened;
    }

    private static String reason(Throwable cause, String target) {
        String text = String.valueOf(cause.getMessage());
        if (text.contains("refused")) {
            return target + " refused the connection";
        }
        if (text.contains("timed out")) {
            return target + " did not answer in time";
        }
        return target + " cannot be reached: " + text;
    }

    private boolean usesEpoll() {
        return group instanceof IoEventLoopGroup io && io.isIoType(EpollIoHandler.class);
    }
}
