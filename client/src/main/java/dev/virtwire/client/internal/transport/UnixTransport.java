// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import dev.virtwire.client.LibvirtUri;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** A UNIX socket of this machine, which the kernel protects. */
final class UnixTransport implements Transport {
    private final LibvirtUri uri;
    private final Path socket;
    private final Duration timeout;

    UnixTransport(LibvirtUri uri, Path socket, Duration timeout) {
        this.uri = uri;
        this.socket = socket;
        this.timeout = timeout;
    }

    @Override
    public CompletableFuture<Channel> open(EventLoopGroup group) {
        if (!Files.exists(socket)) {
            String hint = uri.parameter("socket").isPresent() ? "" : "; is libvirtd running?";
            return CompletableFuture.failedFuture(
                    ChannelConnector.failed(uri, "there is no socket " + socket + hint, null));
        }
        return new ChannelConnector(uri, group, timeout).unix(socket);
    }

    @Override
    public String target() {
        return "socket " + socket;
    }

    @Override
    public boolean isProtected() {
        return true;
    }
}
