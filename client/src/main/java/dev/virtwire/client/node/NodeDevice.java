// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.node;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.remote.NodeDeviceCalls;
import dev.virtwire.protocol.remote.NodeDeviceGetXmlDescResult;
import dev.virtwire.protocol.remote.NodeDeviceListCapsResult;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A device of a host. Devices have no UUID; their identity is the name, which is unique on the host.
 *
 * @since 0.1
 */
public final class NodeDevice {
    /** More than any device has. */
    private static final int MAX_CAPABILITIES = 65536;

    private final Libvirt libvirt;
    private final String name;

    private NodeDevice(Libvirt libvirt, String name) {
        this.libvirt = libvirt;
        this.name = name;
    }

    /** The device of that name, on this connection; nothing is asked. */
    public static NodeDevice of(Libvirt libvirt, String name) {
        return new NodeDevice(libvirt, name);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The name, such as {@code pci_0000_00_1f_2}. */
    public String name() {
        return name;
    }

    /** The description, as XML ({@code virNodeDeviceGetXMLDesc}). */
    public CompletableFuture<String> xml() {
        return calls().nodeDeviceGetXmlDesc(name, Set.of()).thenApply(NodeDeviceGetXmlDescResult::xml);
    }

    /** The device to which it is plugged ({@code virNodeDeviceGetParent}); empty of the first. */
    public CompletableFuture<Optional<NodeDevice>> parent() {
        return calls().nodeDeviceGetParent(name)
                .thenApply(result -> Optional.ofNullable(result.parentName()).map(parent -> of(libvirt, parent)));
    }

    /** What it is, such as {@code pci} or {@code net} ({@code virNodeDeviceListCaps}). */
    public CompletableFuture<List<String>> capabilities() {
        return calls().nodeDeviceListCaps(name, MAX_CAPABILITIES).thenApply(NodeDeviceListCapsResult::names);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof NodeDevice device && device.libvirt.equals(libvirt) && device.name.equals(name);
    }

    @Override
    public int hashCode() {
        return name.hashCode();
    }

    /** The name. */
    @Override
    public String toString() {
        return name;
    }

    private NodeDeviceCalls calls() {
        return new NodeDeviceCalls(libvirt);
    }
}
