// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.bench.connections;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Connects many times to one server, each with keepalive and a subscription, and measures what is there then. */
public final class Connections {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    private static final int COUNT = 5;

    private Connections() {}

    /**
     * {@code URI CONNECTIONS SECONDS}: they are held that long. Prints milliseconds to connect and subscribe all,
     * threads that are event loops, all threads of the client's, KiB of heap a connection, KiB of resident memory a
     * connection, and CPU milliseconds of the process a second while it held them.
     */
    public static void main(String[] arguments) throws InterruptedException, IOException {
        String uri = arguments[0];
        int count = Integer.parseInt(arguments[1]);
        long seconds = Long.parseLong(arguments[2]);
        ConnectOptions options =
                ConnectOptions.builder().keepAlive(INTERVAL, COUNT).build();
        // One that stays is there before, so that classes, loops and their buffers are no part of the difference.
        try (Libvirt first = Libvirt.connect(uri, options).join()) {
            subscribe(List.of(first));
            long heap = heap();
            long resident = resident();
            long begin = System.nanoTime();
            List<Libvirt> all = connect(uri, options, count);
            subscribe(all);
            long connected = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            Duration cpu = cpu();
            TimeUnit.SECONDS.sleep(seconds);
            long busy = cpu().minus(cpu).toMillis() / seconds;
            for (Libvirt libvirt : all) {
                if (libvirt.closed().isDone()) {
                    throw new IllegalStateException(
                            "a connection was lost: " + libvirt.closed().join());
                }
            }
            System.out.printf(
                    "%d %d %d %.1f %.1f %d%n",
                    connected,
                    threads("virtwire-io"),
                    threads("virtwire-"),
                    (heap() - heap) / 1024.0 / count,
                    (resident() - resident) / 1024.0 / count,
                    busy);
            CompletableFuture.allOf(all.stream().map(Libvirt::closeAsync).toArray(CompletableFuture[]::new))
                    .join();
        }
    }

    /** A few at a time: a server lets only so many be on their way. */
    private static List<Libvirt> connect(String uri, ConnectOptions options, int count) {
        List<Libvirt> all = new ArrayList<>(count);
        while (all.size() < count) {
            List<CompletableFuture<Libvirt>> some = new ArrayList<>();
            for (int i = all.size(); i < count && some.size() < 16; i++) {
                some.add(Libvirt.connect(uri, options));
            }
            some.forEach(one -> all.add(one.join()));
        }
        return all;
    }

    private static void subscribe(List<Libvirt> all) throws InterruptedException {
        CountDownLatch open = new CountDownLatch(all.size());
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        for (Libvirt libvirt : all) {
            libvirt.events(DomainEventKind.LIFECYCLE).subscribe(new Listener(open, failure));
        }
        open.await();
        Throwable first = failure.get();
        if (first != null) {
            throw new IllegalStateException("a subscription failed", first);
        }
    }

    private static final class Listener implements Flow.Subscriber<DomainEvent.Lifecycle> {
        private final CountDownLatch open;
        private final AtomicReference<@Nullable Throwable> failure;

        Listener(CountDownLatch open, AtomicReference<@Nullable Throwable> failure) {
            this.open = open;
            this.failure = failure;
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
            open.countDown();
        }

        @Override
        public void onNext(DomainEvent.Lifecycle event) {
            // Nothing is measured of events.
        }

        @Override
        public void onError(Throwable cause) {
            failure.compareAndSet(null, cause);
            open.countDown();
        }

        @Override
        public void onComplete() {
            // It ends with its connection.
        }
    }

    private static long threads(String prefix) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith(prefix))
                .count();
    }

    /** Bytes in use once all garbage is gone. */
    private static long heap() throws InterruptedException {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            TimeUnit.MILLISECONDS.sleep(100);
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }

    /** Bytes. */
    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
            }
        }
        throw new IOException("/proc/self/status has no VmRSS");
    }

    private static Duration cpu() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }
}
