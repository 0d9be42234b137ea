// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The event loops that connections without a group of their own share: begun with the first connection, gone with the
 * last, so that a JVM without connections has no thread of ours.
 */
public final class EventLoops {
    private static final int MOST_LOOPS = 4;

    private static final Object LOCK = new Object();
    private static @Nullable EventLoopGroup group;
    private static int users;

    private EventLoops() {}

    /** Takes part in the shared group; each call needs its {@link #release()}. */
    public static EventLoopGroup acquire() {
        synchronized (LOCK) {
            EventLoopGroup current = group;
            if (current == null) {
                int loops = Math.min(MOST_LOOPS, Runtime.getRuntime().availableProcessors());
                current = new MultiThreadIoEventLoopGroup(
                        loops,
                        new DefaultThreadFactory("virtwire-io", true),
                        Epoll.isAvailable()
                                ? EpollIoHandler.newFactory(0, YieldingStrategy::new)
                                : NioIoHandler.newFactory(SelectorProvider.provider(), YieldingStrategy::new));
                group = current;
            }
            users++;
            return current;
        }
    }

    /** Ends one use; with the last one the threads end. */
    public static void release() {
        synchronized (LOCK) {
            users--;
            EventLoopGroup current = group;
            if (users == 0 && current != null) {
                group = null;
                current.shutdownGracefully(0, 5, TimeUnit.SECONDS);
            }
        }
    }
}
