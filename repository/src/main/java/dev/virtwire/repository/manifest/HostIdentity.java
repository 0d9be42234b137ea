// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

/**
 * The host that ran the domain.
 *
 * @param name its host name, as libvirt gives it
 * @param uri the libvirt URI that it was reached by, without a password
 * @param libvirt libvirt's version there, such as {@code 9.0.0}
 * @param hypervisor the hypervisor's version there, such as {@code 7.2.15}
 */
public record HostIdentity(String name, String uri, String libvirt, String hypervisor) {
    /** Refuses a missing field. */
    public HostIdentity {
        requireNonNull(name, "name");
        requireNonNull(uri, "uri");
        requireNonNull(libvirt, "libvirt");
        requireNonNull(hypervisor, "hypervisor");
    }
}
