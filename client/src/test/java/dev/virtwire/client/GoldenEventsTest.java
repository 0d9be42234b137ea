// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.testkit.ScriptedConnection.REMOTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.event.MonitorEvent;
import dev.virtwire.client.event.MonitorEventKind;
import dev.virtwire.client.event.NetworkEvent;
import dev.virtwire.client.event.NetworkEventKind;
import dev.virtwire.client.event.NodeDeviceEventKind;
import dev.virtwire.client.event.SecretEventKind;
import dev.virtwire.client.event.StoragePoolEventKind;
import dev.virtwire.protocol.qemu.QemuMonitorEventFlags;
import dev.virtwire.protocol.remote.DomainCrashedDetail;
import dev.virtwire.protocol.remote.DomainEventId;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.DomainStoppedDetail;
import dev.virtwire.protocol.remote.MemoryFailureFlags;
import dev.virtwire.protocol.remote.NetworkEventId;
import dev.virtwire.protocol.remote.NodeDeviceEventId;
import dev.virtwire.protocol.remote.SecretEventId;
import dev.virtwire.protocol.remote.StoragePoolEventId;
import dev.virtwire.testkit.ScriptedConnection;
import dev.virtwire.testkit.ScriptedConnection.Message;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each kind of event: what is asked for it, what its bytes become, and in which order several kinds come. */
@Timeout(30)
class GoldenEventsTest {
    private static final int QEMU = 0x20008087;

    private final ScriptedLibvirtd server = ScriptedLibvirtd.byHand();
    private ScriptedConnection client;
    private Libvirt libvirt;
    private Domain web1;

    @BeforeEach
    void connect() {
        CompletableFuture<Libvirt> connecting = Libvirt.connect(server.uri());
        client = server.accept();
        libvirt = connecting.join();
        web1 = Domain.of(libvirt, new DomainRef("web1", UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"), 3));
    }

    @AfterEach
    void close() {
        libvirt.close();
        server.close();
    }

    static List<GoldenEvent> goldens() {
        return GoldenEvent.all();
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void itsBytesBecomeItsRecord(GoldenEvent golden) throws Exception {
        Collector<Event> events = new Collector<>();
        subscribe(golden.kind(), events);
        Message register = client.readCall();
        boolean monitor = golden.register() == GoldenEvent.MONITOR;
        assertThat(register.program()).isEqualTo(monitor ? QEMU : REMOTE);
        assertThat(register.procedure()).isEqualTo(golden.register());
        assertThat(HexFormat.of().formatHex(register.body()))
                .isEqualTo(
                        monitor
                                ? "00000000" // of no domain alone
                                        + "00000000" // of no name alone
                                        + "00000000" // flags
                                : ScriptedConnection.word(golden.id()) // the kind
                                        + "00000000"); // of no object alone
        client.reply(register, GoldenEvent.CALLBACK);
        send(golden);
        assertThat(events.next()).isEqualTo(golden.expected().apply(web1));
    }

    private <E extends Event> void subscribe(EventKind<?, E> kind, Flow.Subscriber<? super E> subscriber) {
        libvirt.events(kind).subscribe(subscriber);
    }

    private void send(GoldenEvent golden) {
        client.frame(
                golden.register() == GoldenEvent.MONITOR ? QEMU : REMOTE, golden.message(), 2, 1, 0, golden.body());
    }

    @Test
    void everyKindHasItsGolden() {
        List<EventKind<?, ?>> all = Stream.<List<? extends EventKind<?, ?>>>of(
                        DomainEventKind.all(),
                        NetworkEventKind.all(),
                        StoragePoolEventKind.all(),
                        NodeDeviceEventKind.all(),
                        SecretEventKind.all(),
                        List.of(MonitorEventKind.ALL))
                .<EventKind<?, ?>>flatMap(List::stream)
                .toList();
        assertThat(goldens().stream().<EventKind<?, ?>>map(GoldenEvent::kind).toList())
                .isEqualTo(all);
        assertThat(all).extracting(EventKind::name).doesNotHaveDuplicates();
    }

    /** A number of the tables without a kind could not be subscribed to. */
    @Test
    void everyNumberOfTheTablesHasItsKind() {
        assertThat(numbers(DomainEventKind.all())).isEqualTo(values(DomainEventId.values(), DomainEventId::value));
        assertThat(numbers(NetworkEventKind.all())).isEqualTo(values(NetworkEventId.values(), NetworkEventId::value));
        assertThat(numbers(StoragePoolEventKind.all()))
                .isEqualTo(values(StoragePoolEventId.values(), StoragePoolEventId::value));
        assertThat(numbers(NodeDeviceEventKind.all()))
                .isEqualTo(values(NodeDeviceEventId.values(), NodeDeviceEventId::value));
        assertThat(numbers(SecretEventKind.all())).isEqualTo(values(SecretEventId.values(), SecretEventId::value));
    }

    private static List<Integer> numbers(List<? extends EventKind<?, ?>> kinds) {
        return kinds.stream().<Integer>map(EventKind::number).toList();
    }

    private static <E> List<Integer> values(E[] constants, ToIntFunction<E> value) {
        return Stream.of(constants).map(value::applyAsInt).toList();
    }

    @Test
    void whatANewerServerSaysStaysANumber() {
        assertThat(new DomainEvent.Lifecycle(web1, 99, 1).type()).isEmpty();
        assertThat(new DomainEvent.Lifecycle(web1, 99, 1).detail()).isEmpty();
        assertThat(new DomainEvent.Lifecycle(web1, 5, 99).detail()).isEmpty();
        assertThat(new DomainEvent.Lifecycle(web1, 5, 1).detail().map(Object.class::cast))
                .contains(DomainStoppedDetail.DESTROYED);
        assertThat(new DomainEvent.Lifecycle(web1, 8, 0).detail().map(Object.class::cast))
                .contains(DomainCrashedDetail.PANICKED);
        assertThat(new DomainEvent.Watchdog(web1, 99).action()).isEmpty();
        assertThat(new DomainEvent.IoError(web1, "", "", 99).action()).isEmpty();
        assertThat(new DomainEvent.BlockJob2(web1, "vda", 99, 99))
                .satisfies(job -> assertThat(job.type()).isEmpty())
                .satisfies(job -> assertThat(job.status()).isEqualTo(Optional.empty()));
        assertThat(new DomainEvent.MemoryFailure(web1, 0, 0, 0x80000001L).flags())
                .containsExactly(MemoryFailureFlags.ACTION_REQUIRED);
    }

    @Test
    void oneDomainsEventsAreAskedForByItsReference() {
        web1.events(DomainEventKind.REBOOT).subscribe(new Collector<>());
        assertThat(HexFormat.of().formatHex(client.readCall().body()))
                .isEqualTo(
                        "00000001" // the kind
                                + "00000001" // of one domain alone
                                + GoldenEvent.WEB1);
    }

    @Test
    void qemusEventsAreAskedForByNameOrPattern() {
        Collector<MonitorEvent> named = new Collector<>();
        web1.events(MonitorEventKind.named("STOP")).subscribe(named);
        assertThat(HexFormat.of().formatHex(client.readCall().body()))
                .isEqualTo("00000001"
                        + GoldenEvent.WEB1
                        + "00000001" + "00000004" + "53544f50" // of this name: "STOP"
                        + "00000000"); // flags
        libvirt.events(MonitorEventKind.matching("s.o", QemuMonitorEventFlags.NOCASE))
                .subscribe(new Collector<>());
        assertThat(HexFormat.of().formatHex(client.readCall().body()))
                .isEqualTo(
                        "00000000" // of no domain alone
                                + "00000001" + "00000003" + "732e6f" + "00" // of this name: "s.o", padding
                                + "00000003"); // a pattern, in any case
    }

    @Test
    void severalKindsComeInTheServersOrderThoughTheirRegistrationsAreNotDone() throws Exception {
        Collector<DomainEvent> events = new Collector<>();
        libvirt.<DomainEvent>events(List.of(DomainEventKind.LIFECYCLE, DomainEventKind.REBOOT))
                .subscribe(events);
        Message lifecycle = client.readCall();
        Message reboot = client.readCall();
        client.reply(lifecycle, "00000000");
        lifecycle("00000000", 1);
        reboot("00000001");
        lifecycle("00000000", 2);
        assertThat(events.nextWithin(100)).isNull();
        client.reply(reboot, "00000001");
        reboot("00000001");
        assertThat(events.next()).isEqualTo(new DomainEvent.Lifecycle(web1, 4, 1));
        assertThat(events.next()).isEqualTo(new DomainEvent.Reboot(web1));
        assertThat(events.next()).isEqualTo(new DomainEvent.Lifecycle(web1, 4, 2));
        assertThat(events.next()).isEqualTo(new DomainEvent.Reboot(web1));

        events.cancel();
        assertThat(List.of(client.readCall(), client.readCall()))
                .allSatisfy(call -> assertThat(call.procedure()).isEqualTo(317))
                .extracting(call -> HexFormat.of().formatHex(call.body()))
                .containsExactlyInAnyOrder("00000000", "00000001");
    }

    /** A server refuses to register the same kind of the same object twice on one connection. */
    @Test
    void subscribersToTheSameShareOneRegistration() throws Exception {
        Collector<DomainEvent.Reboot> first = new Collector<>();
        Collector<DomainEvent.Reboot> second = new Collector<>();
        libvirt.events(DomainEventKind.REBOOT).subscribe(first);
        Message register = client.readCall();
        libvirt.events(DomainEventKind.REBOOT).subscribe(second);
        client.reply(register, "00000001");
        reboot("00000001");
        assertThat(first.next()).isEqualTo(new DomainEvent.Reboot(web1));
        assertThat(second.next()).isEqualTo(new DomainEvent.Reboot(web1));

        first.cancel();
        reboot("00000001");
        assertThat(second.next()).isEqualTo(new DomainEvent.Reboot(web1));
        assertThat(first.events).isEmpty();
        second.cancel();
        Message leave = client.readCall();
        assertThat(leave.procedure()).isEqualTo(317);

        Collector<DomainEvent.Reboot> third = new Collector<>();
        libvirt.events(DomainEventKind.REBOOT).subscribe(third);
        CompletableFuture<String> call = libvirt.hostname();
        Message hostname = client.readCall();
        assertThat(hostname.procedure())
                .as("not registered before the other has gone")
                .isEqualTo(59);
        client.reply(hostname, ScriptedConnection.string("host"));
        assertThat(call.join()).isEqualTo("host");
        client.reply(leave, "");
        client.reply(client.readCall(), "00000002");
        reboot("00000002");
        assertThat(third.next()).isEqualTo(new DomainEvent.Reboot(web1));
    }

    @Test
    void whereOneOfSeveralKindsIsRefusedTheOthersAreTakenBack() throws Exception {
        Collector<DomainEvent> events = new Collector<>();
        libvirt.<DomainEvent>events(List.of(DomainEventKind.LIFECYCLE, DomainEventKind.NIC_MAC_CHANGE))
                .subscribe(events);
        Message lifecycle = client.readCall();
        client.fail(client.readCall(), 1, "unsupported event ID 27");
        client.reply(lifecycle, "00000004");
        Message back = client.readCall();
        assertThat(back.procedure()).isEqualTo(317);
        assertThat(HexFormat.of().formatHex(back.body())).isEqualTo("00000004");
        assertThat(events.failure.get(20, TimeUnit.SECONDS))
                .isInstanceOf(RemoteException.class)
                .hasMessageContaining("unsupported event ID 27");
    }

    /**
     * A server that is newer may say more than this side can read; the length of a message says where the next begins.
     */
    @Test
    void anEventThatCannotBeReadIsLostToThoseWhoseItIs() throws Exception {
        Collector<DomainEvent.Reboot> all = new Collector<>();
        Collector<DomainEvent.Reboot> one = new Collector<>();
        libvirt.events(DomainEventKind.REBOOT).subscribe(all);
        client.reply(client.readCall(), "00000001");
        web1.events(DomainEventKind.REBOOT).subscribe(one);
        client.reply(client.readCall(), "00000002");
        reboot("00000001");
        client.frame(REMOTE, 319, 2, 1, 0, "00000001" + "0000ffff");
        assertThat(all.next()).isEqualTo(new DomainEvent.Reboot(web1));
        assertThat(all.failure.get(5, TimeUnit.SECONDS))
                .isInstanceOfSatisfying(
                        EventsLostException.class,
                        lost -> assertThat(lost.count()).isEqualTo(1))
                .hasMessage(
                        "reboot events of all domains on %s: 1 events lost, because one cannot be read; the subscription has ended",
                        server.host());
        assertThat(client.readCall().procedure()).isEqualTo(317);
        reboot("00000002");
        assertThat(one.next()).isEqualTo(new DomainEvent.Reboot(web1));
        client.frame(REMOTE, 319, 2, 1, 0, "");
        assertThat(one.failure.get(5, TimeUnit.SECONDS)).isInstanceOf(EventsLostException.class);
    }

    /** The drivers of domains and networks count their ids each for itself. */
    @Test
    void theSameIdOfADomainAndOfANetworkAreTwo() throws Exception {
        Collector<Event> domains = new Collector<>();
        Collector<Event> networks = new Collector<>();
        libvirt.events(DomainEventKind.REBOOT).subscribe(domains);
        client.reply(client.readCall(), GoldenEvent.CALLBACK);
        libvirt.events(NetworkEventKind.LIFECYCLE).subscribe(networks);
        client.reply(client.readCall(), GoldenEvent.CALLBACK);
        GoldenEvent.all().stream()
                .filter(golden -> golden.kind() == NetworkEventKind.LIFECYCLE)
                .forEach(this::send);
        reboot(GoldenEvent.CALLBACK);
        assertThat(networks.next()).isInstanceOf(NetworkEvent.Lifecycle.class);
        assertThat(domains.next()).isEqualTo(new DomainEvent.Reboot(web1));
    }

    @Test
    void olderServersKnowFewerKinds() {
        assertThat(EventKind.knownTo(new Version(9, 0, 0), DomainEventKind.all()))
                .hasSize(27)
                .doesNotContain(DomainEventKind.NIC_MAC_CHANGE);
        assertThat(EventKind.knownTo(new Version(9, 0, 0), NetworkEventKind.all()))
                .containsExactly(NetworkEventKind.LIFECYCLE);
        assertThat(EventKind.knownTo(new Version(11, 3, 0), DomainEventKind.all()))
                .hasSize(28)
                .doesNotContain(DomainEventKind.VCPU_REMOVED);
        assertThat(EventKind.knownTo(new Version(12, 9, 0), DomainEventKind.all()))
                .isEqualTo(DomainEventKind.all());
    }

    @Test
    void aSubscriptionIsToAtLeastOneKind() {
        assertThatThrownBy(() -> libvirt.events(List.<DomainEventKind<?>>of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("kinds: none is given, and a subscription is to at least one");
    }

    private void lifecycle(String callback, int detail) {
        client.frame(
                REMOTE,
                318,
                2,
                1,
                0,
                callback + GoldenEvent.WEB1 + ScriptedConnection.word(4) + ScriptedConnection.word(detail));
    }

    private void reboot(String callback) {
        client.frame(REMOTE, 319, 2, 1, 0, callback + GoldenEvent.WEB1);
    }

    private static final class Collector<E> implements Flow.Subscriber<E> {
        final BlockingQueue<E> events = new LinkedBlockingQueue<>();
        final CompletableFuture<Throwable> failure = new CompletableFuture<>();
        private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

        @Override
        public void onSubscribe(Flow.Subscription begun) {
            begun.request(Long.MAX_VALUE);
            subscription.complete(begun);
        }

        @Override
        public void onNext(E event) {
            events.add(event);
        }

        @Override
        public void onError(Throwable cause) {
            failure.complete(cause);
        }

        @Override
        public void onComplete() {}

        void cancel() {
            subscription.join().cancel();
        }

        E next() throws InterruptedException {
            return nextWithin(5000);
        }

        E nextWithin(long millis) throws InterruptedException {
            return events.poll(millis, TimeUnit.MILLISECONDS);
        }
    }
}
