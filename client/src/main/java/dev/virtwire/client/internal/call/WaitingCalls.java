// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Calls that wait for a connection, in order, each until its deadline. Used on the event loop only. */
final class WaitingCalls {
    private final EventLoop loop;
    private final int limit;
    private final Consumer<Call<?, ?>> onExpiry;
    private final Map<Call<?, ?>, Future<?>> calls = new LinkedHashMap<>();

    WaitingCalls(EventLoop loop, int limit, Consumer<Call<?, ?>> onExpiry) {
        this.loop = loop;
        this.limit = limit;
        this.onExpiry = onExpiry;
    }

    boolean isFull() {
        return calls.size() >= limit;
    }

    int size() {
        return calls.size();
    }

    void add(Call<?, ?> call) {
        long left = Math.max(0, call.deadlineNanos - System.nanoTime());
        calls.put(
                call,
                loop.schedule(
                        () -> {
                            if (calls.remove(call) != null) {
                                onExpiry.accept(call);
                            }
                        },
                        left,
                        TimeUnit.NANOSECONDS));
    }

    void remove(Call<?, ?> call) {
        Future<?> expiry = calls.remove(call);
        if (expiry != null) {
            expiry.cancel(false);
        }
    }

    /** Hands all of them over; none waits any more. */
    List<Call<?, ?>> takeAll() {
        List<Call<?, ?>> all = new ArrayList<>(calls.keySet());
        calls.values().forEach(expiry -> expiry.cancel(false));
        calls.clear();
        return all;
    }
}
