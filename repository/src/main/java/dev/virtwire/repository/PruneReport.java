// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What pruning a domain's points did, or would do.
 *
 * @param domain the name of the domain's folder
 * @param dryRun whether nothing was done
 * @param points every point that was there, oldest first, with what became of it
 * @param merges what was merged: the points that a merge names go, and are not {@code kept}
 * @param freed by how many bytes the images have become smaller together; of a dry run, at most
 * @param damage why points count for nothing although they are there: what is missing or cannot be read. And
 *     why points stay that were to be merged
 * @param notices what the user should know: that points stay which no rule keeps, and why
 * @since 0.1
 */
public record PruneReport(
        String domain,
        boolean dryRun,
        List<PointVerdict> points,
        List<PointMerge> merges,
        long freed,
        List<Finding> damage,
        List<Notice> notices) {
    /** Copies the lists. */
    public PruneReport {
        requireNonNull(domain, "domain");
        points = List.copyOf(points);
        merges = List.copyOf(merges);
        damage = List.copyOf(damage);
        notices = List.copyOf(notices);
    }

    /** The same with more to know. */
    public PruneReport withNotices(List<Notice> more) {
        List<Notice> all = new ArrayList<>(notices);
        all.addAll(more);
        return new PruneReport(domain, dryRun, points, merges, freed, damage, all);
    }

    /** The points that are gone, or would be, oldest first: removed or merged. */
    public List<PointVerdict> removed() {
        return points.stream().filter(point -> !point.kept()).toList();
    }

    /** Those of the {@link #removed} that were merged into others, or would be. */
    public List<PointVerdict> merged() {
        Set<String> merged = new HashSet<>();
        merges.forEach(merge -> merged.addAll(merge.points()));
        return removed().stream()
                .filter(point -> merged.contains(point.point()))
                .toList();
    }
}
