// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.network;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.NwfilterCalls;
import dev.virtwire.protocol.remote.NwfilterGetXmlDescResult;
import dev.virtwire.protocol.remote.NwfilterRef;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Rules for the traffic of guests. Its identity is its UUID: two of these are equal if connection and UUID are. The
 * object holds no state of the filter; every call asks the server.
 *
 * @since 0.1
 */
public final class NetworkFilter {
    private final Libvirt libvirt;
    private final NwfilterRef ref;

    private NetworkFilter(Libvirt libvirt, NwfilterRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The filter that a reference of the protocol names, on this connection; nothing is asked. */
    public static NetworkFilter of(Libvirt libvirt, NwfilterRef ref) {
        return new NetworkFilter(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the filter in the protocol. */
    public NwfilterRef ref() {
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

    /** The rules, as XML ({@code virNWFilterGetXMLDesc}). */
    public CompletableFuture<String> xml() {
        return calls().nwfilterGetXmlDesc(ref).thenApply(NwfilterGetXmlDescResult::xml);
    }

    /** Removes the filter, if no guest that runs uses it ({@code virNWFilterUndefine}). */
    public CompletableFuture<Void> undefine() {
        return calls().nwfilterUndefine(ref);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NetworkFilter filter
                && filter.libvirt.equals(libvirt)
                && filter.uuid().equals(uuid());
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

    private NwfilterCalls calls() {
        return new NwfilterCalls(libvirt);
    }
}
