// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.network;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.NwfilterBindingGetXmlDescResult;
import dev.virtwire.protocol.remote.NwfilterBindingRef;
import dev.virtwire.protocol.remote.NwfilterCalls;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A filter at one interface of the host. Its identity is that interface: two of these are equal if connection and
 * interface are. The object holds no state; every call asks the server.
 *
 * @since 0.1
 */
public final class NetworkFilterBinding {
    private final Libvirt libvirt;
    private final NwfilterBindingRef ref;

    private NetworkFilterBinding(Libvirt libvirt, NwfilterBindingRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The binding that a reference of the protocol names, on this connection; nothing is asked. */
    public static NetworkFilterBinding of(Libvirt libvirt, NwfilterBindingRef ref) {
        return new NetworkFilterBinding(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the binding in the protocol. */
    public NwfilterBindingRef ref() {
        return ref;
    }

    /** The interface of the host, such as {@code vnet0}. */
    public String port() {
        return ref.portdev();
    }

    /** The filter's name. */
    public String filterName() {
        return ref.filtername();
    }

    /** Guest, interface, filter and its parameters, as XML ({@code virNWFilterBindingGetXMLDesc}). */
    public CompletableFuture<String> xml() {
        return calls().nwfilterBindingGetXmlDesc(ref).thenApply(NwfilterBindingGetXmlDescResult::xml);
    }

    /** Takes the filter away from the interface ({@code virNWFilterBindingDelete}). */
    public CompletableFuture<Void> delete() {
        return calls().nwfilterBindingDelete(ref);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NetworkFilterBinding binding
                && binding.libvirt.equals(libvirt)
                && binding.port().equals(port());
    }

    @Override
    public int hashCode() {
        return Objects.hash(port());
    }

    /** Interface and filter. */
    @Override
    public String toString() {
        return port() + " (" + filterName() + ")";
    }

    private NwfilterCalls calls() {
        return new NwfilterCalls(libvirt);
    }
}
