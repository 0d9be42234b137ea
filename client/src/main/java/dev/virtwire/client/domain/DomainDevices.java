// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import dev.virtwire.protocol.remote.DeviceCalls;
import dev.virtwire.protocol.remote.DeviceModifyFlags;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Plugs and unplugs a domain's devices. {@link Domain#devices()} gives it; it holds no state. Without flags the running
 * domain changes if it runs, and the configuration if it does not.
 *
 * @since 0.1
 */
public final class DomainDevices {
    private final Domain domain;

    DomainDevices(Domain domain) {
        this.domain = domain;
    }

    /** Plugs a device ({@code virDomainAttachDeviceFlags}). */
    public CompletableFuture<Void> attach(String xml, DeviceModifyFlags... flags) {
        return calls().domainAttachDeviceFlags(domain.ref(), xml, Set.of(flags));
    }

    /**
     * Asks the guest to let a device go ({@code virDomainDetachDeviceFlags}). A guest need not, and does it in its own
     * time: the device is gone when the domain's XML no longer has it.
     */
    public CompletableFuture<Void> detach(String xml, DeviceModifyFlags... flags) {
        return calls().domainDetachDeviceFlags(domain.ref(), xml, Set.of(flags));
    }

    /** As {@link #detach}, of the device of that alias ({@code virDomainDetachDeviceAlias}). */
    public CompletableFuture<Void> detachAlias(String alias, DeviceModifyFlags... flags) {
        return calls().domainDetachDeviceAlias(domain.ref(), alias, Set.of(flags));
    }

    /** Changes a device, such as the disc in a drive ({@code virDomainUpdateDeviceFlags}). */
    public CompletableFuture<Void> update(String xml, DeviceModifyFlags... flags) {
        return calls().domainUpdateDeviceFlags(domain.ref(), xml, Set.of(flags));
    }

    private DeviceCalls calls() {
        return new DeviceCalls(domain.libvirt());
    }
}
