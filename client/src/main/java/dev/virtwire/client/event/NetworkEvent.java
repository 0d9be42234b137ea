// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.client.network.Network;
import dev.virtwire.protocol.remote.NetworkEventType;
import dev.virtwire.protocol.remote.NetworkMetadataType;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a virtual network.
 *
 * @since 0.1
 */
public sealed interface NetworkEvent extends Event {
    /** The network. */
    Network network();

    /**
     * A network was defined, started, stopped and the like ({@code VIR_NETWORK_EVENT_ID_LIFECYCLE}).
     *
     * @param typeNumber what happened
     * @param detail 0; libvirt has no others
     * @since 0.1
     */
    record Lifecycle(Network network, int typeNumber, int detail) implements NetworkEvent {
        /** What happened. */
        public Optional<NetworkEventType> type() {
            return NetworkEventType.of(typeNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("Lifecycle")
                    .with("network", network)
                    .with("type", type(), typeNumber)
                    .with("detail", detail)
                    .toString();
        }
    }

    /**
     * Title, description or custom metadata changed ({@code VIR_NETWORK_EVENT_ID_METADATA_CHANGE}).
     *
     * @param typeNumber which of these
     * @param namespace of custom metadata: the namespace of its element; else null
     * @since 0.1
     */
    record MetadataChange(
            Network network, int typeNumber, @Nullable String namespace) implements NetworkEvent {
        /** Which of these. */
        public Optional<NetworkMetadataType> type() {
            return NetworkMetadataType.of(typeNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("MetadataChange")
                    .with("network", network)
                    .with("type", type(), typeNumber)
                    .with("namespace", namespace)
                    .toString();
        }
    }
}
