// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.network;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.NwfilterBindingCreateFlags;
import dev.virtwire.protocol.remote.NwfilterCalls;
import dev.virtwire.protocol.remote.NwfilterDefineFlags;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/**
 * The network filters of a host, and where they are in use. {@link Networks#filters()} gives it; it holds no state.
 *
 * @since 0.1
 */
public final class NetworkFilters {
    private final Libvirt libvirt;

    NetworkFilters(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** All of them ({@code virConnectListAllNWFilters}). */
    public CompletableFuture<List<NetworkFilter>> list() {
        return calls().connectListAllNwfilters(1)
                .thenApply(result -> result.filters().stream()
                        .map(found -> NetworkFilter.of(libvirt, found))
                        .toList());
    }

    /**
     * The filter of that name ({@code virNWFilterLookupByName}); fails with {@link ErrorCode#NO_NWFILTER} if the host
     * has no such filter.
     */
    public CompletableFuture<NetworkFilter> find(String name) {
        return calls().nwfilterLookupByName(name).thenApply(result -> NetworkFilter.of(libvirt, result.nwfilter()));
    }

    /**
     * The filter of that UUID ({@code virNWFilterLookupByUUID}); fails with {@link ErrorCode#NO_NWFILTER} if the host
     * has no such filter.
     */
    public CompletableFuture<NetworkFilter> find(UUID uuid) {
        return calls().nwfilterLookupByUuid(uuid).thenApply(result -> NetworkFilter.of(libvirt, result.nwfilter()));
    }

    /** Defines a filter, or redefines it, also for guests that run ({@code virNWFilterDefineXML}). */
    public CompletableFuture<NetworkFilter> define(String xml) {
        return calls().nwfilterDefineXml(xml).thenApply(result -> NetworkFilter.of(libvirt, result.nwfilter()));
    }

    /** As {@link #define(String)} ({@code virNWFilterDefineXMLFlags}, since libvirt 7.7). */
    public CompletableFuture<NetworkFilter> define(String xml, Set<NwfilterDefineFlags> flags) {
        return calls().nwfilterDefineXmlFlags(xml, flags)
                .thenApply(result -> NetworkFilter.of(libvirt, result.nwfilter()));
    }

    /** As {@link #define(String, Set)}. */
    public CompletableFuture<NetworkFilter> define(String xml, NwfilterDefineFlags... flags) {
        return define(xml, Set.of(flags));
    }

    /** Which interfaces of the host have which filter ({@code virConnectListAllNWFilterBindings}). */
    public CompletableFuture<List<NetworkFilterBinding>> bindings() {
        return calls().connectListAllNwfilterBindings(1)
                .thenApply(result -> result.bindings().stream()
                        .map(found -> NetworkFilterBinding.of(libvirt, found))
                        .toList());
    }

    /**
     * The filter at an interface of the host ({@code virNWFilterBindingLookupByPortDev}); fails with {@link
     * ErrorCode#NO_NWFILTER_BINDING} if it has none.
     *
     * @param port such as {@code vnet0}
     */
    public CompletableFuture<NetworkFilterBinding> binding(String port) {
        return calls().nwfilterBindingLookupByPortDev(port)
                .thenApply(result -> NetworkFilterBinding.of(libvirt, result.nwfilter()));
    }

    /** Gives an interface of the host a filter ({@code virNWFilterBindingCreateXML}). */
    public CompletableFuture<NetworkFilterBinding> bind(String xml, NwfilterBindingCreateFlags... flags) {
        return calls().nwfilterBindingCreateXml(xml, Set.of(flags))
                .thenApply(result -> NetworkFilterBinding.of(libvirt, result.nwfilter()));
    }

    private NwfilterCalls calls() {
        return new NwfilterCalls(libvirt);
    }
}
