// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a repository holds of one domain.
 *
 * @param domain the name of the domain's folder
 * @param points the points whose manifest can be read, oldest first
 * @param damage manifests, journal entries and holds that cannot be read, and points that are gone though nobody
 *     removed them
 * @param known what verifications and restores have found wrong in points
 * @param unreadable what cannot be read here though it may be right, each one sentence: points of newer programs, files
 *     that this program may not read
 * @param unfinished ids of points that a run began and did not finish, or is making right now
 * @param held the points that a person holds, also those that are not there any more
 * @param notices what the user should know of points that are not damaged: those that QEMU cannot open by itself
 * @since 0.1
 */
public record DomainPoints(
        String domain,
        List<Point> points,
        List<Finding> damage,
        List<PointDamage> known,
        List<String> unreadable,
        List<String> unfinished,
        List<Hold> held,
        List<Notice> notices) {
    /** Copies the lists. */
    public DomainPoints {
        points = List.copyOf(points);
        damage = List.copyOf(damage);
        known = List.copyOf(known);
        unreadable = List.copyOf(unreadable);
        unfinished = List.copyOf(unfinished);
        held = List.copyOf(held);
        notices = List.copyOf(notices);
    }

    /** The hold of a point, or null if nobody holds it. */
    public @Nullable Hold hold(String point) {
        return held.stream()
                .filter(hold -> hold.point().equals(point))
                .findFirst()
                .orElse(null);
    }

    /** What is known to be wrong with a point, or null. */
    public @Nullable PointDamage known(String point) {
        return known.stream()
                .filter(damaged -> damaged.point().equals(point))
                .findFirst()
                .orElse(null);
    }
}
