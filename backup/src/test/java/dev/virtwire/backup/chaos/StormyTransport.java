// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import dev.virtwire.backup.ChannelOver;
import dev.virtwire.nbd.NbdAddress;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.nbd.NbdTransport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A guest's data connections, which count what comes through them. When so much has come, they stand still until
 * somebody lets them continue, and then there is the weather.
 */
final class StormyTransport implements NbdTransport {
    /** What a read of a connection meets that has carried so many bytes. */
    @FunctionalInterface
    private interface Weather {
        void meet(long carried) throws IOException;
    }

    private final NbdTransport real = NbdOptions.DEFAULT.transport();
    private final long pause;
    private final AtomicLong bytes = new AtomicLong();
    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger cuts = new AtomicInteger();
    private final CompletableFuture<Void> reached = new CompletableFuture<>();
    private final CompletableFuture<Void> released = new CompletableFuture<>();
    /** Completes when somebody has connected again, during the pause. */
    private final CompletableFuture<Void> again = new CompletableFuture<>();

    private CompletableFuture<Void> longEnough = CompletableFuture.completedFuture(null);
    private Weather weather = carried -> {};

    private StormyTransport(long pause) {
        this.pause = pause;
    }

    /** Carries all that it is to carry. */
    static StormyTransport calm() {
        StormyTransport transport = new StormyTransport(0);
        transport.release();
        return transport;
    }

    /** Stands still after so many bytes, until it is released. */
    static StormyTransport pausing(long pause) {
        return new StormyTransport(pause);
    }

    /**
     * Stands still after so many bytes, until it is released, and that for so long and until somebody has noticed it.
     */
    static StormyTransport stalling(long pause, Duration least) {
        StormyTransport transport = new StormyTransport(pause);
        CompletableFuture<Void> time = transport.reached.thenRunAsync(
                () -> {}, CompletableFuture.delayedExecutor(least.toMillis(), TimeUnit.MILLISECONDS));
        transport.longEnough = CompletableFuture.allOf(time, transport.again);
        return transport;
    }

    /** After the pause, each connection breaks when it has carried so many bytes more. */
    StormyTransport dropping(long each) {
        weather = carried -> {
            if (carried >= each) {
                cuts.incrementAndGet();
                throw new IOException("Connection reset by peer");
            }
        };
        return this;
    }

    /** After the pause, nothing comes any more. */
    StormyTransport ending() {
        AtomicInteger first = new AtomicInteger();
        weather = carried -> {
            cuts.addAndGet(first.getAndIncrement() == 0 ? 1 : 0);
            throw new IOException("Connection reset by peer");
        };
        return this;
    }

    /** Completes when it stands still. */
    CompletableFuture<Void> reached() {
        return reached;
    }

    /** Completes when it stands still no longer. */
    CompletableFuture<Void> released() {
        return released;
    }

    /** Lets it continue, as soon as the pause was long enough. */
    void release() {
        longEnough.thenRun(() -> released.complete(null));
    }

    /** What has come through all connections together, negotiation included. */
    long bytes() {
        return bytes.get();
    }

    /** How many connections were made. */
    int opened() {
        return opened.get();
    }

    /** How often the weather has cut a connection, or at the end all of them. */
    int cuts() {
        return cuts.get();
    }

    @Override
    public ByteChannel open(NbdAddress address, Duration timeout) throws IOException {
        ByteChannel channel = real.open(address, timeout);
        opened.incrementAndGet();
        if (reached.isDone()) {
            again.complete(null);
        }
        CompletableFuture<Void> closed = new CompletableFuture<>();
        return new ChannelOver(channel) {
            private long carried;

            @Override
            public int read(ByteBuffer target) throws IOException {
                if (bytes.get() >= pause) {
                    reached.complete(null);
                    CompletableFuture.anyOf(released, closed).join();
                    weather.meet(carried);
                }
                int read = super.read(target);
                carried += Math.max(0, read);
                bytes.addAndGet(Math.max(0, read));
                return read;
            }

            @Override
            public void close() throws IOException {
                closed.complete(null);
                super.close();
            }
        };
    }
}
