// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.client.Libvirt;
import org.jspecify.annotations.Nullable;

/**
 * Where and under which name a restored domain is defined. It is not started.
 *
 * @param libvirt a connection that may write, to this machine; it stays the caller's
 * @param name the name of another domain, with a UUID and MAC addresses of its own; null for the very domain that was
 *     backed up, with its name and UUID
 */
public record DomainDefinition(Libvirt libvirt, @Nullable String name) {
    /** Refuses a missing connection and a name that is none. */
    public DomainDefinition {
        requireNonNull(libvirt, "libvirt");
        if (name != null && (name.isBlank() || name.indexOf('/') >= 0)) {
            throw new BackupException("'" + name + "' cannot be a domain's name");
        }
    }

    /** In place of the domain that was backed up: same name, same UUID. */
    public static DomainDefinition inPlace(Libvirt libvirt) {
        return new DomainDefinition(libvirt, null);
    }

    /** As another domain, beside the one that was backed up. */
    public static DomainDefinition as(String name, Libvirt libvirt) {
        return new DomainDefinition(libvirt, requireNonNull(name, "name"));
    }
}
