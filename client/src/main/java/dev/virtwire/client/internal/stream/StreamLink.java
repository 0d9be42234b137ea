// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.stream;

import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.internal.async.LoopThread;
import dev.virtwire.client.internal.async.TrackedFuture;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;

/** The connection of streams. */
public interface StreamLink {
    /** The server, for messages. */
    String host();

    /** On which all state of the connection and its streams lives. */
    EventLoop loop();

    /** Runs a task on the event loop; at once if the caller is there. */
    default void onLoop(Runnable task) {
        LoopThread.execute(loop(), task);
    }

    /** Knows where user code must not wait. */
    TrackedFuture.WaitGuard waitGuard();

    /** Runs user code where it belongs. */
    void callback(Runnable completion);

    /** Completes a future where user code belongs. */
    default <T> void succeed(TrackedFuture<T> future, T value) {
        callback(() -> future.succeed(value));
    }

    /** The same without a value. */
    @SuppressWarnings("NullAway") // Void's only value is null.
    default void succeed(TrackedFuture<Void> future) {
        callback(() -> future.succeed(null));
    }

    /** The same with an error. */
    default void fail(TrackedFuture<?> future, Throwable cause) {
        callback(() -> future.fail(cause));
    }

    /** Makes buffers for packets. */
    ByteBufAllocator allocator();

    /**
     * Sends a packet, on the event loop; if that fails, the connection ends.
     *
     * @param onWritten told when its bytes have left this process; not if the connection ends before
     */
    void send(ByteBuf packet, Runnable onWritten);

    /** Reads nothing more from the connection, or resumes reading; on the event loop. */
    void pauseReading(boolean paused);

    /** The error of something on this connection, now that it has ended. */
    LibvirtException ended(String what);
}
