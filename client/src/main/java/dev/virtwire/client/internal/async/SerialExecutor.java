// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.async;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs tasks one after the other, in order, on a pool's threads. */
public final class SerialExecutor implements Executor {
    private static final Logger LOG = LoggerFactory.getLogger(SerialExecutor.class);

    private final Executor pool;
    private final Queue<Runnable> tasks = new ArrayDeque<>();
    private boolean running;
    private volatile @Nullable Thread runner;

    /** Runs on {@code pool}. */
    public SerialExecutor(Executor pool) {
        this.pool = pool;
    }

    /** Runs a task in its turn; what the pool throws is thrown only if the task will not run. */
    @Override
    public void execute(Runnable task) {
        synchronized (tasks) {
            tasks.add(task);
            if (running) {
                return;
            }
            running = true;
        }
        try {
            pool.execute(this::runAll);
        } catch (RuntimeException | Error e) {
            boolean others;
            synchronized (tasks) {
                if (!tasks.remove(task)) {
                    LOG.warn("An executor ran what it was given, and threw", e);
                    return;
                }
                others = !tasks.isEmpty();
                running = others;
            }
            // Others must not wait for a runner that never came.
            if (others) {
                runAll();
            }
            throw e;
        }
    }

    /** Whether the current thread is running one of the tasks. */
    public boolean isRunningHere() {
        return runner == Thread.currentThread();
    }

    private void runAll() {
        runner = Thread.currentThread();
        while (true) {
            Runnable task;
            synchronized (tasks) {
                task = tasks.poll();
                if (task == null) {
                    // Both under the lock: a later execute() must find either a runner or the wish for one.
                    runner = null;
                    running = false;
                    return;
                }
            }
            try {
                task.run();
            } catch (RuntimeException | Error e) {
                LOG.error("A callback threw; the next one still runs", e);
            }
        }
    }
}
