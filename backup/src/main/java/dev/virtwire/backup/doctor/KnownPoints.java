// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.repository.internal.store.Listing;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a domain's points in a repository.
 *
 * @param prefix what begins the name of each checkpoint of the repository; null if it is not there yet
 * @param listing the points; null if they cannot be read
 */
record KnownPoints(@Nullable String prefix, @Nullable Listing listing) {
    /** Those of a repository that is not there yet. */
    static final KnownPoints NONE = new KnownPoints(null, new Listing(List.of(), List.of()));

    /** Whether the next backup is the first one, which reads all that the disks hold. */
    boolean areNone() {
        return listing != null && listing.newest() == null;
    }

    /** The checkpoints that the next backup needs; null if nobody knows, because a point cannot be read. */
    @Nullable
    Set<String> needed() {
        return listing == null || !listing.damage().isEmpty() ? null : listing.keptCheckpoints(true);
    }
}
