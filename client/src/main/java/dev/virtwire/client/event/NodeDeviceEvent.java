// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.client.node.NodeDevice;
import dev.virtwire.protocol.remote.NodeDeviceEventType;
import java.util.Optional;

/**
 * Something that happened to a device of the host.
 *
 * @since 0.1
 */
public sealed interface NodeDeviceEvent extends Event {
    /** The device. */
    NodeDevice device();

    /**
     * A device came, went, was defined or undefined ({@code VIR_NODE_DEVICE_EVENT_ID_LIFECYCLE}).
     *
     * @param typeNumber what happened
     * @param detail 0; libvirt has no others
     * @since 0.1
     */
    record Lifecycle(NodeDevice device, int typeNumber, int detail) implements NodeDeviceEvent {
        /** What happened. */
        public Optional<NodeDeviceEventType> type() {
            return NodeDeviceEventType.of(typeNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("Lifecycle")
                    .with("device", device)
                    .with("type", type(), typeNumber)
                    .with("detail", detail)
                    .toString();
        }
    }

    /**
     * A device's XML changed ({@code VIR_NODE_DEVICE_EVENT_ID_UPDATE}).
     *
     * @since 0.1
     */
    record Update(NodeDevice device) implements NodeDeviceEvent {}
}
