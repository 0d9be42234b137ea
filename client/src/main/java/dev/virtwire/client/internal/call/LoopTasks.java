// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.RejectedExecutionException;

/** Runs what belongs on a session's event loop. */
final class LoopTasks {
    private static final Duration LONGEST = Duration.ofDays(365 * 100L);

    private LoopTasks() {}

    /** Runs a task on the loop; at once where the caller is there, and {@code whenLoopIsGone} here where the loop has ended. */
    static void execute(EventLoop loop, Runnable task, Runnable whenLoopIsGone) {
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            // The loops end after the last connection has: then nothing is left to race with.
            whenLoopIsGone.run();
        }
    }

    /** A delay for a timer; one of centuries stands for "never" and must not overflow. */
    static long nanos(Duration delay) {
        return delay.compareTo(LONGEST) > 0 ? LONGEST.toNanos() : delay.toNanos();
    }
}
