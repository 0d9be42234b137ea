// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.backup.BackupMode;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.message.MessageHeader;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.ConsoleCalls;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainLookupByNameArgs;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.EventCalls;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.protocol.remote.JobCalls;
import dev.virtwire.testkit.ScriptedConnection;
import dev.virtwire.testkit.ScriptedConnection.Message;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The rules of a call: slots, queue, urgency, deadlines, cancelling, and what a late success leaves behind. */
@Timeout(30)
class CallsTest {
    private static final int HOSTNAME = 59;
    private static final int FEATURE = 60;
    private static final int DESTROY = 12;
    private static final int ABORT_JOB = 164;
    private static final int REGISTER = 316;
    private static final int DEREGISTER = 317;
    private static final int THAW = 336;
    private static final String NAME_REPLY = ScriptedConnection.string("host");

    private final ScriptedLibvirtd server = ScriptedLibvirtd.byHand();
    private ScriptedConnection client;
    private Libvirt libvirt;

    @BeforeEach
    void connect() {
        connect(ConnectOptions.defaults());
    }

    private void connect(ConnectOptions options) {
        if (libvirt != null) {
            libvirt.close();
        }
        CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri(), options);
        client = server.accept();
        libvirt = connecting.join();
    }

    @AfterEach
    void close() {
        libvirt.close();
        server.close();
    }

    @Test
    void atMostFourCallsAreInFlightAndTheRestWait() throws Exception {
        List<CompletableFuture<String>> calls = hostnames(6);
        List<Message> sent = readCalls(4);
        assertNothingComes();

        client.reply(sent.get(2), NAME_REPLY);
        assertThat(calls.get(2).join()).isEqualTo("host");
        client.reply(client.readCall(), NAME_REPLY);
        client.reply(client.readCall(), NAME_REPLY);
        client.reply(sent.get(0), NAME_REPLY);
        client.reply(sent.get(1), NAME_REPLY);
        client.reply(sent.get(3), NAME_REPLY);
        assertThat(calls).allSatisfy(call -> assertThat(call.join()).isEqualTo("host"));
    }

    @Test
    void anUrgentCallOvertakesTheQueueAndTakesTheFifthSlot() {
        hostnames(6);
        readCalls(4);
        CompletableFuture<Void> destroyed =
                new DomainCalls(libvirt).domainDestroy(new DomainRef("d", new UUID(0, 0), 1));
        Message urgent = client.readCall();
        assertThat(urgent.procedure()).isEqualTo(DESTROY);
        client.reply(urgent, "");
        assertThat(destroyed).succeedsWithin(Duration.ofSeconds(5));
    }

    @Test
    void aFullQueueRefusesAtOnce() {
        connect(ConnectOptions.builder().maxQueued(3).build());
        hostnames(4);
        readCalls(4);
        hostnames(3);
        assertThatThrownBy(() -> libvirt.hostname().join())
                .cause()
                .isInstanceOf(CallRefusedException.class)
                .hasMessage(
                        "ConnectGetHostname on %s was not sent: 3 calls wait for a free slot already", server.host());
    }

    @Test
    void aCallThatPassesFileDescriptorsIsRefused() {
        assertThatThrownBy(() -> new ConsoleCalls(libvirt)
                        .domainOpenGraphicsFd(new DomainRef("web1", new UUID(1, 2), 7), 0, Set.of())
                        .join())
                .hasCauseInstanceOf(CallRefusedException.class)
                .cause()
                .hasMessage(
                        "DomainOpenGraphicsFd on %s was not sent: it passes file descriptors, which this client cannot do",
                        server.host());
    }

    @Test
    void anArgumentThatBreaksABoundIsRefusedBeforeAnythingIsSent() throws Exception {
        assertThatThrownBy(() -> libvirt.domain("a\0b").join())
                .cause()
                .isInstanceOf(CallRefusedException.class)
                .hasMessage(
                        "DomainLookupByName on %s was not sent: DomainLookupByName.name: a NUL character at position 1",
                        server.host());
        assertThatThrownBy(() -> libvirt.domain("x".repeat(4_194_305)).join())
                .cause()
                .hasMessageContaining("4194305 bytes exceed the bound of 4194304");
        assertNothingComes();
        CompletableFuture<String> next = libvirt.hostname();
        client.reply(client.readCall(), NAME_REPLY);
        assertThat(next.join()).isEqualTo("host");
    }

    @Test
    void aViewHasItsOwnDeadlineForEveryCallThatNamesNone() {
        Libvirt hasty = libvirt.with(CallOptions.within(Duration.ofMillis(100)));
        CompletableFuture<String> name = hasty.hostname();
        client.readCall();
        assertThatThrownBy(name::join).cause().isInstanceOf(CallTimeoutException.class);

        CompletableFuture<Domain> found = hasty.domain("web1");
        client.readCall();
        assertThatThrownBy(found::join).cause().isInstanceOf(CallTimeoutException.class);

        CompletableFuture<?> patient =
                hasty.call(ConnectProcedures.CONNECT_GET_HOSTNAME, null, CallOptions.within(Duration.ofSeconds(20)));
        Message call = client.readCall();
        await().pollDelay(Duration.ofMillis(300)).until(() -> !patient.isDone());
        client.reply(call, NAME_REPLY);
        patient.join();
    }

    @Test
    void aServerTooOldForAProcedureDoesNotSupportIt() {
        CompletableFuture<String> name = libvirt.hostname();
        client.fail(client.readCall(), 39, 7, "unknown procedure: 59");
        assertThatThrownBy(name::join).cause().isInstanceOfSatisfying(RemoteException.class, e -> {
            assertThat(e.is(ErrorCode.NO_SUPPORT)).isTrue();
            assertThat(e.codeNumber()).isEqualTo(3);
            assertThat(e.details().code()).isEqualTo(39);
            assertThat(e).hasMessageStartingWith("unknown procedure: 59 (error 3 NO_SUPPORT");
        });

        CompletableFuture<String> other = libvirt.hostname();
        client.fail(client.readCall(), 39, 7, "authentication required");
        assertThatThrownBy(other::join)
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        e -> assertThat(e.is(ErrorCode.RPC)).isTrue());
    }

    @Test
    void aServersErrorSurvivesSerialisation() throws Exception {
        CompletableFuture<String> name = libvirt.hostname();
        client.fail(client.readCall(), 42, "no domain web1");
        Throwable failure = name.handle((host, thrown) -> thrown).join();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
            out.writeObject(LibvirtException.unwrap(failure));
        }
        try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
            RemoteException back = (RemoteException) in.readObject();
            assertThat(back.is(ErrorCode.NO_DOMAIN)).isTrue();
            assertThat(back.details().message()).isEqualTo("no domain web1");
        }
    }

    @Test
    void aCallOutOfTimeKeepsItsSlotUntilItsReplyComes() throws Exception {
        CallOptions soon = CallOptions.within(Duration.ofMillis(100));
        CompletableFuture<?> late = libvirt.call(ConnectProcedures.CONNECT_GET_HOSTNAME, null, soon);
        Message first = client.readCall();
        assertThatThrownBy(late::join)
                .cause()
                .isInstanceOf(CallTimeoutException.class)
                .hasMessage(
                        "ConnectGetHostname on %s: no result within its deadline of PT0.1S; the server may still be at work on it",
                        server.host());

        List<CompletableFuture<String>> calls = hostnames(4);
        List<Message> sent = readCalls(3);
        assertNothingComes();
        client.reply(first, NAME_REPLY);
        client.reply(client.readCall(), NAME_REPLY);
        sent.forEach(call -> client.reply(call, NAME_REPLY));
        assertThat(calls).allSatisfy(call -> assertThat(call.join()).isEqualTo("host"));
    }

    @Test
    void aCallThatIsOutOfTimeInTheQueueIsNeverSent() throws Exception {
        hostnames(4);
        List<Message> sent = readCalls(4);
        CompletableFuture<?> waiting = libvirt.call(
                DomainProcedures.DOMAIN_LOOKUP_BY_NAME,
                new DomainLookupByNameArgs("d"),
                CallOptions.within(Duration.ofMillis(100)));
        assertThatThrownBy(waiting::join)
                .cause()
                .hasMessage(
                        "DomainLookupByName on %s: no result within its deadline of PT0.1S; it was never sent, since the calls before it held all 4 slots",
                        server.host());
        client.reply(sent.get(0), NAME_REPLY);
        assertNothingComes();
    }

    @Test
    void cancellingADerivedFutureGivesUpTheCallAtTheRoot() throws Exception {
        hostnames(4);
        List<Message> sent = readCalls(4);
        CompletableFuture<Integer> derived =
                libvirt.hostname().thenApply(String::trim).thenApply(String::length);
        derived.cancel(true);
        client.reply(sent.get(0), NAME_REPLY);
        assertNothingComes();
        assertThatThrownBy(derived::join).isInstanceOf(CancellationException.class);
    }

    @Test
    void aLateBackupIsEnded() {
        Domain domain = Domain.of(libvirt, new DomainRef("d", new UUID(0, 0), 1));
        CompletableFuture<?> begin = domain.beginBackup(BackupMode.PULL, "<domainbackup/>", null, Set.of());
        Message register = client.readCall();
        assertThat(register.procedure()).isEqualTo(REGISTER);
        client.reply(register, "00000000");
        Message backup = client.readCall();
        begin.cancel(true);
        Message deregister = readUntilQuiet(DEREGISTER, backup);
        assertThat(deregister.procedure()).isIn(DEREGISTER, ABORT_JOB);
    }

    @Test
    void aLateFreezeIsThawed() {
        DomainRef ref = new DomainRef("d", new UUID(0, 0), 1);
        Domain hurried = Domain.of(libvirt.with(CallOptions.within(Duration.ofMillis(50))), ref);
        CompletableFuture<Integer> frozen = hurried.agent().freeze("/data");
        Message freeze = client.readCall();
        assertThatThrownBy(frozen::join).cause().isInstanceOf(CallTimeoutException.class);
        client.reply(freeze, "00000001");
        Message thaw = client.readCall();
        assertThat(thaw.procedure()).isEqualTo(THAW);
        // All of them: what was frozen as /data cannot be thawed as /data.
        assertThat(thaw.body()).hasSize(freeze.body().length - 12);
    }

    /** However a caller gives up what he waits for, it is as if he had cancelled it. */
    @ParameterizedTest
    @EnumSource
    void aFreezeThatWasGivenUpIsThawed(GivingUp how) {
        Domain domain = Domain.of(libvirt, new DomainRef("d", new UUID(0, 0), 1));
        CompletableFuture<Integer> frozen = domain.agent().freeze();
        Message freeze = client.readCall();
        how.giveUp.accept(frozen);
        await().until(frozen::isDone);
        // The word of it has arrived when a later call has.
        client.reply(libvirtCall(), NAME_REPLY);
        client.reply(freeze, "00000001");
        assertThat(client.readCall().procedure()).isEqualTo(THAW);
    }

    private Message libvirtCall() {
        libvirt.hostname();
        return client.readCall();
    }

    enum GivingUp {
        CANCEL(future -> future.cancel(true)),
        OR_TIMEOUT(future -> future.orTimeout(20, TimeUnit.MILLISECONDS)),
        COMPLETE_ON_TIMEOUT(future -> future.completeOnTimeout(0, 20, TimeUnit.MILLISECONDS)),
        COMPLETE(future -> future.complete(0)),
        COMPLETE_EXCEPTIONALLY(future -> future.completeExceptionally(new IllegalStateException("enough"))),
        IN_A_LATER_STEP(future -> future.thenApply(count -> count + 1)
                .thenCompose(CompletableFuture::completedFuture)
                .cancel(true));

        final Consumer<CompletableFuture<Integer>> giveUp;

        GivingUp(Consumer<CompletableFuture<Integer>> giveUp) {
            this.giveUp = giveUp;
        }
    }

    @Test
    void callsThatWereGivenUpAndHoldAllSlotsEndTheConnection() {
        connect(ConnectOptions.builder().callTimeout(Duration.ofSeconds(1)).build());
        Libvirt hasty = libvirt.with(CallOptions.within(Duration.ofMillis(50)));
        List<CompletableFuture<String>> held = List.of(hasty.hostname(), hasty.hostname(), hasty.hostname());
        readCalls(3);
        assertThat(held)
                .allSatisfy(call -> assertThatThrownBy(call::join).cause().isInstanceOf(CallTimeoutException.class));
        assertThat(libvirt.isClosed()).isFalse();
        hasty.hostname();
        CloseReason reason = libvirt.closed().join();
        assertThat(reason.kind()).isEqualTo(CloseReason.Kind.LOST);
        assertThat(reason.cause())
                .hasMessage(
                        "%s: calls that were given up have held all 4 slots for PT2S, and the server answers none of them",
                        server.host());
    }

    @Test
    void aCallbackCannotWaitForItsConnectionWhateverItsExecutor() {
        ExecutorService single = Executors.newSingleThreadExecutor();
        try {
            connect(ConnectOptions.builder().callbackExecutor(single).build());
            CompletableFuture<String> waiting = libvirt.hostname()
                    .thenApply(
                            name -> libvirt.hostname().thenApply(String::trim).join());
            client.reply(client.readCall(), NAME_REPLY);
            assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("would wait for itself");
        } finally {
            single.shutdown();
        }
    }

    @Test
    void norCanASubscriberOnAnExecutorOfItsUser() {
        ExecutorService single = Executors.newSingleThreadExecutor();
        try {
            connect(ConnectOptions.builder().callbackExecutor(single).build());
            CompletableFuture<Throwable> thrown = new CompletableFuture<>();
            libvirt.events(DomainEventKind.LIFECYCLE).subscribe(new Subscriber<>(Long.MAX_VALUE) {
                @Override
                public void onNext(DomainEvent.Lifecycle event) {
                    try {
                        libvirt.hostname()
                                .thenCompose(name -> libvirt.hostname())
                                .join();
                    } catch (RuntimeException e) {
                        thrown.complete(e);
                    }
                }
            });
            client.reply(client.readCall(), "00000000");
            event(0, 1);
            assertThat(thrown).succeedsWithin(Duration.ofSeconds(10)).isInstanceOf(IllegalStateException.class);
        } finally {
            single.shutdown();
        }
    }

    @Test
    void callbacksComeInTheOrderOfRepliesWhateverTheExecutor() {
        AtomicBoolean first = new AtomicBoolean(true);
        connect(ConnectOptions.builder()
                .callbackExecutor(task -> {
                    int delay = first.getAndSet(false) ? 300 : 0;
                    CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS)
                            .execute(task);
                })
                .build());
        first.set(true);
        List<Integer> order = new CopyOnWriteArrayList<>();
        List<CompletableFuture<?>> calls = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            int number = i;
            calls.add(libvirt.hostname().thenAccept(name -> order.add(number)));
        }
        readCalls(3).forEach(call -> client.reply(call, NAME_REPLY));
        await().until(() -> calls.stream().allMatch(CompletableFuture::isDone));
        assertThat(order).containsExactly(0, 1, 2);
    }

    @Test
    void theEndIsOneFutureThatNobodyElseCompletes() {
        CompletableFuture<CloseReason> closed = libvirt.closed();
        assertThat(libvirt.closed()).isSameAs(closed);
        assertThat(closed.cancel(true)).isFalse();
        assertThat(closed.complete(null)).isFalse();
        assertThatThrownBy(() -> closed.orTimeout(10, TimeUnit.MILLISECONDS).join())
                .hasCauseInstanceOf(TimeoutException.class);
        closed.thenApply(CloseReason::kind).cancel(true);
        assertThat(closed).isNotDone();
        assertThat(libvirt.isClosed()).isFalse();
        libvirt.close();
        assertThat(closed.join().kind()).isEqualTo(CloseReason.Kind.CLOSED);
        assertThat(libvirt.isClosed()).isTrue();
    }

    @Test
    void objectsOfOneConnectionAreEqualWhateverOptionsTheyCarry() {
        DomainRef ref = new DomainRef("d", new UUID(3, 4), 1);
        Libvirt view = libvirt.with(CallOptions.within(Duration.ofSeconds(5)));
        assertThat(view).isEqualTo(libvirt).hasSameHashCodeAs(libvirt);
        assertThat(Domain.of(view, ref)).isEqualTo(Domain.of(libvirt, ref));
    }

    @Test
    void timesThatStandForNeverAreTaken() {
        Duration never = ChronoUnit.FOREVER.getDuration();
        connect(ConnectOptions.builder()
                .connectTimeout(never)
                .callTimeout(never)
                .keepAlive(never, 5)
                .reconnect(new ReconnectPolicy(Duration.ofMillis(50), never, never))
                .build());
        CompletableFuture<String> name = libvirt.with(CallOptions.within(never)).hostname();
        client.reply(client.readCall(), NAME_REPLY);
        assertThat(name.join()).isEqualTo("host");
    }

    @Test
    void whatAServerSaidOfItsFeaturesIsNotBelievedOfTheNextOne() {
        connect(ConnectOptions.builder()
                .reconnect(new ReconnectPolicy(Duration.ofMillis(50), Duration.ofMillis(50), Duration.ofSeconds(20)))
                .build());
        assertThat(feature("00000001")).isTrue();
        assertThat(libvirt.supports(Feature.TYPED_PARAM_STRING)).isCompletedWithValue(true);
        client.hangUp();
        client = server.accept();
        assertThat(feature("00000000")).isFalse();
    }

    private boolean feature(String answer) {
        CompletableFuture<Boolean> supported = libvirt.supports(Feature.TYPED_PARAM_STRING);
        Message asked = client.read();
        while (asked.procedure() != FEATURE) {
            asked = client.read();
        }
        client.reply(asked, answer);
        return supported.join();
    }

    /** Gives the cancel time to arrive, lets the begin succeed after it, and finds the undoing call. */
    private Message readUntilQuiet(int other, Message backup) {
        sleep(200);
        client.reply(backup, "");
        while (true) {
            Message call = client.readCall();
            if (call.procedure() == ABORT_JOB) {
                client.reply(call, "");
                return call;
            }
            assertThat(call.procedure()).isEqualTo(other);
            client.reply(call, "");
        }
    }

    @Test
    void aLateRegistrationIsRemoved() {
        Libvirt hasty = libvirt.with(CallOptions.within(Duration.ofMillis(50)));
        CompletableFuture<?> late = LibvirtAccess.to(hasty)
                .call(
                        EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
                        new ConnectDomainEventCallbackRegisterAnyArgs(0, null),
                        result -> new EventCalls(libvirt).connectDomainEventCallbackDeregisterAny(result.callbackId()));
        Message register = client.readCall();
        assertThatThrownBy(late::join).cause().isInstanceOf(CallTimeoutException.class);
        client.reply(register, "00000005");
        Message deregister = client.readCall();
        assertThat(deregister.procedure()).isEqualTo(DEREGISTER);
        assertThat(deregister.body()).containsExactly(0, 0, 0, 5);
    }

    @Test
    void anEventBeforeItsRegisterReplyIsKept() throws Exception {
        List<DomainEvent.Lifecycle> events = new ArrayList<>();
        CountDownLatch one = new CountDownLatch(1);
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(new Subscriber<>(Long.MAX_VALUE) {
            @Override
            public void onNext(DomainEvent.Lifecycle event) {
                events.add(event);
                one.countDown();
            }
        });
        Message register = client.readCall();
        event(0, 7);
        client.reply(register, "00000000");
        assertThat(one.await(20, TimeUnit.SECONDS)).isTrue();
        assertThat(events.get(0).detailNumber()).isEqualTo(7);
    }

    @Test
    void aSlowSubscriberLosesEventsAndDelaysNoCall() {
        connect(ConnectOptions.builder().eventBuffer(10).build());
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        List<DomainEvent.Lifecycle> seen = new ArrayList<>();
        Subscriber<DomainEvent.Lifecycle> slow = new Subscriber<>(1) {
            @Override
            public void onNext(DomainEvent.Lifecycle event) {
                seen.add(event);
                sleep(seen.size() == 1 ? 500 : 0);
            }

            @Override
            public void onError(Throwable cause) {
                failure.complete(cause);
            }
        };
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(slow);
        client.reply(client.readCall(), "00000000");
        for (int i = 0; i < 25; i++) {
            event(0, i);
        }
        CompletableFuture<String> call = libvirt.hostname();
        client.reply(client.readCall(), NAME_REPLY);
        assertThat(call).succeedsWithin(Duration.ofMillis(400));
        await().until(() -> slow.subscription != null);
        slow.subscription.request(Long.MAX_VALUE);
        assertThat(failure.join())
                .isInstanceOfSatisfying(
                        EventsLostException.class,
                        lost -> assertThat(lost.count()).isEqualTo(25 - seen.size()));
        assertThat(seen)
                .extracting(DomainEvent.Lifecycle::detailNumber)
                .startsWith(0, 1, 2)
                .isSorted();
    }

    @Test
    void aSilentPeerIsFoundByKeepalive() {
        connect(ConnectOptions.builder().keepAlive(Duration.ofMillis(100), 3).build());
        CompletableFuture<String> pending = libvirt.hostname();
        assertThatThrownBy(() -> pending.get(20, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(ConnectionLostException.class)
                .hasMessageMatching(
                        "ConnectGetHostname on 127.0.0.1:\\d+: no sign of life for \\d+ ms, 3 keepalive pings unanswered");
        assertThat(libvirt.closed().join().kind()).isEqualTo(CloseReason.Kind.LOST);
    }

    @Test
    void pingsAreAnswered() {
        client.frame(ScriptedConnection.KEEPALIVE, 1, 2, 0, 0, "");
        Message pong = client.read();
        while (pong.program() != ScriptedConnection.KEEPALIVE) {
            pong = client.read();
        }
        assertThat(pong)
                .isEqualTo(new Message(new MessageHeader(ScriptedConnection.KEEPALIVE, 1, 2, 2, 0, 0), pong.body()));
        assertThat(pong.body()).isEmpty();
    }

    @Test
    void theEndOfTheConnectionFailsEverythingThatIsPending() {
        CompletableFuture<Throwable> ending = new CompletableFuture<>();
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(new Subscriber<>(1) {
            @Override
            public void onNext(DomainEvent.Lifecycle event) {}

            @Override
            public void onError(Throwable cause) {
                ending.complete(cause);
            }
        });
        client.reply(client.readCall(), "00000000");
        List<CompletableFuture<String>> calls = hostnames(6);
        readCalls(4);
        client.hangUp();
        assertThat(calls)
                .allSatisfy(call -> assertThatThrownBy(call::join)
                        .cause()
                        .isInstanceOf(ConnectionLostException.class)
                        .hasMessage("ConnectGetHostname on %s: the server closed the connection", server.host()));
        assertThatThrownBy(() -> libvirt.hostname().join())
                .cause()
                .isInstanceOf(CallRefusedException.class)
                .hasMessage(
                        "ConnectGetHostname on %s was not sent: the connection has ended: %s: the server closed the connection",
                        server.host(), server.host());
        assertThat(ending.join())
                .isInstanceOf(ConnectionLostException.class)
                .hasMessage("%s: the server closed the connection", server.host());
    }

    @Test
    void closingInOrderDrainsSaysGoodbyeAndAcceptsEndOfFileInReply() {
        CompletableFuture<String> pending = libvirt.hostname();
        Message call = client.readCall();
        CompletableFuture<CloseReason> closed = libvirt.closeAsync();
        assertThatThrownBy(() -> libvirt.hostname().join())
                .cause()
                .hasMessage("ConnectGetHostname on %s was not sent: the connection is closed", server.host());
        client.reply(call, NAME_REPLY);
        assertThat(pending.join()).isEqualTo("host");
        assertThat(client.readCall().procedure()).isEqualTo(2);
        client.hangUp();
        assertThat(closed.join()).isEqualTo(new CloseReason(CloseReason.Kind.CLOSED, null));
        assertThat(libvirt.closeAsync().join().kind()).isEqualTo(CloseReason.Kind.CLOSED);
    }

    @Test
    void closingAtOnceFailsWhatIsPending() {
        CompletableFuture<String> pending = libvirt.hostname();
        client.readCall();
        libvirt.close();
        libvirt.close();
        assertThatThrownBy(pending::join)
                .cause()
                .hasMessage("ConnectGetHostname on %s: the connection was closed by this side", server.host());
        assertThat(client.atEnd()).isTrue();
    }

    @Test
    void noThreadIsLeftWhenTheLastConnectionIsGone() {
        libvirt.closeAsync();
        client.reply(client.readCall(), "");
        libvirt.closed().join();
        await().atMost(Duration.ofSeconds(15))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("virtwire-")));
    }

    @Test
    void anAbortCallIsUrgent() {
        hostnames(5);
        readCalls(4);
        new JobCalls(libvirt).domainAbortJob(new DomainRef("d", new UUID(0, 0), 1));
        assertThat(client.readCall().procedure()).isEqualTo(ABORT_JOB);
    }

    private List<CompletableFuture<String>> hostnames(int count) {
        List<CompletableFuture<String>> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            calls.add(libvirt.hostname());
        }
        return calls;
    }

    private List<Message> readCalls(int count) {
        List<Message> calls = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            calls.add(client.readCall());
        }
        return calls;
    }

    private void event(int callbackId, int detail) {
        client.frame(
                ScriptedConnection.REMOTE,
                318,
                2,
                1,
                0,
                ScriptedConnection.word(callbackId)
                        + ScriptedConnection.string("d")
                        + "00".repeat(16)
                        + ScriptedConnection.word(1)
                        + ScriptedConnection.word(2)
                        + ScriptedConnection.word(detail));
    }

    /** After a moment in which a wrong client would have sent something, nothing has come. */
    private void assertNothingComes() throws Exception {
        Thread.sleep(150);
        assertThat(client.bytesWaiting()).isZero();
    }

    private static void sleep(long millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private abstract static class Subscriber<E> implements Flow.Subscriber<E> {
        private final long demand;
        volatile Flow.Subscription subscription;

        Subscriber(long demand) {
            this.demand = demand;
        }

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            begun.request(demand);
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onComplete() {}
    }
}
