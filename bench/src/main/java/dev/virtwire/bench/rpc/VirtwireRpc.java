// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.rpc;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainRef;
import io.netty.channel.epoll.Epoll;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** Virtwire. Modes: {@code blocking:N} threads that join, {@code chained:N} in flight, {@code inline:N} likewise. */
public final class VirtwireRpc {
    private VirtwireRpc() {}

    /** {@code URI MODE WARM-UP-SECONDS SECONDS}. */
    public static void main(String[] arguments) throws InterruptedException {
        Measurement measurement = Measurement.of(arguments);
        System.out.println("event loops: " + (Epoll.isAvailable() ? "epoll" : "NIO"));
        ConnectOptions.Builder options = ConnectOptions.builder().maxInFlight(Math.max(4, measurement.callers()));
        if (measurement.mode().equals("inline")) {
            options.callbackExecutor(Runnable::run);
        }
        try (Libvirt libvirt =
                Libvirt.connect(measurement.uri(), options.build()).join()) {
            DomainRef domain = libvirt.domain("test").join().ref();
            DomainCalls calls = new DomainCalls(libvirt);
            measurement.print(
                    measurement.mode().equals("blocking")
                            ? new BlockingLoad(
                                    measurement.callers(),
                                    () -> calls.domainGetInfo(domain).join())
                            : end -> new Chains(calls, domain, end).run(measurement.callers()));
        }
    }

    /** Each chain makes its next call in the completion of its last one. */
    private static final class Chains {
        private final DomainCalls calls;
        private final DomainRef domain;
        private final long end;
        private final LongAdder answered = new LongAdder();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

        Chains(DomainCalls calls, DomainRef domain, long end) {
            this.calls = calls;
            this.domain = domain;
            this.end = end;
        }

        long run(int chains) throws InterruptedException {
            CountDownLatch running = new CountDownLatch(chains);
            for (int i = 0; i < chains; i++) {
                next(running);
            }
            running.await();
            Throwable first = failure.get();
            if (first != null) {
                throw new IllegalStateException("a call failed", first);
            }
            return answered.sum();
        }

        private void next(CountDownLatch running) {
            calls.domainGetInfo(domain).whenComplete((info, failed) -> {
                if (failed != null) {
                    failure.compareAndSet(null, failed);
                } else {
                    answered.increment();
                    if (System.nanoTime() < end) {
                        next(running);
                        return;
                    }
                }
                running.countDown();
            });
        }
    }
}
