// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.EventsLostException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.DomainEventType;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** On libvirt's test driver domains come and go: every subscription has every event, in order, while calls run. */
@ExtendWith(LibvirtdExtension.class)
class EventChurnIT {
    /** 100,000 in the profile matrix. */
    private static final int EVENTS = Integer.getInteger("churn.events", 5_000);

    private static final int CHURNERS = 3;

    @Test
    void noEventIsLostOrReordered(Libvirtd libvirtd) throws Exception {
        int rounds = (EVENTS + 2 * CHURNERS - 1) / (2 * CHURNERS);
        int total = rounds * 2 * CHURNERS;
        try (Libvirt watcher = Libvirt.connect(libvirtd.testUnixUri()).join();
                Libvirt churn = Libvirt.connect(libvirtd.testUnixUri()).join()) {
            Names lifecycle = new Names();
            Names all = new Names();
            watcher.events(DomainEventKind.LIFECYCLE).subscribe(lifecycle);
            watcher.<DomainEvent>events(
                            EventKind.knownTo(watcher.libvirtVersion().join(), DomainEventKind.all()))
                    .subscribe(all);
            lifecycle.subscribed.await();
            all.subscribed.await();

            long began = System.nanoTime();
            CompletableFuture<?> churned = churn(churn, rounds);
            AtomicLong slowest = new AtomicLong();
            int calls = 0;
            while (!churned.isDone()) {
                long sent = System.nanoTime();
                watcher.hostname().join();
                slowest.accumulateAndGet(System.nanoTime() - sent, Math::max);
                calls++;
            }
            churned.join();
            await().atMost(Duration.ofSeconds(60)).until(() -> lifecycle.size() >= total && all.size() >= total);
            double seconds = (System.nanoTime() - began) / 1e9;
            System.out.printf(
                    "%d events in %.1f s by each of 2 subscriptions, %d calls meanwhile, the slowest %.1f ms%n",
                    total, seconds, calls, slowest.get() / 1e6);

            assertThat(all.taken()).isEqualTo(lifecycle.taken()).hasSize(total);
            for (int churner = 0; churner < CHURNERS; churner++) {
                String prefix = "churn-" + churner + "-";
                assertThat(lifecycle.taken().stream().filter(name -> name.startsWith(prefix)))
                        .isEqualTo(expected(prefix, rounds));
            }
            assertThat(calls).isPositive();
        }
    }

    @Test
    void aSubscriberThatSleepsIsToldHowManyItLostAndDelaysNobody(Libvirtd libvirtd) throws Exception {
        ConnectOptions options = ConnectOptions.builder().eventBuffer(100).build();
        int bursts = 20;
        int rounds = 10;
        int burst = rounds * 2 * CHURNERS;
        int total = bursts * burst;
        assertThat(burst).as("what fits into a buffer").isLessThan(100);
        try (Libvirt watcher = Libvirt.connect(libvirtd.testUnixUri(), options).join();
                Libvirt churn = Libvirt.connect(libvirtd.testUnixUri()).join()) {
            CountDownLatch awake = new CountDownLatch(1);
            Names quick = new Names();
            Names slow = new Names() {
                @Override
                public void onNext(DomainEvent event) {
                    try {
                        awake.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    super.onNext(event);
                }
            };
            watcher.events(DomainEventKind.LIFECYCLE).subscribe(quick);
            watcher.events(DomainEventKind.LIFECYCLE).subscribe(slow);
            quick.subscribed.await();
            slow.subscribed.await();
            for (int i = 1; i <= bursts; i++) {
                // However slow the machine is, the quick one has to keep pace.
                int taken = i * burst;
                churn(churn, rounds).join();
                await().until(() -> quick.size() == taken);
            }
            awake.countDown();
            await().until(() -> slow.failure.isDone());
            assertThat(slow.failure.join())
                    .isInstanceOfSatisfying(
                            EventsLostException.class,
                            lost -> assertThat(slow.size() + lost.count()).isEqualTo(total));
            assertThat(slow.taken()).isEqualTo(quick.taken().subList(0, slow.size()));
        }
    }

    private static CompletableFuture<?> churn(Libvirt libvirt, int rounds) {
        List<CompletableFuture<Void>> churners = new ArrayList<>();
        for (int churner = 0; churner < CHURNERS; churner++) {
            String prefix = "churn-" + churner + "-";
            churners.add(CompletableFuture.runAsync(
                    () -> {
                        for (int i = 0; i < rounds; i++) {
                            libvirt.defineDomain("<domain type='test'><name>" + prefix + i
                                            + "</name><memory>1024</memory><os><type>hvm</type></os></domain>")
                                    .join()
                                    .undefine()
                                    .join();
                        }
                    },
                    work -> new Thread(work, prefix).start()));
        }
        return CompletableFuture.allOf(churners.toArray(CompletableFuture[]::new));
    }

    private static List<String> expected(String prefix, int rounds) {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            expected.add(prefix + i + " " + DomainEventType.DEFINED);
            expected.add(prefix + i + " " + DomainEventType.UNDEFINED);
        }
        return expected;
    }

    /** Keeps who it was and what happened, of domains that churn. */
    private static class Names implements Flow.Subscriber<DomainEvent> {
        final CountDownLatch subscribed = new CountDownLatch(1);
        final CompletableFuture<Throwable> failure = new CompletableFuture<>();
        private final List<String> names = new ArrayList<>();

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
            subscribed.countDown();
        }

        @Override
        public void onNext(DomainEvent event) {
            if (event instanceof DomainEvent.Lifecycle lifecycle
                    && event.domain().name().startsWith("churn-")) {
                synchronized (names) {
                    names.add(event.domain().name() + " " + lifecycle.type().orElseThrow());
                }
            }
        }

        @Override
        public void onError(Throwable cause) {
            failure.complete(cause);
        }

        @Override
        public void onComplete() {}

        int size() {
            synchronized (names) {
                return names.size();
            }
        }

        List<String> taken() {
            synchronized (names) {
                return List.copyOf(names);
            }
        }
    }
}
