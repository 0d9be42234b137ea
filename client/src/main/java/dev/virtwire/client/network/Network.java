// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.network;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.CallOptions;
import dev.virtwire.protocol.remote.Feature;
import dev.virtwire.protocol.remote.NetworkCalls;
import dev.virtwire.protocol.remote.NetworkDhcpLease;
import dev.virtwire.protocol.remote.NetworkGetBridgeNameResult;
import dev.virtwire.protocol.remote.NetworkGetDhcpLeasesResult;
import dev.virtwire.protocol.remote.NetworkGetXmlDescResult;
import dev.virtwire.protocol.remote.NetworkProcedures;
import dev.virtwire.protocol.remote.NetworkRef;
import dev.virtwire.protocol.remote.NetworkUpdateArgs;
import dev.virtwire.protocol.remote.NetworkUpdateCommand;
import dev.virtwire.protocol.remote.NetworkUpdateFlags;
import dev.virtwire.protocol.remote.NetworkUpdateSection;
import dev.virtwire.protocol.remote.NetworkXmlFlags;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A virtual network. Its identity is its UUID: two of these are equal if connection and UUID are. The object holds
 * no state of the network; every call asks the server.
 *
 * @since 0.1
 */
public final class Network {
    private final Libvirt libvirt;
    private final NetworkRef ref;

    private Network(Libvirt libvirt, NetworkRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The network that a reference of the protocol names, on this connection; nothing is asked. */
    public static Network of(Libvirt libvirt, NetworkRef ref) {
        return new Network(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the network in the protocol. */
    public NetworkRef ref() {
        return ref;
    }

    /** The name. */
    public String name() {
        return ref.name();
    }

    /** The UUID. */
    public UUID uuid() {
        return ref.uuid();
    }

    /**
     * The configuration, as XML ({@code virNetworkGetXMLDesc}): of the active network, or with
     * {@link NetworkXmlFlags#INACTIVE} as it will be at the next start.
     */
    public CompletableFuture<String> xml(NetworkXmlFlags... flags) {
        return calls().networkGetXmlDesc(ref, Set.of(flags)).thenApply(NetworkGetXmlDescResult::xml);
    }

    /** Whether the network is started ({@code virNetworkIsActive}). */
    public CompletableFuture<Boolean> isActive() {
        return calls().networkIsActive(ref).thenApply(result -> result.active() != 0);
    }

    /** Whether the network has a stored configuration ({@code virNetworkIsPersistent}). */
    public CompletableFuture<Boolean> isPersistent() {
        return calls().networkIsPersistent(ref).thenApply(result -> result.persistent() != 0);
    }

    /** Whether the network is started with the daemon ({@code virNetworkGetAutostart}). */
    public CompletableFuture<Boolean> autostart() {
        return calls().networkGetAutostart(ref).thenApply(result -> result.autostart() != 0);
    }

    /** Says whether the network is started with the daemon ({@code virNetworkSetAutostart}). */
    public CompletableFuture<Void> setAutostart(boolean autostart) {
        return calls().networkSetAutostart(ref, autostart ? 1 : 0);
    }

    /** The bridge of the host to which guests are connected ({@code virNetworkGetBridgeName}). */
    public CompletableFuture<String> bridgeName() {
        return calls().networkGetBridgeName(ref).thenApply(NetworkGetBridgeNameResult::name);
    }

    /** The addresses that its DHCP server has given to guests ({@code virNetworkGetDHCPLeases}). */
    public CompletableFuture<List<NetworkDhcpLease>> dhcpLeases() {
        return calls().networkGetDhcpLeases(ref, null, 1).thenApply(NetworkGetDhcpLeasesResult::leases);
    }

    /** The addresses that its DHCP server has given to one MAC address ({@code virNetworkGetDHCPLeases}). */
    public CompletableFuture<List<NetworkDhcpLease>> dhcpLeases(String mac) {
        return calls().networkGetDhcpLeases(ref, mac, 1).thenApply(NetworkGetDhcpLeasesResult::leases);
    }

    /** Starts a defined network ({@code virNetworkCreate}). */
    public CompletableFuture<Void> start() {
        return calls().networkCreate(ref);
    }

    /** Stops the network ({@code virNetworkDestroy}). */
    public CompletableFuture<Void> destroy() {
        return calls().networkDestroy(ref);
    }

    /** Removes the stored configuration ({@code virNetworkUndefine}). */
    public CompletableFuture<Void> undefine() {
        return calls().networkUndefine(ref);
    }

    /**
     * Changes a part of the network ({@code virNetworkUpdate}).
     *
     * @param parentIndex in which of several parents, from 0; -1 to find it
     * @param xml the part
     */
    public CompletableFuture<Void> update(
            NetworkUpdateCommand command,
            NetworkUpdateSection section,
            int parentIndex,
            String xml,
            NetworkUpdateFlags... flags) {
        // Servers without the feature read command and section the other way round.
        return libvirt.supports(Feature.NETWORK_UPDATE_HAS_CORRECT_ORDER)
                .thenCompose(ordered -> libvirt.call(
                        NetworkProcedures.NETWORK_UPDATE,
                        new NetworkUpdateArgs(
                                ref,
                                ordered ? command.value() : section.value(),
                                ordered ? section.value() : command.value(),
                                parentIndex,
                                xml,
                                Set.of(flags)),
                        CallOptions.DEFAULT));
    }

    /** Its title, its description, and what programs note at it. */
    public NetworkMetadata metadata() {
        return new NetworkMetadata(this);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Network network
                && network.libvirt.equals(libvirt)
                && network.uuid().equals(uuid());
    }

    @Override
    public int hashCode() {
        return Objects.hash(uuid());
    }

    /** Name and UUID. */
    @Override
    public String toString() {
        return name() + " (" + uuid() + ")";
    }

    private NetworkCalls calls() {
        return new NetworkCalls(libvirt);
    }
}
