// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.client.internal.auth.Protection;
import dev.virtwire.client.internal.config.LibvirtConf;
import dev.virtwire.client.internal.config.Surroundings;
import dev.virtwire.client.internal.transport.ChannelConnector;
import dev.virtwire.client.internal.transport.Transport;
import dev.virtwire.client.internal.transport.TransportProvider;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Takes URIs by ssh, connects by TCP, and remembers on which threads it was asked for a transport. */
public final class RecordingProvider implements TransportProvider {
    private static final List<String> THREADS = new CopyOnWriteArrayList<>();

    /** Connects, has the server hang up on the question for its version, and waits for the next connection. */
    public static List<String> connectTwice(String uri) {
        ConnectOptions options =
                ConnectOptions.builder().reconnect(ReconnectPolicy.usual()).build();
        try (Libvirt libvirt = Libvirt.connect(uri, options).join()) {
            libvirt.libvirtVersion().handle((version, failure) -> failure).join();
            libvirt.hostname().join();
        }
        return List.copyOf(THREADS);
    }

    @Override
    public Transport of(LibvirtUri uri, ConnectOptions options, Surroundings surroundings, LibvirtConf conf) {
        THREADS.add(Thread.currentThread().getName());
        return new Transport() {
            @Override
            public CompletableFuture<Channel> open(EventLoopGroup group) {
                return new ChannelConnector(uri, group, options.connectTimeout()).tcp("127.0.0.1", uri.port(), "");
            }

            @Override
            public String target() {
                return "";
            }

            @Override
            public List<String> reasons() {
                return List.of();
            }

            @Override
            public Protection protection() {
                return Protection.VERIFIED;
            }
        };
    }
}
