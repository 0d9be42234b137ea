// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.node.NodeDevice;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.remote.NodeDeviceEventId;
import dev.virtwire.protocol.remote.NodeDeviceProcedures;
import java.util.List;

/**
 * A kind of event of the host's devices, by libvirt's names ({@code VIR_NODE_DEVICE_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class NodeDeviceEventKind<E extends NodeDeviceEvent> extends EventKind<NodeDevice, E> {
    /** A device came, went, was defined or undefined. */
    public static final NodeDeviceEventKind<NodeDeviceEvent.Lifecycle> LIFECYCLE =
            new NodeDeviceEventKind<>(NodeDeviceEventId.LIFECYCLE, NodeDeviceProcedures.NODE_DEVICE_EVENT_LIFECYCLE);

    /** A device's XML changed. */
    public static final NodeDeviceEventKind<NodeDeviceEvent.Update> UPDATE =
            new NodeDeviceEventKind<>(NodeDeviceEventId.UPDATE, NodeDeviceProcedures.NODE_DEVICE_EVENT_UPDATE);

    private NodeDeviceEventKind(NodeDeviceEventId id, EventMessage<?> message) {
        super("node-device-" + word(id), id.value(), message);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<NodeDeviceEventKind<?>> all() {
        return List.of(LIFECYCLE, UPDATE);
    }
}
