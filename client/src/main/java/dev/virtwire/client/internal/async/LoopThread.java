// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;

/**
 * What belongs to one event loop happens on its thread alone. A loop that has ended has no thread, and nothing to race
 * with.
 */
public final class LoopThread {
    private LoopThread() {}

    /** Throws on any thread but the loop's. */
    public static void check(EventExecutor loop) {
        if (!loop.inEventLoop() && !loop.isShutdown()) {
            throw new IllegalStateException("this belongs to the event loop, and was touched on thread "
                    + Thread.currentThread().getName());
        }
    }

    /** Runs a task on the loop, at once if the caller is there. */
    public static void execute(EventExecutor loop, Runnable task) {
        execute(loop, task, task);
    }

    /** The same; {@code whenEnded} runs here in its place if the loop has ended. */
    public static void execute(EventExecutor loop, Runnable task, Runnable whenEnded) {
        if (loop.inEventLoop()) {
            task.run();
            return;
        }
        try {
            loop.execute(task);
        } catch (RejectedExecutionException e) {
            whenEnded.run();
        }
    }
}
