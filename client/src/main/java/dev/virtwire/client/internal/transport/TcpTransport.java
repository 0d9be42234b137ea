// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.auth.Protection;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Plain TCP: neither encrypted nor protected against changes on the way. */
final class TcpTransport implements Transport {
    private static final int PORT = 16509;

    private final LibvirtUri uri;
    private final String host;
    private final Duration timeout;

    /** For {@code uri}, which must not have parameters of other transports. */
    TcpTransport(LibvirtUri uri, Duration timeout) {
        this.uri = uri;
        this.host = new UriParameters(uri, Set.of()).host();
        this.timeout = timeout;
    }

    @Override
    public CompletableFuture<Channel> open(EventLoopGroup group) {
        return new ChannelConnector(uri, group, timeout).tcp(host, port());
    }

    @Override
    public String target() {
        return "host " + host + " port " + port();
    }

    @Override
    public List<String> reasons() {
        return uri.port() < 0 ? List.of("port " + PORT + " is libvirt's for TCP") : List.of();
    }

    @Override
    public Protection protection() {
        return Protection.NONE;
    }

    private int port() {
        return uri.port() < 0 ? PORT : uri.port();
    }
}
