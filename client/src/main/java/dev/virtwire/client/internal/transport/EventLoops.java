// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.transport;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The event loops that connections without a group of their own share: begun with the first connection, gone with the
 * last, so that a JVM without connections has no thread of ours.
 */
public final class EventLoops {
    private static final int MOST_LOOPS = 4;

    /** Those that Netty has a native part for, by its names. */
    private static final List<String> NATIVE_ARCHITECTURES = List.of("x86_64", "aarch_64", "riscv64");

    private static final Object LOCK = new Object();
    private static @Nullable EventLoopGroup group;
    private static int users;
    private static @Nullable Boolean usesEpoll;

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
                        usesEpoll()
                                ? EpollIoHandler.newFactory(0, YieldingStrategy::new)
                                : NioIoHandler.newFactory(SelectorProvider.provider(), YieldingStrategy::new));
                group = current;
            }
            users++;
            return current;
        }
    }

    /**
     * Without the native part it is not even asked for: the attempt to load it makes Java 24 and newer warn. It is
     * looked for once, in all jars of the class path, unless nobody wants it.
     */
    private static boolean usesEpoll() {
        Boolean known = usesEpoll;
        if (known == null) {
            known = !Boolean.getBoolean("io.netty.transport.noNative") && hasEpoll();
            usesEpoll = known;
        }
        return known;
    }

    private static boolean hasEpoll() {
        ClassLoader loader = Epoll.class.getClassLoader();
        return NATIVE_ARCHITECTURES.stream()
                        .map("META-INF/native/libnetty_transport_native_epoll_%s.so"::formatted)
                        .anyMatch(name -> loader.getResource(name) != null)
                && Epoll.isAvailable();
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
