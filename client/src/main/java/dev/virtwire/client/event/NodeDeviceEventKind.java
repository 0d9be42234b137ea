// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.protocol.remote.ConnectNodeDeviceEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNodeDeviceEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNodeDeviceEventRegisterAnyResult;
import dev.virtwire.protocol.remote.NodeDeviceEventId;
import dev.virtwire.protocol.remote.NodeDeviceEventLifecycleMessage;
import dev.virtwire.protocol.remote.NodeDeviceEventUpdateMessage;
import dev.virtwire.protocol.remote.NodeDeviceProcedures;
import dev.virtwire.protocol.remote.NodeDeviceRef;
import java.util.List;

/**
 * A kind of event of the host's devices, by libvirt's names ({@code VIR_NODE_DEVICE_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class NodeDeviceEventKind<E extends NodeDeviceEvent> extends EventKind<NodeDeviceRef, E> {
    /** A device came, went, was defined or undefined. */
    public static final NodeDeviceEventKind<NodeDeviceEvent.Lifecycle> LIFECYCLE = new NodeDeviceEventKind<>(
            NodeDeviceEventId.LIFECYCLE,
            new Wire<>(
                    NodeDeviceProcedures.NODE_DEVICE_EVENT_LIFECYCLE,
                    NodeDeviceEventLifecycleMessage::callbackId,
                    (libvirt, body) -> new NodeDeviceEvent.Lifecycle(body.dev(), body.event(), body.detail()),
                    registry(NodeDeviceEventId.LIFECYCLE)));

    /** A device's XML changed. */
    public static final NodeDeviceEventKind<NodeDeviceEvent.Update> UPDATE = new NodeDeviceEventKind<>(
            NodeDeviceEventId.UPDATE,
            new Wire<>(
                    NodeDeviceProcedures.NODE_DEVICE_EVENT_UPDATE,
                    NodeDeviceEventUpdateMessage::callbackId,
                    (libvirt, body) -> new NodeDeviceEvent.Update(body.dev()),
                    registry(NodeDeviceEventId.UPDATE)));

    private NodeDeviceEventKind(NodeDeviceEventId id, Wire<NodeDeviceRef, ?, E> wire) {
        super("node-device-" + word(id), wire);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<NodeDeviceEventKind<?>> all() {
        return List.of(LIFECYCLE, UPDATE);
    }

    private static Registry<NodeDeviceRef> registry(NodeDeviceEventId id) {
        return new Calls<>(
                NodeDeviceProcedures.CONNECT_NODE_DEVICE_EVENT_REGISTER_ANY,
                of -> new ConnectNodeDeviceEventRegisterAnyArgs(id.value(), of),
                ConnectNodeDeviceEventRegisterAnyResult::callbackId,
                NodeDeviceProcedures.CONNECT_NODE_DEVICE_EVENT_DEREGISTER_ANY,
                ConnectNodeDeviceEventDeregisterAnyArgs::new,
                NodeDeviceRef::name,
                "all devices of the host",
                NodeDeviceRef::name);
    }
}
