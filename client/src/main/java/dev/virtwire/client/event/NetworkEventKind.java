// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.protocol.remote.ConnectNetworkEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNetworkEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectNetworkEventRegisterAnyResult;
import dev.virtwire.protocol.remote.NetworkEventCallbackMetadataChangeMessage;
import dev.virtwire.protocol.remote.NetworkEventId;
import dev.virtwire.protocol.remote.NetworkEventLifecycleMessage;
import dev.virtwire.protocol.remote.NetworkProcedures;
import dev.virtwire.protocol.remote.NetworkRef;
import java.util.List;

/**
 * A kind of event of virtual networks, by libvirt's names ({@code VIR_NETWORK_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class NetworkEventKind<E extends NetworkEvent> extends EventKind<NetworkRef, E> {
    /** A network was defined, started, stopped and the like. */
    public static final NetworkEventKind<NetworkEvent.Lifecycle> LIFECYCLE = new NetworkEventKind<>(
            NetworkEventId.LIFECYCLE,
            new Wire<>(
                    NetworkProcedures.NETWORK_EVENT_LIFECYCLE,
                    NetworkEventLifecycleMessage::callbackId,
                    (libvirt, body) -> new NetworkEvent.Lifecycle(body.network(), body.event(), body.detail()),
                    registry(NetworkEventId.LIFECYCLE)));

    /** Title, description or custom metadata changed. */
    public static final NetworkEventKind<NetworkEvent.MetadataChange> METADATA_CHANGE = new NetworkEventKind<>(
            NetworkEventId.METADATA_CHANGE,
            new Wire<>(
                    NetworkProcedures.NETWORK_EVENT_CALLBACK_METADATA_CHANGE,
                    NetworkEventCallbackMetadataChangeMessage::callbackId,
                    (libvirt, body) -> new NetworkEvent.MetadataChange(body.network(), body.type(), body.nsuri()),
                    registry(NetworkEventId.METADATA_CHANGE)));

    private NetworkEventKind(NetworkEventId id, Wire<NetworkRef, ?, E> wire) {
        super("network-" + word(id), wire);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<NetworkEventKind<?>> all() {
        return List.of(LIFECYCLE, METADATA_CHANGE);
    }

    private static Registry<NetworkRef> registry(NetworkEventId id) {
        return new Calls<>(
                NetworkProcedures.CONNECT_NETWORK_EVENT_REGISTER_ANY,
                of -> new ConnectNetworkEventRegisterAnyArgs(id.value(), of),
                ConnectNetworkEventRegisterAnyResult::callbackId,
                NetworkProcedures.CONNECT_NETWORK_EVENT_DEREGISTER_ANY,
                ConnectNetworkEventDeregisterAnyArgs::new,
                NetworkRef::uuid,
                "all networks",
                NetworkRef::name);
    }
}
