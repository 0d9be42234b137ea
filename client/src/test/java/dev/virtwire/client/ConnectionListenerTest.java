// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.CallReport.Outcome;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyResult;
import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.DomainEventCallbackLifecycleMessage;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a listener is told of calls and connections, and what its being slow costs. */
@Timeout(60)
class ConnectionListenerTest {
    private static final String HOSTNAME = "ConnectGetHostname";

    /** Remembers all that it is told. */
    private static final class Recorder implements ConnectionListener {
        private final List<String> story = new CopyOnWriteArrayList<>();
        private final List<CallReport> calls = new CopyOnWriteArrayList<>();
        private final Set<String> threads = ConcurrentHashMap.newKeySet();
        private volatile ConnectionMeter meter;

        @Override
        public void opened(ConnectionMeter connection) {
            meter = connection;
            tell("opened");
        }

        @Override
        public void called(ConnectionMeter connection, CallReport call) {
            threads.add(Thread.currentThread().getName());
            calls.add(call);
        }

        @Override
        public void lost(ConnectionMeter connection, LibvirtException cause) {
            tell("lost: " + cause.getClass().getSimpleName());
        }

        @Override
        public void reconnected(ConnectionMeter connection, Duration gap) {
            tell(gap.toNanos() > 0 ? "reconnected" : "reconnected without a gap");
        }

        @Override
        public void eventsLost(ConnectionMeter connection, String subscription, long events) {
            tell(events + " lost of " + subscription);
        }

        @Override
        public void closed(ConnectionMeter connection, CloseReason reason) {
            tell("closed: " + reason.kind());
        }

        private void tell(String what) {
            threads.add(Thread.currentThread().getName());
            story.add(what);
        }

        private CallReport only(String procedure) {
            await().until(() -> reports(procedure).size() == 1);
            return reports(procedure).get(0);
        }

        private List<CallReport> reports(String procedure) {
            return calls.stream()
                    .filter(call -> call.procedure().equals(procedure))
                    .toList();
        }
    }

    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start();
    private final Recorder recorder = new Recorder();
    private Libvirt libvirt;

    private void connect() {
        connect(ConnectOptions.builder().listener(recorder));
    }

    private void connect(ConnectOptions.Builder options) {
        libvirt = Libvirt.connect(libvirtd.uri(), options.build()).join();
    }

    @AfterEach
    void end() {
        libvirt.close();
        libvirtd.close();
        assertThat(recorder.threads).noneMatch(name -> name.startsWith("virtwire-io"));
    }

    private CompletableFuture<String> unanswered() {
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_HOSTNAME);
        return libvirt.hostname();
    }

    private void reported(Outcome outcome, Class<? extends LibvirtException> failure) {
        CallReport report = recorder.only(HOSTNAME);
        assertThat(report.outcome()).isEqualTo(outcome);
        if (failure == null) {
            assertThat(report.failure()).isNull();
        } else {
            assertThat(report.failure()).isInstanceOf(failure);
        }
        assertThat(report.total()).isPositive().isGreaterThanOrEqualTo(report.waited());
    }

    @Test
    void aCallThatSucceedsIsReportedWithItsBytes() {
        connect();
        libvirt.hostname().join();
        reported(Outcome.SUCCEEDED, null);
        CallReport report = recorder.only(HOSTNAME);
        assertThat(report.bytesSent()).isEqualTo(4 + 24);
        assertThat(report.bytesReceived()).isEqualTo(4 + 24 + 4 + "scripted".length());
        await().until(() -> recorder.meter != null);
        assertThat(recorder.meter.host()).isEqualTo(libvirtd.host());
        assertThat(recorder.meter.isConnected()).isTrue();
        assertThat(recorder.meter.bytesSent()).isGreaterThan(report.bytesSent());
        assertThat(recorder.meter.bytesReceived()).isGreaterThan(report.bytesReceived());
    }

    @Test
    void theServersErrorIsReported() {
        connect();
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> {
            throw new ScriptedError(ErrorCode.OPERATION_INVALID, "no");
        });
        assertThatThrownBy(() -> libvirt.hostname().join()).isNotNull();
        reported(Outcome.FAILED, OperationInvalidException.class);
    }

    @Test
    void aDeadlineThatPassedIsReported() {
        connect();
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_HOSTNAME);
        assertThatThrownBy(() -> libvirt.with(CallOptions.within(Duration.ofMillis(20)))
                        .hostname()
                        .join())
                .isNotNull();
        reported(Outcome.TIMED_OUT, CallTimeoutException.class);
    }

    @Test
    void aCallThatWasGivenUpIsReportedOnceWhateverComesLater() throws Exception {
        connect();
        CountDownLatch answer = new CountDownLatch(1);
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> {
            awaitHere(answer);
            return new ConnectGetHostnameResult("late");
        });
        CompletableFuture<String> call = libvirt.hostname();
        await().until(() -> libvirtd.callsOf(ConnectProcedures.CONNECT_GET_HOSTNAME) == 1);
        call.cancel(false);
        answer.countDown();
        libvirt.hypervisorType().handle((done, failure) -> done).join();
        reported(Outcome.GIVEN_UP, null);
    }

    @Test
    void aCallWhoseReplyCannotBeReadIsReported() {
        connect();
        libvirtd.answerWithBytes(ConnectProcedures.CONNECT_GET_HOSTNAME, new byte[] {0, 0, 0, 9});
        assertThatThrownBy(() -> libvirt.hostname().join()).isNotNull();
        reported(Outcome.BROKEN, ProtocolException.class);
    }

    @Test
    void aCallThatWasNotSentIsReported() {
        connect();
        libvirt.close();
        libvirt.closed().join();
        assertThatThrownBy(() -> libvirt.hostname().join()).isNotNull();
        reported(Outcome.REFUSED, CallRefusedException.class);
        assertThat(recorder.only(HOSTNAME).bytesSent()).isZero();
    }

    @Test
    void lossReconnectionAndEndAreToldInOrder() {
        connect(ConnectOptions.builder()
                .listener(recorder)
                .reconnect(new ReconnectPolicy(Duration.ofMillis(10), Duration.ofMillis(100), Duration.ofSeconds(30))));
        CompletableFuture<String> call = unanswered();
        await().until(() -> libvirtd.callsOf(ConnectProcedures.CONNECT_GET_HOSTNAME) == 1);
        libvirtd.hangUp();
        assertThatThrownBy(call::join).isNotNull();
        reported(Outcome.LOST, ConnectionLostException.class);
        await().until(() -> recorder.story.contains("reconnected"));
        libvirt.close();
        await().untilAsserted(() -> assertThat(recorder.story)
                .containsExactly("opened", "lost: ConnectionLostException", "reconnected", "closed: CLOSED"));
        assertThat(recorder.meter.isConnected()).isFalse();
    }

    @Test
    void withoutAPolicyALossIsTheEnd() {
        connect();
        libvirtd.hangUp();
        await().untilAsserted(() ->
                assertThat(recorder.story).containsExactly("opened", "lost: ConnectionLostException", "closed: LOST"));
    }

    @Test
    void callsInFlightAndThoseThatWaitAreCounted() {
        connect();
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_HOSTNAME);
        List<CompletableFuture<String>> calls =
                IntStream.range(0, 7).mapToObj(i -> libvirt.hostname()).toList();
        await().until(() -> recorder.meter != null && recorder.meter.inFlight() == 4 && recorder.meter.waiting() == 3);
        calls.forEach(call -> call.cancel(false));
        await().until(() -> recorder.meter.waiting() == 0);
        assertThat(recorder.meter.inFlight())
                .as("the server still works on them")
                .isEqualTo(4);
    }

    @Test
    void lostEventsAreCounted() {
        libvirtd.answer(
                EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
                asked -> new ConnectDomainEventCallbackRegisterAnyResult(3));
        connect(ConnectOptions.builder().listener(recorder).eventBuffer(2));
        CountDownLatch subscribed = new CountDownLatch(1);
        CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(new Flow.Subscriber<DomainEvent.Lifecycle>() {
            @Override
            public void onSubscribe(Flow.Subscription begun) {
                subscription.complete(begun);
                subscribed.countDown();
            }

            @Override
            public void onNext(DomainEvent.Lifecycle event) {}

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onComplete() {}
        });
        awaitHere(subscribed);
        for (int i = 0; i < 5; i++) {
            libvirtd.send(
                    EventProcedures.DOMAIN_EVENT_CALLBACK_LIFECYCLE,
                    new DomainEventCallbackLifecycleMessage(3, new DomainRef("d", new UUID(0, i), 1), 2, 0));
        }
        assertThat(libvirt.hostname().join()).as("sent after the events").isEqualTo("scripted");
        subscription.join().request(10);
        await().untilAsserted(() -> assertThat(recorder.story).anyMatch(told -> told.startsWith("3 lost of ")));
    }

    @Test
    void aSlowListenerDelaysNoCallAndIsToldWhatItMissed() {
        CountDownLatch go = new CountDownLatch(1);
        AtomicLong heard = new AtomicLong();
        AtomicLong missed = new AtomicLong();
        connect(ConnectOptions.builder().listener(new ConnectionListener() {
            @Override
            public void opened(ConnectionMeter connection) {
                awaitHere(go);
                throw new IllegalStateException("as it happens; the log shows it");
            }

            @Override
            public void called(ConnectionMeter connection, CallReport call) {
                if (call.procedure().equals(HOSTNAME)) {
                    heard.incrementAndGet();
                }
            }

            @Override
            public void missed(ConnectionMeter connection, long reports) {
                missed.addAndGet(reports);
            }
        }));
        int calls = 9000;
        for (int i = 0; i < calls; i++) {
            libvirt.hostname().join();
        }
        go.countDown();
        await().until(() -> heard.get() > 1000);
        libvirt.hostname().join();
        await().until(() -> missed.get() > 0 && heard.get() + missed.get() >= calls + 1);
        assertThat(missed.get()).isBetween(800L, 1000L);
    }

    private static void awaitHere(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
