// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyResult;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.testkit.ScriptedLibvirtd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a subscription ends: as it was meant to, or with what went wrong. */
@Timeout(60)
class EventsEndTest {
    private final ScriptedLibvirtd libvirtd = ScriptedLibvirtd.start()
            .answer(
                    EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
                    asked -> new ConnectDomainEventCallbackRegisterAnyResult(3));
    private final Libvirt libvirt = Libvirt.connect(libvirtd.uri()).join();
    private final EventRecorder<DomainEvent.Lifecycle> recorder = new EventRecorder<>();

    @AfterEach
    void end() {
        libvirt.close();
        libvirtd.close();
    }

    private void subscribe() {
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(recorder);
        recorder.awaitSubscribed();
    }

    @Test
    void closingCompletesIt() {
        subscribe();
        libvirt.close();
        await().until(recorder::completed);
        assertThat(recorder.failure()).isNull();
    }

    @Test
    void closingInOrderCompletesIt() {
        subscribe();
        libvirt.closeAsync().join();
        await().until(recorder::completed);
        assertThat(recorder.failure()).isNull();
    }

    @Test
    void aLostConnectionFailsIt() {
        subscribe();
        libvirtd.hangUp();
        await().until(() -> recorder.failure() != null);
        assertThat(recorder.failure()).isInstanceOf(ConnectionLostException.class);
        assertThat(recorder.completed()).isFalse();
    }

    @Test
    void whoSubscribesAfterwardsIsToldThatItIsTooLate() {
        libvirt.close();
        libvirt.closed().join();
        libvirt.events(DomainEventKind.LIFECYCLE).subscribe(recorder);
        await().until(() -> recorder.failure() != null);
        assertThat(recorder.failure()).isInstanceOf(ConnectionLostException.class);
    }
}
