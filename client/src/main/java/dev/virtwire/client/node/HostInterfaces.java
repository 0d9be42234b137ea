// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.node;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectListAllInterfacesFlags;
import dev.virtwire.protocol.remote.InterfaceCalls;
import dev.virtwire.protocol.remote.InterfaceDefineFlags;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * The network interfaces of the host itself, if its libvirt has a driver for them. {@link Node#interfaces()} gives
 * it; it holds no state. Debian's driver reads them and changes none.
 *
 * @since 0.1
 */
public final class HostInterfaces {
    private final Libvirt libvirt;

    HostInterfaces(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** Those of these kinds ({@code virConnectListAllInterfaces}); none for all of them. */
    public CompletableFuture<List<HostInterface>> list(ConnectListAllInterfacesFlags... kinds) {
        return calls().connectListAllInterfaces(1, Set.of(kinds))
                .thenApply(result -> result.ifaces().stream()
                        .map(found -> HostInterface.of(libvirt, found))
                        .toList());
    }

    /**
     * The interface of that name ({@code virInterfaceLookupByName}); fails with {@link ErrorCode#NO_INTERFACE} if the
     * host has no such interface.
     */
    public CompletableFuture<HostInterface> find(String name) {
        return calls().interfaceLookupByName(name).thenApply(result -> HostInterface.of(libvirt, result.iface()));
    }

    /**
     * The interface of that MAC address ({@code virInterfaceLookupByMACString}); fails with {@link
     * ErrorCode#NO_INTERFACE} if the host has none, and with {@link ErrorCode#MULTIPLE_INTERFACES} if it has several.
     */
    public CompletableFuture<HostInterface> findByMac(String mac) {
        return calls().interfaceLookupByMacString(mac).thenApply(result -> HostInterface.of(libvirt, result.iface()));
    }

    /** Defines an interface, or redefines it ({@code virInterfaceDefineXML}). */
    public CompletableFuture<HostInterface> define(String xml, InterfaceDefineFlags... flags) {
        return calls().interfaceDefineXml(xml, Set.of(flags))
                .thenApply(result -> HostInterface.of(libvirt, result.iface()));
    }

    /** Begins changes that the host takes back unless they are committed ({@code virInterfaceChangeBegin}). */
    public CompletableFuture<Void> beginChanges() {
        return calls().interfaceChangeBegin();
    }

    /** Keeps the changes since {@link #beginChanges} ({@code virInterfaceChangeCommit}). */
    public CompletableFuture<Void> commitChanges() {
        return calls().interfaceChangeCommit();
    }

    /** Takes the changes since {@link #beginChanges} back ({@code virInterfaceChangeRollback}). */
    public CompletableFuture<Void> rollBackChanges() {
        return calls().interfaceChangeRollback();
    }

    private InterfaceCalls calls() {
        return new InterfaceCalls(libvirt);
    }
}
