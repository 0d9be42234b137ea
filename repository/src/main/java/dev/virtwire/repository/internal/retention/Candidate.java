// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import java.time.Instant;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A point as far as retention cares.
 *
 * @param id its id
 * @param began when it was made, or null if nobody can say
 * @param parent the id of the point that it builds on, or null
 * @param disks the targets of its disks
 * @param good whether it can be restored from here
 * @param damage why it cannot, if that is because something of it is damaged: the rules are asked about such a point as
 *     well. Null for a good point, and for one that no rule is asked about, which stays
 * @param stays why it stays whatever the rules say, or null
 * @param stored bytes of its images
 */
record Candidate(
        String id,
        @Nullable Instant began,
        @Nullable String parent,
        Set<String> disks,
        boolean good,
        @Nullable String damage,
        @Nullable String stays,
        long stored) {
    Candidate {
        disks = Set.copyOf(disks);
    }

    /** The same, which stays whatever the rules say; if that is so already, for the reason that it has. */
    Candidate staying(String reason) {
        return stays != null ? this : new Candidate(id, began, parent, disks, good, damage, reason, stored);
    }
}
