// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What pruning a domain's points did, or would do.
 *
 * @param domain the name of the domain's folder
 * @param dryRun whether nothing was removed
 * @param points every point that was there, oldest first, with what became of it
 * @param damage why points count for nothing although they are there: what is missing or cannot be read. They stay
 */
public record PruneReport(String domain, boolean dryRun, List<PointVerdict> points, List<Finding> damage) {
    /** Copies the lists. */
    public PruneReport {
        requireNonNull(domain, "domain");
        points = List.copyOf(points);
        damage = List.copyOf(damage);
    }

    /** The points that were removed, or would be, oldest first. */
    public List<PointVerdict> removed() {
        return points.stream().filter(point -> !point.kept()).toList();
    }

    /** Bytes of images that were deleted, or would be. */
    public long freed() {
        return removed().stream().mapToLong(PointVerdict::stored).sum();
    }
}
