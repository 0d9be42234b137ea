// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.event.MonitorEvent;
import dev.virtwire.client.event.MonitorEventKind;
import dev.virtwire.client.event.NetworkEvent;
import dev.virtwire.client.event.NetworkEventKind;
import dev.virtwire.client.event.NodeDeviceEvent;
import dev.virtwire.client.event.NodeDeviceEventKind;
import dev.virtwire.client.event.SecretEvent;
import dev.virtwire.client.event.SecretEventKind;
import dev.virtwire.client.event.StoragePoolEvent;
import dev.virtwire.client.event.StoragePoolEventKind;
import dev.virtwire.client.internal.event.EventWire.Calls;
import dev.virtwire.client.network.Network;
import dev.virtwire.client.node.NodeDevice;
import dev.virtwire.client.secret.Secret;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.qemu.ConnectDomainMonitorEventDeregisterArgs;
import dev.virtwire.protocol.qemu.ConnectDomainMonitorEventRegisterArgs;
import dev.virtwire.protocol.qemu.ConnectDomainMonitorEventRegisterResult;
import dev.virtwire.protocol.qemu.DomainMonitorEventMessage;
import dev.virtwire.protocol.qemu.QemuProcedures;
import dev.virtwire.protocol.remote.ConnectNetworkEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNetworkEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNetworkEventRegisterAnyResult;
import dev.virtwire.protocol.remote.ConnectNodeDeviceEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNodeDeviceEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNodeDeviceEventRegisterAnyResult;
import dev.virtwire.protocol.remote.ConnectSecretEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectSecretEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectSecretEventRegisterAnyResult;
import dev.virtwire.protocol.remote.ConnectStoragePoolEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectStoragePoolEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectStoragePoolEventRegisterAnyResult;
import dev.virtwire.protocol.remote.NetworkProcedures;
import dev.virtwire.protocol.remote.NodeDeviceProcedures;
import dev.virtwire.protocol.remote.NodeDeviceRef;
import dev.virtwire.protocol.remote.SecretProcedures;
import dev.virtwire.protocol.remote.StoragePoolProcedures;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** What the events of networks, pools, devices and secrets look like on the wire, and those of QEMU's monitor. */
final class HostWires {
    private HostWires() {}

    /** Puts all kinds but the monitor's into a table. */
    static void addTo(EventWire.Table table) {
        table.put(
                NetworkEventKind.LIFECYCLE,
                NetworkProcedures.NETWORK_EVENT_LIFECYCLE,
                networks(NetworkEventKind.LIFECYCLE),
                (libvirt, body) ->
                        new NetworkEvent.Lifecycle(Network.of(libvirt, body.network()), body.event(), body.detail()));
        table.put(
                NetworkEventKind.METADATA_CHANGE,
                NetworkProcedures.NETWORK_EVENT_CALLBACK_METADATA_CHANGE,
                networks(NetworkEventKind.METADATA_CHANGE),
                (libvirt, body) -> new NetworkEvent.MetadataChange(
                        Network.of(libvirt, body.network()), body.type(), body.nsuri()));
        table.put(
                StoragePoolEventKind.LIFECYCLE,
                StoragePoolProcedures.STORAGE_POOL_EVENT_LIFECYCLE,
                pools(StoragePoolEventKind.LIFECYCLE),
                (libvirt, body) -> new StoragePoolEvent.Lifecycle(
                        StoragePool.of(libvirt, body.pool()), body.event(), body.detail()));
        table.put(
                StoragePoolEventKind.REFRESH,
                StoragePoolProcedures.STORAGE_POOL_EVENT_REFRESH,
                pools(StoragePoolEventKind.REFRESH),
                (libvirt, body) -> new StoragePoolEvent.Refresh(StoragePool.of(libvirt, body.pool())));
        table.put(
                NodeDeviceEventKind.LIFECYCLE,
                NodeDeviceProcedures.NODE_DEVICE_EVENT_LIFECYCLE,
                devices(NodeDeviceEventKind.LIFECYCLE),
                (libvirt, body) -> new NodeDeviceEvent.Lifecycle(
                        NodeDevice.of(libvirt, body.dev().name()), body.event(), body.detail()));
        table.put(
                NodeDeviceEventKind.UPDATE,
                NodeDeviceProcedures.NODE_DEVICE_EVENT_UPDATE,
                devices(NodeDeviceEventKind.UPDATE),
                (libvirt, body) -> new NodeDeviceEvent.Update(
                        NodeDevice.of(libvirt, body.dev().name())));
        table.put(
                SecretEventKind.LIFECYCLE,
                SecretProcedures.SECRET_EVENT_LIFECYCLE,
                secrets(SecretEventKind.LIFECYCLE),
                (libvirt, body) ->
                        new SecretEvent.Lifecycle(Secret.of(libvirt, body.secret()), body.event(), body.detail()));
        table.put(
                SecretEventKind.VALUE_CHANGED,
                SecretProcedures.SECRET_EVENT_VALUE_CHANGED,
                secrets(SecretEventKind.VALUE_CHANGED),
                (libvirt, body) -> new SecretEvent.ValueChanged(Secret.of(libvirt, body.secret())));
    }

    private static Calls<Network, ?, ?, ?> networks(EventKind<Network, ?> kind) {
        return new Calls<>(
                NetworkProcedures.CONNECT_NETWORK_EVENT_REGISTER_ANY,
                of -> new ConnectNetworkEventRegisterAnyArgs(kind.number(), of == null ? null : of.ref()),
                ConnectNetworkEventRegisterAnyResult::callbackId,
                NetworkProcedures.CONNECT_NETWORK_EVENT_DEREGISTER_ANY,
                ConnectNetworkEventDeregisterAnyArgs::new,
                Network::name,
                "all networks");
    }

    private static Calls<StoragePool, ?, ?, ?> pools(EventKind<StoragePool, ?> kind) {
        return new Calls<>(
                StoragePoolProcedures.CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY,
                of -> new ConnectStoragePoolEventRegisterAnyArgs(kind.number(), of == null ? null : of.ref()),
                ConnectStoragePoolEventRegisterAnyResult::callbackId,
                StoragePoolProcedures.CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY,
                ConnectStoragePoolEventDeregisterAnyArgs::new,
                StoragePool::name,
                "all storage pools");
    }

    private static Calls<NodeDevice, ?, ?, ?> devices(EventKind<NodeDevice, ?> kind) {
        return new Calls<>(
                NodeDeviceProcedures.CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY,
                of -> new ConnectNodeDeviceEventRegisterAnyArgs(
                        kind.number(), of == null ? null : new NodeDeviceRef(of.name())),
                ConnectNodeDeviceEventRegisterAnyResult::callbackId,
                NodeDeviceProcedures.CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY,
                ConnectNodeDeviceEventDeregisterAnyArgs::new,
                NodeDevice::name,
                "all devices of the host");
    }

    private static Calls<Secret, ?, ?, ?> secrets(EventKind<Secret, ?> kind) {
        return new Calls<>(
                SecretProcedures.CONNECT_SECRET_EVENT_REGISTER_ANY,
                of -> new ConnectSecretEventRegisterAnyArgs(kind.number(), of == null ? null : of.ref()),
                ConnectSecretEventRegisterAnyResult::callbackId,
                SecretProcedures.CONNECT_SECRET_EVENT_DEREGISTER_ANY,
                ConnectSecretEventDeregisterAnyArgs::new,
                of -> of.uuid().toString(),
                "all secrets");
    }

    /** A kind of the monitor's events, of which a user can make any number. */
    static EventWire<Domain, DomainMonitorEventMessage, MonitorEvent> monitor(MonitorEventKind kind) {
        return new EventWire<>(
                QemuProcedures.DOMAIN_MONITOR_EVENT,
                new Calls<>(
                        QemuProcedures.CONNECT_DOMAIN_MONITOR_EVENT_REGISTER,
                        of -> new ConnectDomainMonitorEventRegisterArgs(
                                of == null ? null : of.ref(), kind.pattern(), kind.flags()),
                        ConnectDomainMonitorEventRegisterResult::callbackId,
                        QemuProcedures.CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER,
                        ConnectDomainMonitorEventDeregisterArgs::new,
                        Domain::name,
                        "all domains"),
                (libvirt, body) -> new MonitorEvent(
                        Domain.of(libvirt, body.domain()),
                        body.event(),
                        Instant.ofEpochSecond(body.seconds()).plus(body.micros(), ChronoUnit.MICROS),
                        body.details()));
    }
}
