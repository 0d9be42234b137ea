// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.protocol.remote.DomainCalls;
import dev.virtwire.client.protocol.remote.DomainRef;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * DomainGetInfo over and over on one connection. Prints one line that all the programs of this comparison share:
 * {@code MODE CALLS_PER_SECOND MICROSECONDS_PER_CALL CLIENT_CPU_MICROSECONDS_PER_CALL}.
 */
public final class RpcBench {
    private RpcBench() {}

    /** {@code URI alone|chained|threads:N|flight:N|inline:N SECONDS}. */
    public static void main(String[] args) throws InterruptedException {
        String mode = args[1];
        int count = mode.indexOf(':') < 0 ? 1 : Integer.parseInt(mode.substring(mode.indexOf(':') + 1));
        double seconds = Double.parseDouble(args[2]);
        ConnectOptions.Builder options = ConnectOptions.builder().maxInFlight(Math.max(4, count));
        if (mode.startsWith("inline")) {
            options.callbackExecutor(Runnable::run);
        }
        try (Libvirt libvirt = Libvirt.connect(args[0], options.build()).join()) {
            Domain domain = libvirt.domain("test").join();
            Load load = new Load(libvirt, domain.ref(), mode, count);
            load.run(seconds / 2);
            long cpu = cpuNanos();
            long start = System.nanoTime();
            long calls = load.run(seconds);
            double elapsed = (System.nanoTime() - start) / 1e9;
            double cpuMicros = (cpuNanos() - cpu) / 1e3 / calls;
            System.out.printf("%s %.0f %.1f %.1f%n", mode, calls / elapsed, elapsed * 1e6 / calls, cpuMicros);
        }
    }

    private static long cpuNanos() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }

    private record Load(Libvirt libvirt, DomainRef domain, String mode, int count) {
        long run(double seconds) throws InterruptedException {
            long end = System.nanoTime() + (long) (seconds * 1e9);
            return mode.equals("alone") || mode.startsWith("threads") ? blocking(end) : inFlight(end);
        }

        private long blocking(long end) throws InterruptedException {
            AtomicLong calls = new AtomicLong();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                Thread thread = new Thread(() -> {
                    DomainCalls stub = new DomainCalls(libvirt);
                    long own = 0;
                    while (System.nanoTime() < end) {
                        stub.domainGetInfo(domain).join();
                        own++;
                    }
                    calls.addAndGet(own);
                });
                thread.start();
                threads.add(thread);
            }
            for (Thread thread : threads) {
                thread.join();
            }
            return calls.get();
        }

        private long inFlight(long end) throws InterruptedException {
            AtomicLong calls = new AtomicLong();
            CountDownLatch running = new CountDownLatch(count);
            for (int i = 0; i < count; i++) {
                next(new DomainCalls(libvirt), end, calls, running);
            }
            running.await();
            return calls.get();
        }

        private void next(DomainCalls stub, long end, AtomicLong calls, CountDownLatch running) {
            stub.domainGetInfo(domain).whenComplete((info, failure) -> {
                if (failure != null) {
                    throw new IllegalStateException(failure);
                }
                calls.incrementAndGet();
                if (System.nanoTime() < end) {
                    next(stub, end, calls, running);
                } else {
                    running.countDown();
                }
            });
        }
    }
}
