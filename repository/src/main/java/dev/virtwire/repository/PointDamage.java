// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;

/**
 * What is known to be wrong with a point.
 *
 * @param point the point's id
 * @param lost what of its disks cannot be given back as it was; nothing if only room that no disk needs is damaged
 * @param files files of the point that differ from what was written
 * @param harmless whether it takes nothing from the point: every byte of its disks and other files can be given back
 * @param since when the first of it was found, in UTC
 * @param foundBy what found that: {@code verify}, {@code restore} or {@code prune}
 * @since 0.1
 */
public record PointDamage(
        String point, List<LostRange> lost, List<Finding> files, boolean harmless, Instant since, String foundBy) {
    /** Refuses a missing field. */
    public PointDamage {
        requireNonNull(point, "point");
        lost = List.copyOf(lost);
        files = List.copyOf(files);
        requireNonNull(since, "since");
        requireNonNull(foundBy, "foundBy");
    }
}
