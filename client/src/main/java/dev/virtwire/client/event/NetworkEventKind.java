// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.network.Network;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.remote.NetworkEventId;
import dev.virtwire.protocol.remote.NetworkProcedures;
import java.util.List;

/**
 * A kind of event of virtual networks, by libvirt's names ({@code VIR_NETWORK_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class NetworkEventKind<E extends NetworkEvent> extends EventKind<Network, E> {
    /** A network was defined, started, stopped and the like. */
    public static final NetworkEventKind<NetworkEvent.Lifecycle> LIFECYCLE =
            new NetworkEventKind<>(NetworkEventId.LIFECYCLE, NetworkProcedures.NETWORK_EVENT_LIFECYCLE);

    /** Title, description or custom metadata changed. */
    public static final NetworkEventKind<NetworkEvent.MetadataChange> METADATA_CHANGE = new NetworkEventKind<>(
            NetworkEventId.METADATA_CHANGE, NetworkProcedures.NETWORK_EVENT_CALLBACK_METADATA_CHANGE);

    private NetworkEventKind(NetworkEventId id, EventMessage<?> message) {
        super("network-" + word(id), id.value(), message);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<NetworkEventKind<?>> all() {
        return List.of(LIFECYCLE, METADATA_CHANGE);
    }
}
