// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.internal.auth.Protection;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A UNIX socket of this machine, which the kernel protects. */
final class UnixTransport implements Transport {
    private final LibvirtUri uri;
    private final SocketLocator.Located located;
    private final Duration timeout;

    /** For {@code uri}, whose socket is looked for now. */
    UnixTransport(LibvirtUri uri, SocketLocator locator, boolean readOnly, Duration timeout) {
        this.uri = uri;
        this.located = locator.locate(uri, new UriParameters(uri, Set.of("socket", "mode")), readOnly);
        this.timeout = timeout;
    }

    @Override
    public CompletableFuture<Channel> open(EventLoopGroup group) {
        Path socket = located.socket();
        if (!Files.exists(socket)) {
            String hint = uri.parameter("socket").isPresent() ? "" : "; is libvirtd running?";
            return CompletableFuture.failedFuture(
                    ChannelConnector.failed(uri, "there is no socket " + socket + hint, null));
        }
        return new ChannelConnector(uri, group, timeout).unix(socket);
    }

    @Override
    public String target() {
        return "socket " + located.socket();
    }

    @Override
    public List<String> reasons() {
        return located.reasons();
    }

    @Override
    public Protection protection() {
        return Protection.VERIFIED;
    }
}
