// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.EventGap;
import dev.virtwire.client.event.GapSubscriber;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that are lost and made again. */
@Timeout(180)
class ReconnectIT {
    /** All of them in the profile matrix. */
    private static final int RESTARTS = Integer.getInteger("reconnect.restarts", 2);

    private static final ReconnectPolicy SOON =
            new ReconnectPolicy(Duration.ofMillis(50), Duration.ofMillis(500), Duration.ofSeconds(60));

    private static PrivateLibvirtd libvirtd;

    private LeakWatch leaks;

    @BeforeAll
    static void start() {
        libvirtd = PrivateLibvirtd.start();
    }

    @AfterAll
    static void stop() {
        libvirtd.close();
    }

    @BeforeEach
    void watch() {
        leaks = new LeakWatch();
    }

    @AfterEach
    void leavesNothing() throws InterruptedException {
        leaks.assertNothingIsLeft();
    }

    /** Remembers gaps beside events. */
    private static final class GapRecorder extends EventRecorder<DomainEvent.Lifecycle>
            implements GapSubscriber<DomainEvent.Lifecycle> {
        final List<EventGap> gaps = new CopyOnWriteArrayList<>();

        @Override
        public void onGap(EventGap gap) {
            gaps.add(gap);
        }
    }

    private static Libvirt connect(String uri, ReconnectPolicy policy, int maxInFlight) {
        return Libvirt.connect(
                        uri,
                        ConnectOptions.builder()
                                .reconnect(policy)
                                .maxInFlight(maxInFlight)
                                .build())
                .join();
    }

    /** It has no driver behind another daemon, so it never tells; but it takes the wish. */
    @Test
    void aServerIsAskedToTellOfItsDriversEnd() {
        TraceLog log = TraceLog.begin();
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            await().until(() ->
                    !log.linesWith("sends ConnectRegisterCloseCallback").isEmpty());
            libvirt.closeAsync().join();
        }
        assertThat(log.linesWith("will not tell of its driver's end")).isEmpty();
    }

    @Test
    void everyCallCompletesAndSubscriptionsGoOnWhileLibvirtdIsStartedAnewUnderLoad() throws Exception {
        AtomicBoolean loaded = new AtomicBoolean(true);
        AtomicInteger answered = new AtomicInteger();
        AtomicInteger lost = new AtomicInteger();
        try (Libvirt libvirt = connect(libvirtd.testTcpUri(), SOON, 4)) {
            GapRecorder told = new GapRecorder();
            EventRecorder<DomainEvent.JobCompleted> untold = new EventRecorder<>();
            libvirt.events(DomainEventKind.LIFECYCLE).subscribe(told);
            libvirt.events(DomainEventKind.JOB_COMPLETED).subscribe(untold);
            told.awaitSubscribed();
            untold.awaitSubscribed();
            List<CompletableFuture<Void>> load = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                load.add(CompletableFuture.runAsync(() -> {
                    while (loaded.get()) {
                        try {
                            libvirt.capabilities().join();
                            answered.incrementAndGet();
                        } catch (RuntimeException e) {
                            assertThat(LibvirtException.unwrap(e)).isInstanceOf(ConnectionLostException.class);
                            lost.incrementAndGet();
                        }
                    }
                }));
            }
            for (int restart = 1; restart <= RESTARTS; restart++) {
                if (restart % 2 == 0) {
                    libvirtd.kill();
                }
                libvirtd.restart();
                int expected = restart;
                await().atMost(30, TimeUnit.SECONDS).until(() -> told.gaps.size() == expected);
                int before = answered.get();
                int events = told.events().size();
                String xml =
                        "<domain type='test'><name>again%d</name><memory>8192</memory><os><type>hvm</type></os></domain>";
                libvirt.createDomain(xml.formatted(restart)).join();
                await().atMost(30, TimeUnit.SECONDS)
                        .until(() -> told.events().size() > events && answered.get() > before);
                assertThat(told.events().get(told.events().size() - 1).domain().name())
                        .isEqualTo("again" + restart);
            }
            loaded.set(false);
            CompletableFuture.allOf(load.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);

            assertThat(told.failure()).isNull();
            assertThat(told.gaps).hasSize(RESTARTS).allSatisfy(gap -> {
                assertThat(gap.resumed()).isAfter(gap.lost());
                assertThat(gap.cause()).isInstanceOf(ConnectionLostException.class);
            });
            assertThat(untold.failure()).isInstanceOf(ConnectionLostException.class);
            assertThat(lost.get()).isPositive();
            assertThat(libvirt.closed()).isNotDone();
            libvirt.closeAsync().get(10, TimeUnit.SECONDS);
        }
    }

    @Test
    void whatWasSentFailsAndWhatWasNotIsSentLater() throws Exception {
        try (FaultyProxy network = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", libvirtd.tcpPort()));
                Libvirt libvirt = connect("test+tcp://127.0.0.1:%d/default".formatted(network.port()), SOON, 1)) {
            // What the client asks by itself after connecting goes first, through the one slot.
            libvirt.hostname().join();
            network.toServer().swallowAfter(network.bytesToServer());
            CompletableFuture<String> sent = libvirt.hostname();
            List<CompletableFuture<String>> waiting = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                waiting.add(libvirt.hostname());
            }
            CompletableFuture<String> impatient =
                    libvirt.with(CallOptions.within(Duration.ofMillis(700))).hostname();
            CompletableFuture<String> cancelled = libvirt.hostname();
            Thread.sleep(200);
            network.refuse(true);
            network.cut();

            assertThatThrownBy(() -> sent.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(ConnectionLostException.class);
            waiting.add(libvirt.hostname());
            cancelled.cancel(true);
            assertThatThrownBy(() -> impatient.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(CallTimeoutException.class)
                    .hasMessageContaining("it was never sent");
            assertThat(waiting).noneMatch(CompletableFuture::isDone);
            network.toServer().none();
            network.refuse(false);
            for (CompletableFuture<String> call : waiting) {
                assertThat(call.get(20, TimeUnit.SECONDS)).isNotEmpty();
            }
        }
    }

    @Test
    void givesUpWhenItsTimeHasPassedAndSaysWhy() throws Exception {
        try (FaultyProxy network = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", libvirtd.tcpPort()));
                Libvirt libvirt = connect(
                        "test+tcp://127.0.0.1:%d/default".formatted(network.port()),
                        SOON.giveUpAfter(Duration.ofSeconds(1)),
                        4)) {
            GapRecorder told = new GapRecorder();
            libvirt.events(DomainEventKind.LIFECYCLE).subscribe(told);
            told.awaitSubscribed();
            network.refuse(true);
            network.cut();
            await().until(() -> network.connections() > 1);
            CompletableFuture<String> call = libvirt.hostname();

            assertThatThrownBy(() -> call.get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(ConnectionLostException.class)
                    .hasMessageContaining("it could not be made again within PT1S, at last because: cannot connect to");
            await().until(() -> told.failure() != null);
            assertThat(told.failure()).isInstanceOf(ConnectionLostException.class);
            assertThat(told.gaps).isEmpty();
            assertThat(libvirt.closed().get(20, TimeUnit.SECONDS).kind()).isEqualTo(CloseReason.Kind.LOST);
            assertThatThrownBy(() -> libvirt.hostname().get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(CallRefusedException.class);
        }
    }

    @Test
    void canBeClosedWhileItIsBeingMadeAgain() throws Exception {
        try (FaultyProxy network = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", libvirtd.tcpPort()))) {
            Libvirt libvirt = connect("test+tcp://127.0.0.1:%d/default".formatted(network.port()), SOON, 4);
            network.refuse(true);
            network.cut();
            await().until(() -> network.connections() > 1);
            CompletableFuture<String> call = libvirt.hostname();
            libvirt.closeAsync().get(20, TimeUnit.SECONDS);
            assertThatThrownBy(() -> call.get(20, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(ConnectionLostException.class);
            assertThat(libvirt.closed().join().kind()).isEqualTo(CloseReason.Kind.CLOSED);
        }
    }
}
