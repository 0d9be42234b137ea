// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.internal.format.Names;
import java.util.List;
import java.util.UUID;

/**
 * The domain that serves the disks of one that is off. It has nothing but them, and never runs.
 *
 * @param name its name
 * @param uuid its UUID
 * @param disks the targets of the disks that it has
 */
public record DomainClone(String name, UUID uuid, List<String> disks) {
    /** Refuses a missing field. */
    public DomainClone {
        requireNonNull(name, "name");
        requireNonNull(uuid, "uuid");
        disks = List.copyOf(disks);
    }

    /**
     * The one of a run.
     *
     * @param domain the name of the domain that is off
     * @param random the run's own part of all names
     */
    public static DomainClone of(String domain, String random, List<String> disks) {
        return new DomainClone(Names.clone(domain, random), Names.cloneUuid(random), disks);
    }
}
