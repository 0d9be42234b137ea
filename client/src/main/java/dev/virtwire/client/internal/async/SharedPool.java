// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.Executor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Threads for user callbacks, shared by all connections. They may block, so their number is not bounded; idle ones end
 * soon, so that a JVM without connections has no thread of ours.
 */
public final class SharedPool {
    private static final ThreadPoolExecutor POOL = new ThreadPoolExecutor(
            0,
            Integer.MAX_VALUE,
            5,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            new DefaultThreadFactory("virtwire-callback", true));

    private SharedPool() {}

    /** The pool. */
    public static Executor executor() {
        return POOL;
    }
}
