// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import io.netty.util.concurrent.EventExecutor;

/** State that belongs to one event loop, and is touched on its thread alone. */
public final class LoopThread {
    private LoopThread() {}

    /** Throws on any thread but the loop's. A loop that has ended has no thread, and nothing to race with. */
    public static void check(EventExecutor loop) {
        if (!loop.inEventLoop() && !loop.isShutdown()) {
            throw new IllegalStateException("this belongs to the event loop, and was touched on thread "
                    + Thread.currentThread().getName());
        }
    }
}
