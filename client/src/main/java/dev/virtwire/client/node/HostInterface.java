// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.node;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.InterfaceCalls;
import dev.virtwire.protocol.remote.InterfaceGetXmlDescResult;
import dev.virtwire.protocol.remote.InterfaceRef;
import dev.virtwire.protocol.remote.InterfaceXmlFlags;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A network interface of the host itself. Its identity is its name: two of these are equal if connection and name are.
 * The object holds no state; every call asks the server.
 *
 * @since 0.1
 */
public final class HostInterface {
    private final Libvirt libvirt;
    private final InterfaceRef ref;

    private HostInterface(Libvirt libvirt, InterfaceRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The interface that a reference of the protocol names, on this connection; nothing is asked. */
    public static HostInterface of(Libvirt libvirt, InterfaceRef ref) {
        return new HostInterface(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the interface in the protocol. */
    public InterfaceRef ref() {
        return ref;
    }

    /** The name, such as {@code eth0}. */
    public String name() {
        return ref.name();
    }

    /** The MAC address; empty if it has none. */
    public String mac() {
        return ref.mac();
    }

    /** The configuration, as XML ({@code virInterfaceGetXMLDesc}). */
    public CompletableFuture<String> xml(InterfaceXmlFlags... flags) {
        return calls().interfaceGetXmlDesc(ref, Set.of(flags)).thenApply(InterfaceGetXmlDescResult::xml);
    }

    /** Whether the interface is up ({@code virInterfaceIsActive}). */
    public CompletableFuture<Boolean> isActive() {
        return calls().interfaceIsActive(ref).thenApply(result -> result.active() != 0);
    }

    /** Brings it up ({@code virInterfaceCreate}). */
    public CompletableFuture<Void> start() {
        return calls().interfaceCreate(ref);
    }

    /** Takes it down ({@code virInterfaceDestroy}). */
    public CompletableFuture<Void> destroy() {
        return calls().interfaceDestroy(ref);
    }

    /** Removes its configuration ({@code virInterfaceUndefine}). */
    public CompletableFuture<Void> undefine() {
        return calls().interfaceUndefine(ref);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof HostInterface found
                && found.libvirt.equals(libvirt)
                && found.name().equals(name());
    }

    @Override
    public int hashCode() {
        return Objects.hash(name());
    }

    /** The name. */
    @Override
    public String toString() {
        return name();
    }

    private InterfaceCalls calls() {
        return new InterfaceCalls(libvirt);
    }
}
