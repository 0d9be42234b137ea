// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import java.util.UUID;

/**
 * The domain that a point belongs to.
 *
 * @param name the domain's name at the time
 * @param uuid what stays the same when the domain is renamed or moved
 * @since 0.1
 */
public record DomainIdentity(String name, UUID uuid) {
    /** Refuses a missing field. */
    public DomainIdentity {
        requireNonNull(name, "name");
        requireNonNull(uuid, "uuid");
    }
}
