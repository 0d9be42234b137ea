// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.rpc;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/** Callers that are threads and wait for each answer. */
record BlockingLoad(int callers, Call call) implements Load {
    /** One call, answered when it returns. */
    interface Call {
        void make() throws Exception;
    }

    @Override
    public long run(long end) throws InterruptedException {
        List<FutureTask<Long>> tasks = new ArrayList<>();
        for (int i = 0; i < callers; i++) {
            FutureTask<Long> task = new FutureTask<>(() -> callUntil(end));
            tasks.add(task);
            Thread thread = new Thread(task, "caller-" + i);
            thread.setDaemon(true);
            thread.start();
        }
        long calls = 0;
        for (FutureTask<Long> task : tasks) {
            try {
                calls += task.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException("a call failed", e.getCause());
            }
        }
        return calls;
    }

    private long callUntil(long end) throws Exception {
        long calls = 0;
        while (System.nanoTime() < end) {
            call.make();
            calls++;
        }
        return calls;
    }
}
