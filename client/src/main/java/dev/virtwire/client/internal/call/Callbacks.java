// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.internal.async.SerialExecutor;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import io.netty.channel.EventLoop;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a session's user code runs: in order, on the executor that the user chose or on the shared pool; on the event
 * loop only if the user asked for it. Knows where user code must not wait.
 */
final class Callbacks implements TrackedFuture.WaitGuard {
    private static final Logger LOG = LoggerFactory.getLogger(Callbacks.class);

    private final String host;
    private final EventLoop loop;
    private final @Nullable Executor chosen;
    private final SerialExecutor serial;

    /** Threads of the user's executor that are in a subscriber of this session. */
    private final Set<Thread> inSubscriber = ConcurrentHashMap.newKeySet();

    Callbacks(String host, ConnectOptions options, EventLoop loop) {
        this.host = host;
        this.loop = loop;
        this.chosen = options.callbackExecutor();
        this.serial = new SerialExecutor(chosen == null ? SharedPool.executor() : chosen);
    }

    /**
     * Runs subscribers, apart from callbacks. The user's threads may all be taken by them, so they must not wait there.
     */
    Executor forSubscribers() {
        Executor own = chosen;
        return own == null
                ? SharedPool.executor()
                : task -> own.execute(() -> {
                    boolean outermost = inSubscriber.add(Thread.currentThread());
                    try {
                        task.run();
                    } finally {
                        if (outermost) {
                            inSubscriber.remove(Thread.currentThread());
                        }
                    }
                });
    }

    @Override
    public void checkMayWait() {
        if (loop.inEventLoop() || serial.isRunningHere() || inSubscriber.contains(Thread.currentThread())) {
            throw new IllegalStateException("join() or get() in a callback of the connection to " + host
                    + " would wait for itself; use thenCompose(), or wait on another thread");
        }
    }

    /** Runs user code where it belongs; if the user's executor refuses it, in whatever way, here. */
    void run(Runnable callback) {
        try {
            serial.execute(callback);
        } catch (RuntimeException | Error e) {
            LOG.warn("The callback executor refused a completion; it runs on the event loop instead", e);
            callback.run();
        }
    }
}
