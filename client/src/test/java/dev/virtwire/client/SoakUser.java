// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.event.GapSubscriber;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.protocol.stream.LibvirtStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** One who uses one connection after the other, at random, and often gives up what was asked for. */
final class SoakUser implements Runnable {
    private static final List<DomainEventKind<?>> KINDS =
            List.of(DomainEventKind.LIFECYCLE, DomainEventKind.METADATA_CHANGE);

    private static final ReconnectPolicy SOON =
            new ReconnectPolicy(Duration.ofMillis(20), Duration.ofMillis(500), Duration.ofSeconds(60));

    private static final String DONE = "done";

    private final ExecutorService pool = Executors.newCachedThreadPool();
    private final String uri;
    private final String guest;
    private final Random random;
    private final BooleanSupplier over;
    private final Queue<CompletableFuture<?>> asked = new ConcurrentLinkedQueue<>();
    private final Queue<Subscriber> subscribers = new ConcurrentLinkedQueue<>();
    private final Map<String, LongAdder> ends = new ConcurrentHashMap<>();
    private final Queue<Throwable> unusual = new ConcurrentLinkedQueue<>();
    private final AtomicInteger heard = new AtomicInteger();
    private int connections;

    SoakUser(String uri, String guest, long seed, BooleanSupplier over) {
        this.uri = uri;
        this.guest = guest;
        this.random = new Random(seed);
        this.over = over;
    }

    @Override
    public void run() {
        while (!over.getAsBoolean()) {
            live(options());
        }
    }

    private ConnectOptions options() {
        ConnectOptions.Builder options = ConnectOptions.builder()
                .connectTimeout(Duration.ofSeconds(20))
                .callTimeout(Duration.ofSeconds(20))
                .maxInFlight(1 + random.nextInt(4))
                .eventBuffer(16);
        if (random.nextBoolean()) {
            options.reconnect(SOON);
        }
        if (random.nextBoolean()) {
            int pause = random.nextInt(20);
            Executor slow = task -> pool.execute(() -> {
                sleep(pause);
                task.run();
            });
            options.callbackExecutor(slow);
        }
        return options.build();
    }

    /** From a connection to its end, or to the end of all. */
    private void live(ConnectOptions options) {
        CompletableFuture<Libvirt> connecting = Libvirt.connect(uri, options);
        if (random.nextInt(10) == 0) {
            giveUp(connecting, random, Duration.ofMillis(50));
        }
        note(connecting);
        Libvirt libvirt = connecting.handle((open, failure) -> open).join();
        if (libvirt == null) {
            sleep(50);
            return;
        }
        connections++;
        int acts = 20 + random.nextInt(100);
        for (int i = 0; i < acts && !over.getAsBoolean() && !libvirt.isClosed(); i++) {
            act(libvirt);
            sleep(random.nextInt(20));
        }
        if (random.nextBoolean()) {
            note(libvirt.closeAsync());
        } else {
            libvirt.close();
        }
        note(libvirt.closed().copy());
    }

    private void act(Libvirt libvirt) {
        switch (random.nextInt(9)) {
            case 0 -> ask(libvirt.hostname());
            case 1 ->
                ask(libvirt.domain(guest)
                        .thenCompose(domain -> domain.metadata().setTitle("title " + random.nextInt())));
            case 2 -> ask(libvirt.capabilities());
            case 3 ->
                ask(libvirt.domain(guest).thenCompose(domain -> domain.agent().hostname()));
            case 4 ->
                ask(libvirt.domain(guest)
                        .thenCompose(domain ->
                                domain.agent().command("{\"execute\":\"guest-ping\"}", Duration.ofSeconds(5))));
            case 5 -> {
                Subscriber subscriber = new Subscriber(random.nextInt(30));
                subscribers.add(subscriber);
                libvirt.events(KINDS).subscribe(subscriber);
                subscribers.stream()
                        .skip(random.nextInt(subscribers.size()))
                        .findFirst()
                        .ifPresent(Subscriber::cancel);
            }
            case 6 ->
                stream(
                        libvirt,
                        volume -> volume.openDownload(0, 0),
                        stream -> stream.read(ByteBuffer.allocate(1 << 16)));
            default ->
                stream(
                        libvirt,
                        volume -> volume.openUpload(0, 1 << 20),
                        stream -> stream.write(ByteBuffer.allocate(1 << 16)));
        }
    }

    private <S extends LibvirtStream> void stream(
            Libvirt libvirt,
            Function<StorageVolume, CompletableFuture<S>> open,
            Function<S, CompletableFuture<?>> use) {
        CompletableFuture<S> opening = libvirt.storage()
                .pool("soak")
                .thenCompose(pool -> pool.volume("soak.img"))
                .thenCompose(open);
        ask(opening);
        int steps = random.nextInt(6);
        boolean finishes = random.nextBoolean();
        note(opening.thenCompose(stream -> {
            if (stream == null) {
                return CompletableFuture.completedFuture(null);
            }
            CompletableFuture<?> last = CompletableFuture.completedFuture(null);
            for (int i = 0; i < steps; i++) {
                last = last.thenCompose(before -> use.apply(stream).orTimeout(5, TimeUnit.SECONDS));
            }
            return last.handle((read, failure) -> finishes && failure == null ? stream.finish() : stream.abort())
                    .thenCompose(end -> end);
        }));
    }

    private void ask(CompletableFuture<?> call) {
        giveUp(call, random, Duration.ofMillis(200));
        note(call);
        if (random.nextInt(3) == 0) {
            call.handle((result, failure) -> 0)
                    .completeOnTimeout(0, 300, TimeUnit.MILLISECONDS)
                    .join();
        }
    }

    /** Gives a future up in one of the ways that there are, or not. */
    static <T> void giveUp(CompletableFuture<T> future, Random random, Duration within) {
        long nanos = (long) (within.toNanos() * random.nextDouble());
        switch (random.nextInt(8)) {
            case 0 -> future.cancel(true);
            case 1 -> future.orTimeout(nanos, TimeUnit.NANOSECONDS);
            case 2 -> future.completeOnTimeout(null, nanos, TimeUnit.NANOSECONDS);
            case 3 -> future.completeExceptionally(new TimeoutException("given up"));
            case 4 ->
                CompletableFuture.delayedExecutor(nanos, TimeUnit.NANOSECONDS).execute(() -> future.cancel(true));
            default -> {
                // Waits for it.
            }
        }
    }

    private void note(CompletableFuture<?> future) {
        asked.add(future);
        future.whenComplete((result, failure) -> {
            ends.computeIfAbsent(kind(failure), first -> new LongAdder()).increment();
            if (failure != null && !isUsual(LibvirtException.unwrap(failure))) {
                unusual.add(failure);
            }
        });
        asked.removeIf(one -> one != future && one.isDone());
    }

    /** Whether the soak itself causes such failures: by giving up, cutting and killing. */
    private static boolean isUsual(Throwable cause) {
        return cause instanceof CancellationException
                || cause instanceof TimeoutException
                || (cause instanceof LibvirtException && !(cause instanceof ProtocolException));
    }

    private static String kind(Throwable failure) {
        if (failure == null) {
            return DONE;
        }
        Throwable cause = LibvirtException.unwrap(failure);
        return cause.getClass().getSimpleName() + (cause instanceof RemoteException remote ? " " + remote.code() : "");
    }

    private static void sleep(int millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits for what ends by itself, and fails if something does not. */
    void assertNothingIsPending() throws InterruptedException {
        await("futures of " + uri).untilAsserted(() -> assertThat(asked).allMatch(CompletableFuture::isDone));
        await("subscriptions of " + uri)
                .untilAsserted(() -> assertThat(subscribers).allMatch(Subscriber::hasEnded));
        pool.shutdown();
        assertThat(pool.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }

    /** Fails if something went wrong that the soak does not cause, or if nothing was done or heard at all. */
    static void assertUsualEnds(List<SoakUser> users) {
        assertThat(users.stream().flatMap(user -> user.unusual.stream())).isEmpty();
        assertThat(sum(users, user -> user.ends.containsKey(DONE) ? 1 : 0))
                .as("users with success")
                .isEqualTo(users.size());
        assertThat(sum(users, user -> user.heard.get())).as("events heard").isPositive();
    }

    static String summary(List<SoakUser> users) {
        Map<String, Long> ends = new TreeMap<>();
        users.forEach(user -> user.ends.forEach((kind, count) -> ends.merge(kind, count.sum(), Long::sum)));
        return "%d connections, %d events heard by %d subscriptions, futures ended so: %s"
                .formatted(
                        sum(users, user -> user.connections),
                        sum(users, user -> user.heard.get()),
                        sum(users, user -> user.subscribers.size()),
                        ends);
    }

    private static long sum(List<SoakUser> users, ToLongFunction<SoakUser> figure) {
        return users.stream().mapToLong(figure).sum();
    }

    private final class Subscriber implements GapSubscriber<Event> {
        private final int pause;
        private volatile Flow.Subscription subscription;
        private volatile boolean cancelled;
        private volatile boolean ended;

        Subscriber(int pause) {
            this.pause = pause;
        }

        void cancel() {
            cancelled = true;
            Flow.Subscription begun = subscription;
            if (begun != null) {
                begun.cancel();
            }
        }

        boolean hasEnded() {
            return ended || cancelled;
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            if (cancelled) {
                begun.cancel();
            } else {
                begun.request(Long.MAX_VALUE);
            }
        }

        @Override
        public void onNext(Event event) {
            heard.incrementAndGet();
            sleep(pause);
        }

        @Override
        public void onGap(EventGap gap) {
            sleep(pause);
        }

        @Override
        public void onError(Throwable cause) {
            ended = true;
        }

        @Override
        public void onComplete() {
            ended = true;
        }
    }
}
