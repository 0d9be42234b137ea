// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.EventRecorder;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.network.Network;
import dev.virtwire.client.secret.Secret;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.NetworkCalls;
import dev.virtwire.protocol.remote.NetworkEventType;
import dev.virtwire.protocol.remote.NetworkRef;
import dev.virtwire.protocol.remote.NodeDeviceCalls;
import dev.virtwire.protocol.remote.NodeDeviceEventType;
import dev.virtwire.protocol.remote.SecretCalls;
import dev.virtwire.protocol.remote.SecretEventType;
import dev.virtwire.protocol.remote.SecretRef;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StoragePoolEventType;
import dev.virtwire.protocol.remote.StoragePoolRef;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Flow;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What happens to networks, pools, devices and secrets, told by a real libvirtd. */
@ExtendWith(LibvirtdExtension.class)
class HostEventsIT {
    private Libvirt libvirt;

    @BeforeEach
    void connect(Libvirtd libvirtd) {
        libvirt = Libvirt.connect(libvirtd.testUnixUri()).join();
    }

    @AfterEach
    void close() {
        libvirt.close();
    }

    private <E> EventRecorder<E> record(Flow.Publisher<E> publisher) {
        EventRecorder<E> recorder = new EventRecorder<>();
        publisher.subscribe(recorder);
        recorder.awaitSubscribed();
        return recorder;
    }

    private static NetworkRef define(NetworkCalls networks, String name) {
        return networks.networkDefineXml("<network><name>" + name + "</name><bridge name='" + name + "0'/></network>")
                .join()
                .network();
    }

    @Test
    void aNetworksLifeIsTold() {
        NetworkCalls networks = new NetworkCalls(libvirt);
        EventRecorder<NetworkEvent.Lifecycle> all = record(libvirt.events(NetworkEventKind.LIFECYCLE));
        NetworkRef watched = define(networks, "watched");
        EventRecorder<NetworkEvent.Lifecycle> one =
                record(libvirt.events(NetworkEventKind.LIFECYCLE, Network.of(libvirt, watched)));
        NetworkRef other = define(networks, "other");
        networks.networkCreate(watched).join();
        networks.networkDestroy(watched).join();
        networks.networkUndefine(other).join();
        networks.networkUndefine(watched).join();

        await().until(() -> all.events().size() >= 6);
        assertThat(all.events())
                .extracting(event -> event.network().name() + " " + event.type().orElseThrow())
                .containsExactly(
                        "watched DEFINED",
                        "other DEFINED",
                        "watched STARTED",
                        "watched STOPPED",
                        "other UNDEFINED",
                        "watched UNDEFINED");
        await().until(() -> one.events().size() >= 3);
        assertThat(one.events())
                .extracting(event -> event.type().orElseThrow())
                .containsExactly(NetworkEventType.STARTED, NetworkEventType.STOPPED, NetworkEventType.UNDEFINED);
        assertThat(one.events()).extracting(NetworkEvent::network).containsOnly(Network.of(libvirt, watched));
    }

    @Test
    void whoCancelsHearsNoMore() {
        NetworkCalls networks = new NetworkCalls(libvirt);
        EventRecorder<NetworkEvent.Lifecycle> gone = record(libvirt.events(NetworkEventKind.LIFECYCLE));
        EventRecorder<NetworkEvent.Lifecycle> stays = record(libvirt.events(NetworkEventKind.LIFECYCLE));
        gone.cancel();
        networks.networkUndefine(define(networks, "unheard")).join();
        await().until(() -> stays.events().size() == 2);
        assertThat(gone.events()).isEmpty();
        assertThat(gone.failure()).isNull();
    }

    @Test
    void aPoolsLifeIsToldInOrderWithItsRefresh() {
        StoragePoolCalls pools = new StoragePoolCalls(libvirt);
        EventRecorder<StoragePoolEvent> recorder = record(libvirt.<StoragePoolEvent>events(StoragePoolEventKind.all()));
        StoragePoolRef pool = pools.storagePoolDefineXml(
                        "<pool type='dir'><name>told</name><target><path>/told</path></target></pool>", Set.of())
                .join()
                .pool();
        StoragePool told = StoragePool.of(libvirt, pool);
        pools.storagePoolCreate(pool, Set.of()).join();
        pools.storagePoolRefresh(pool).join();
        pools.storagePoolDestroy(pool).join();
        pools.storagePoolUndefine(pool).join();
        await().until(() -> recorder.events().size() >= 5);
        assertThat(recorder.events()).extracting(StoragePoolEvent::pool).containsOnly(told);
        assertThat(recorder.events())
                .containsExactly(
                        new StoragePoolEvent.Lifecycle(told, StoragePoolEventType.DEFINED.value(), 0),
                        new StoragePoolEvent.Lifecycle(told, StoragePoolEventType.STARTED.value(), 0),
                        new StoragePoolEvent.Refresh(told),
                        new StoragePoolEvent.Lifecycle(told, StoragePoolEventType.STOPPED.value(), 0),
                        new StoragePoolEvent.Lifecycle(told, StoragePoolEventType.UNDEFINED.value(), 0));
    }

    @Test
    void aDeviceThatComesAndGoesIsTold() {
        NodeDeviceCalls devices = new NodeDeviceCalls(libvirt);
        EventRecorder<NodeDeviceEvent> recorder = record(libvirt.<NodeDeviceEvent>events(NodeDeviceEventKind.all()));
        String name = devices.nodeDeviceCreateXml("""
                        <device>
                          <name>scsi_host99</name>
                          <parent>scsi_host1</parent>
                          <capability type='scsi_host'>
                            <host>99</host>
                            <capability type='fc_host'>
                              <wwnn>2000000012341234</wwnn>
                              <wwpn>1000000012341234</wwpn>
                            </capability>
                          </capability>
                        </device>
                        """, Set.of()).join().dev().name();
        devices.nodeDeviceDestroy(name).join();
        await().until(() -> recorder.events().size() >= 2);
        assertThat(recorder.events()).extracting(event -> event.device().name()).containsOnly(name);
        assertThat(recorder.events())
                .extracting(event -> ((NodeDeviceEvent.Lifecycle) event).type().orElseThrow())
                .containsExactly(NodeDeviceEventType.CREATED, NodeDeviceEventType.DELETED);
    }

    @Test
    void aSecretsLifeIsToldWithoutItsValue(Libvirtd libvirtd) {
        try (Libvirt qemu = Libvirt.connect(libvirtd.unixUri()).join()) {
            SecretCalls secrets = new SecretCalls(qemu);
            EventRecorder<SecretEvent> recorder = record(qemu.<SecretEvent>events(SecretEventKind.all()));
            SecretRef secret = secrets.secretDefineXml(
                            "<secret ephemeral='yes' private='no'><usage type='volume'>"
                                    + "<volume>/told</volume></usage></secret>",
                            Set.of())
                    .join()
                    .secret();
            Secret told = Secret.of(qemu, secret);
            secrets.secretSetValue(secret, new byte[] {1, 2, 3}).join();
            secrets.secretUndefine(secret).join();
            await().until(() -> recorder.events().size() >= 3);
            assertThat(recorder.events())
                    .containsExactly(
                            new SecretEvent.Lifecycle(told, SecretEventType.DEFINED.value(), 0),
                            new SecretEvent.ValueChanged(told),
                            new SecretEvent.Lifecycle(told, SecretEventType.UNDEFINED.value(), 0));
        }
    }

    @Test
    void aDriverThatHasNoSuchEventsRefusesTheSubscription() {
        EventRecorder<SecretEvent.Lifecycle> recorder = new EventRecorder<>();
        libvirt.events(SecretEventKind.LIFECYCLE).subscribe(recorder);
        await().until(() -> recorder.failure() != null);
        assertThat(recorder.failure())
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        refused -> assertThat(refused.is(ErrorCode.NO_SUPPORT)).isTrue());
    }

    /** A whole subscription is refused, and not the one kind left out in silence. */
    @Test
    void aKindThatTheServerDoesNotKnowRefusesAll() {
        EventRecorder<Event> recorder = new EventRecorder<>();
        libvirt.<Event>events(List.of(DomainEventKind.LIFECYCLE, SecretEventKind.LIFECYCLE))
                .subscribe(recorder);
        await().until(() -> recorder.failure() != null);
        assertThat(recorder.failure()).isInstanceOf(RemoteException.class);
    }
}
