// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.internal.async.SerialExecutor;
import dev.virtwire.client.internal.async.SharedPool;
import dev.virtwire.client.internal.async.TrackedFuture;
import io.netty.channel.EventLoop;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a session's user code runs (in order, never on the event loop unless the user asked for it), and may not wait. */
public final class Callbacks implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(Callbacks.class);

    private final String host;
    private final Executor executor;
    private final @Nullable SerialExecutor serial;
    private volatile @Nullable EventLoop loop;

    Callbacks(String host, ConnectOptions options) {
        this.host = host;
        Executor chosen = options.callbackExecutor();
        if (chosen == null) {
            this.serial = new SerialExecutor(SharedPool.executor());
            this.executor = serial;
        } else {
            this.serial = null;
            this.executor = chosen;
        }
    }

    /** The event loop is known. */
    void runOn(EventLoop eventLoop) {
        loop = eventLoop;
    }

    /** Runs subscribers. */
    Executor forSubscribers() {
        return serial != null ? SharedPool.executor() : executor;
    }

    /** A future that must not be waited for where it would wait for itself. */
    <T> TrackedFuture<T> newFuture() {
        return new TrackedFuture<>(this::checkMayWait);
    }

    /** Throws on a thread on which waiting would never end. */
    void checkMayWait() {
        EventLoop known = loop;
        boolean inCallback = serial != null && serial.isRunningHere();
        if (inCallback || (known != null && known.inEventLoop())) {
            throw new IllegalStateException("join() or get() in a callback of the connection to " + host
                    + " would wait for itself; use thenCompose(), or wait on another thread");
        }
    }

    @Override
    public void execute(Runnable callback) {
        executor.execute(callback);
    }

    /** Runs user code where it belongs; where the user's executor refuses it, in whatever way, here. */
    public void run(Runnable callback) {
        AtomicBoolean begun = new AtomicBoolean();
        try {
            execute(() -> {
                if (begun.compareAndSet(false, true)) {
                    callback.run();
                }
            });
        } catch (RuntimeException | Error e) {
            // One that runs it here and lets its error out has not refused it.
            if (!begun.compareAndSet(false, true)) {
                LOG.error("A callback threw; what follows runs all the same", e);
                return;
            }
            LOG.warn("The callback executor refused a completion; it runs on the event loop instead", e);
            callback.run();
        }
    }
}
