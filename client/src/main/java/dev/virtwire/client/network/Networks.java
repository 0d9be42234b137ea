// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.network;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectListAllNetworksFlags;
import dev.virtwire.protocol.remote.NetworkCalls;
import dev.virtwire.protocol.remote.NetworkCreateFlags;
import dev.virtwire.protocol.remote.NetworkDefineFlags;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The virtual networks of a host. {@link Libvirt#networks()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class Networks {
    private final Libvirt libvirt;

    private Networks(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** The networks of this connection's host; nothing is asked. */
    public static Networks of(Libvirt libvirt) {
        return new Networks(libvirt);
    }

    /** Those of these kinds ({@code virConnectListAllNetworks}); no kind of a group stands for all of it. */
    public CompletableFuture<List<Network>> list(ConnectListAllNetworksFlags... kinds) {
        return calls().connectListAllNetworks(1, Set.of(kinds))
                .thenApply(result -> result.networks().stream()
                        .map(found -> Network.of(libvirt, found))
                        .toList());
    }

    /**
     * The network of that name ({@code virNetworkLookupByName}); fails with {@link ErrorCode#NO_NETWORK} if the host
     * has no such network.
     */
    public CompletableFuture<Network> find(String name) {
        return calls().networkLookupByName(name).thenApply(result -> Network.of(libvirt, result.network()));
    }

    /**
     * The network of that UUID ({@code virNetworkLookupByUUID}); fails with {@link ErrorCode#NO_NETWORK} if the host
     * has no such network.
     */
    public CompletableFuture<Network> find(UUID uuid) {
        return calls().networkLookupByUuid(uuid).thenApply(result -> Network.of(libvirt, result.network()));
    }

    /** Defines a network, or redefines it ({@code virNetworkDefineXML}); {@link Network#start} starts it. */
    public CompletableFuture<Network> define(String xml) {
        return calls().networkDefineXml(xml).thenApply(result -> Network.of(libvirt, result.network()));
    }

    /** As {@link #define(String)} ({@code virNetworkDefineXMLFlags}, since libvirt 7.7). */
    public CompletableFuture<Network> define(String xml, Set<NetworkDefineFlags> flags) {
        return calls().networkDefineXmlFlags(xml, flags).thenApply(result -> Network.of(libvirt, result.network()));
    }

    /** As {@link #define(String, Set)}. */
    public CompletableFuture<Network> define(String xml, NetworkDefineFlags... flags) {
        return define(xml, Set.of(flags));
    }

    /** Starts a network that is gone when it ends ({@code virNetworkCreateXML}). */
    public CompletableFuture<Network> create(String xml) {
        return calls().networkCreateXml(xml).thenApply(result -> Network.of(libvirt, result.network()));
    }

    /** As {@link #create(String)} ({@code virNetworkCreateXMLFlags}, since libvirt 7.8). */
    public CompletableFuture<Network> create(String xml, Set<NetworkCreateFlags> flags) {
        return calls().networkCreateXmlFlags(xml, flags).thenApply(result -> Network.of(libvirt, result.network()));
    }

    /** As {@link #create(String, Set)}. */
    public CompletableFuture<Network> create(String xml, NetworkCreateFlags... flags) {
        return create(xml, Set.of(flags));
    }

    /** The rules for guests' traffic, and where they are in use. */
    public NetworkFilters filters() {
        return new NetworkFilters(libvirt);
    }

    private NetworkCalls calls() {
        return new NetworkCalls(libvirt);
    }
}
