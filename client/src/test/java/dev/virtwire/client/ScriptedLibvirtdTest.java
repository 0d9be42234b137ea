// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.keepalive.KeepaliveProcedures;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyResult;
import dev.virtwire.protocol.remote.ConnectGetHostnameResult;
import dev.virtwire.protocol.remote.ConnectGetVersionResult;
import dev.virtwire.protocol.remote.ConnectProcedures;
import dev.virtwire.protocol.remote.DomainEventCallbackLifecycleMessage;
import dev.virtwire.protocol.remote.DomainEventType;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.testkit.ScriptedError;
import dev.virtwire.testkit.ScriptedLibvirtd;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ScriptedLibvirtdTest {
    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start();
    private final Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join();

    @AfterEach
    void end() {
        libvirt.close();
        libvirtd.close();
    }

    private static <T> Throwable failure(CompletableFuture<T> call) {
        return LibvirtException.unwrap(call.handle((value, failure) -> failure).join());
    }

    @Test
    void greetsClientsAndKnowsItsName() {
        assertThat(libvirt.hostname().join()).isEqualTo("scripted");
        assertThat(libvirtd.callsOf(ConnectProcedures.CONNECT_OPEN)).isEqualTo(1);
    }

    @Test
    void whatNobodyScriptedIsNotSupported() {
        assertThat(failure(libvirt.domain("web1"))).isInstanceOfSatisfying(RemoteException.class, e -> {
            assertThat(e.is(ErrorCode.NO_SUPPORT)).isTrue();
            assertThat(e)
                    .hasMessageContaining("not supported by the scripted libvirtd: procedure 23 of program 0x20008086");
        });
    }

    @Test
    void anErrorOfTheScriptIsTheServersError() {
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> {
            throw new ScriptedError(ErrorCode.OPERATION_DENIED, "no names today");
        });
        assertThat(failure(libvirt.hostname())).isInstanceOfSatisfying(RemoteException.class, e -> {
            assertThat(e.is(ErrorCode.OPERATION_DENIED)).isTrue();
            assertThat(e).hasMessageContaining("no names today");
        });
    }

    @Test
    void aLateAnswerLetsOthersPass() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        libvirtd.answer(ConnectProcedures.CONNECT_GET_HOSTNAME, none -> {
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return new ConnectGetHostnameResult("late");
        });
        libvirtd.answer(ConnectProcedures.CONNECT_GET_VERSION, none -> new ConnectGetVersionResult(2_003));
        CompletableFuture<String> late = libvirt.hostname();
        assertThat(libvirt.hypervisorVersion().join().toString()).isEqualTo("0.2.3");
        assertThat(late).isNotDone();
        go.countDown();
        assertThat(late.join()).isEqualTo("late");
    }

    @Test
    void aCallMayStayUnanswered() {
        libvirtd.leaveUnanswered(ConnectProcedures.CONNECT_GET_HOSTNAME);
        ConnectOptions impatient =
                ConnectOptions.builder().callTimeout(Duration.ofMillis(300)).build();
        try (Libvirt other = Libvirt.connect(libvirtd.uri(), impatient).join()) {
            assertThat(failure(other.hostname())).isInstanceOf(CallTimeoutException.class);
        }
    }

    @Test
    void aConnectionEndsInTheMiddleOfACallOrAtOnce() {
        libvirtd.hangUpAt(ConnectProcedures.CONNECT_GET_HOSTNAME);
        assertThat(failure(libvirt.hostname())).isInstanceOf(ConnectionLostException.class);
        try (Libvirt other = Libvirt.connect(libvirtd.uri()).join()) {
            libvirtd.hangUp();
            other.closed().join();
        }
    }

    @Test
    void sendsEventsOnCommand() {
        DomainRef web1 = new DomainRef("web1", UUID.fromString("11111111-2222-3333-4444-555555555555"), 7);
        List<DomainEvent.Lifecycle> heard = new CopyOnWriteArrayList<>();
        CountDownLatch subscribed = new CountDownLatch(1);
        libvirtd.answer(
                EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
                asked -> new ConnectDomainEventCallbackRegisterAnyResult(3));
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(new Flow.Subscriber<>() {
            @Override
            public void onSubscribe(Flow.Subscription subscription) {
                subscription.request(Long.MAX_VALUE);
                subscribed.countDown();
            }

            @Override
            public void onNext(DomainEvent.Lifecycle event) {
                heard.add(event);
            }

            @Override
            public void onError(Throwable failure) {}

            @Override
            public void onComplete() {}
        });
        await().until(() -> subscribed.getCount() == 0);

        libvirtd.send(
                EventProcedures.DOMAIN_EVENT_CALLBACK_LIFECYCLE,
                new DomainEventCallbackLifecycleMessage(3, web1, DomainEventType.STOPPED.value(), 1));

        await().untilAsserted(() -> assertThat(heard).singleElement().satisfies(event -> {
            assertThat(event.domain().name()).isEqualTo("web1");
            assertThat(event.type()).contains(DomainEventType.STOPPED);
            assertThat(event.detailNumber()).isEqualTo(1);
        }));
    }

    @Test
    void answersKeepalive() throws Exception {
        int keepalive = KeepaliveProcedures.PING.program();
        URI uri = URI.create(libvirtd.uri());
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            for (int word : new int[] {28, keepalive, 1, 1, 2, 0, 0}) {
                out.writeInt(word);
            }
            for (int word : new int[] {28, keepalive, 1, 2, 2, 0, 0}) {
                assertThat(in.readInt()).isEqualTo(word);
            }
        }
    }

    @Test
    void bytesThatAreNoResultEndTheConnection() {
        libvirtd.answerWithBytes(ConnectProcedures.CONNECT_GET_HOSTNAME, new byte[] {0, 0, 0, 9, 'x'});
        assertThat(failure(libvirt.hostname())).isInstanceOf(ProtocolException.class);
    }

    @Test
    void aClosedOneRefusesClientsAndHasHungUp() {
        libvirtd.close();
        libvirt.closed().join();
        assertThatThrownBy(() -> Libvirt.connect(libvirtd.uri()).join())
                .hasMessageContaining("cannot connect to " + libvirtd.uri());
    }
}
