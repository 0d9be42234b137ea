// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The host that ran the domain.
 *
 * @param name its host name, as libvirt gives it
 * @param uri the libvirt URI that it was reached by, without a password
 * @param libvirt libvirt's version there, such as {@code 9.0.0}
 * @param hypervisor the hypervisor's version there, such as {@code 7.2.15}
 * @param uuid the host's UUID, as its capabilities give it; null if they give none, and in what earlier programs wrote
 * @since 0.1
 */
public record HostIdentity(
        String name,
        String uri,
        String libvirt,
        String hypervisor,
        @Nullable String uuid) {
    /** Refuses a missing field. */
    public HostIdentity {
        requireNonNull(name, "name");
        requireNonNull(uri, "uri");
        requireNonNull(libvirt, "libvirt");
        requireNonNull(hypervisor, "hypervisor");
    }

    /**
     * Whether it is the host with this name and UUID. Many hosts have one name, so the name counts without UUIDs only.
     */
    public boolean is(String otherName, @Nullable String otherUuid) {
        return (uuid == null || otherUuid == null) ? name.equals(otherName) : uuid.equals(otherUuid);
    }
}
