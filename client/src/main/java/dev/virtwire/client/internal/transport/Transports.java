// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.ConnectFailedException;
import dev.virtwire.client.InvalidUriException;
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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Opens the channel of a URI. Epoll where its native part is there, plain NIO otherwise. */
public final class Transports {
    private static final int TCP_PORT = 16509;

    /** A bootstrap insists on a handler. */
    private static final ChannelHandler NO_HANDLER = new ChannelInitializer<>() {
        @Override
        protected void initChannel(Channel channel) {}
    };

    private Transports() {}

    /**
     * Opens the channel that a URI asks for.
     *
     * @return the channel, which does not read yet: its user puts handlers into its pipeline and turns reading on; cancelling it ends the attempt. Fails with {@link ConnectFailedException}
     */
    public static CompletableFuture<Channel> open(
            LibvirtUri uri, boolean readOnly, Duration timeout, EventLoopGroup group) {
        return switch (uri.transport()) {
            case TCP -> openTcp(uri, timeout, group);
            case UNIX -> openUnix(uri, readOnly, timeout, group);
            case TLS, SSH, LIBSSH, LIBSSH2, EXT -> throw notOffered(uri);
        };
    }

    /**
     * What {@link #open} would connect to, in words: a host and its port, or a socket's path.
     *
     * @throws InvalidUriException where the transport is not offered
     */
    public static String target(LibvirtUri uri, boolean readOnly) {
        return switch (uri.transport()) {
            case TCP -> "host " + tcpHost(uri) + " port " + tcpPort(uri);
            case UNIX -> "socket " + SocketLocator.ofThisProcess().locate(uri, readOnly);
            case TLS, SSH, LIBSSH, LIBSSH2, EXT -> throw notOffered(uri);
        };
    }

    private static InvalidUriException notOffered(LibvirtUri uri) {
        return new InvalidUriException(
                "URI '%s': transport '%s' is not offered by this version, which connects over unix and tcp"
                        .formatted(uri, uri.transport().name().toLowerCase(Locale.ROOT)));
    }

    private static String tcpHost(LibvirtUri uri) {
        return uri.host() == null ? "localhost" : uri.host();
    }

    private static int tcpPort(LibvirtUri uri) {
        return uri.port() < 0 ? TCP_PORT : uri.port();
    }

    private static CompletableFuture<Channel> openTcp(LibvirtUri uri, Duration timeout, EventLoopGroup group) {
        String host = tcpHost(uri);
        int port = tcpPort(uri);
        Bootstrap bootstrap = bootstrap(group, timeout)
                .channelFactory(usesEpoll(group) ? EpollSocketChannel::new : NioSocketChannel::new)
                .option(ChannelOption.TCP_NODELAY, true);
        // The JDK's look-up blocks, so it has no place on an event loop or on the caller's thread.
        return TrackedFuture.of(CompletableFuture.supplyAsync(() -> resolve(uri, host), SharedPool.executor()))
                .thenCompose(addresses -> connectToFirst(bootstrap, addresses, timeout, port, uri, host));
    }

    private static List<InetAddress> resolve(LibvirtUri uri, String host) {
        try {
            return List.of(InetAddress.getAllByName(host));
        } catch (UnknownHostException e) {
            throw failed(uri, "host '" + host + "' is unknown", e);
        }
    }

    /** A name often has an IPv6 and an IPv4 address, and the server listens on one of them only. */
    private static CompletableFuture<Channel> connectToFirst(
            Bootstrap bootstrap, List<InetAddress> addresses, Duration timeout, int port, LibvirtUri uri, String host) {
        SocketAddress address = new InetSocketAddress(addresses.get(0), port);
        // One address that swallows everything must leave the others their share of the time.
        int share = (int) Math.min(Integer.MAX_VALUE, timeout.toMillis() / addresses.size());
        Bootstrap one = bootstrap.clone().option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.max(1, share));
        CompletableFuture<Channel> attempt =
                connect(one, address, uri, host + " port " + port, "is libvirtd listening there?");
        List<InetAddress> others = addresses.subList(1, addresses.size());
        return others.isEmpty()
                ? attempt
                : attempt.exceptionallyCompose(failure -> connectToFirst(bootstrap, others, timeout, port, uri, host));
    }

    private static CompletableFuture<Channel> openUnix(
            LibvirtUri uri, boolean readOnly, Duration timeout, EventLoopGroup group) {
        Path socket = SocketLocator.ofThisProcess().locate(uri, readOnly);
        if (!Files.exists(socket)) {
            String hint = uri.parameter("socket").isPresent() ? "" : "; is libvirtd running?";
            return CompletableFuture.failedFuture(failed(uri, "there is no socket " + socket + hint, null));
        }
        boolean epoll = usesEpoll(group);
        ChannelFactory<Channel> factory = epoll ? EpollDomainSocketChannel::new : NioDomainSocketChannel::new;
        SocketAddress address = epoll ? new DomainSocketAddress(socket.toFile()) : UnixDomainSocketAddress.of(socket);
        Bootstrap bootstrap = bootstrap(group, timeout).channelFactory(factory);
        return connect(bootstrap, address, uri, "socket " + socket, "is libvirtd running, and may this user use it?");
    }

    private static Bootstrap bootstrap(EventLoopGroup group, Duration timeout) {
        return new Bootstrap()
                .group(group)
                .handler(NO_HANDLER)
                .option(ChannelOption.AUTO_READ, false)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) Math.min(Integer.MAX_VALUE, timeout.toMillis()));
    }

    private static CompletableFuture<Channel> connect(
            Bootstrap bootstrap, SocketAddress address, LibvirtUri uri, String target, String hint) {
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

    private static boolean usesEpoll(EventLoopGroup group) {
        return group instanceof IoEventLoopGroup io && io.isIoType(EpollIoHandler.class);
    }

    private static ConnectFailedException failed(LibvirtUri uri, String why, @Nullable Throwable cause) {
        return new ConnectFailedException("cannot connect to " + uri + ": " + why, cause);
    }
}
