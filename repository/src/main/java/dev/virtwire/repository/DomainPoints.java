// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a repository holds of one domain.
 *
 * @param domain the name of the domain's folder
 * @param points the points whose manifest can be read, oldest first
 * @param damage manifests, journal entries and holds that cannot be read
 * @param unfinished ids of points that a run began and did not finish, or is making right now
 * @param held the points that a person holds, also those that are not there any more
 */
public record DomainPoints(
        String domain, List<Point> points, List<Finding> damage, List<String> unfinished, List<Hold> held) {
    /** Copies the lists. */
    public DomainPoints {
        points = List.copyOf(points);
        damage = List.copyOf(damage);
        unfinished = List.copyOf(unfinished);
        held = List.copyOf(held);
    }

    /** The hold of a point, or null if nobody holds it. */
    public @Nullable Hold hold(String point) {
        return held.stream()
                .filter(hold -> hold.point().equals(point))
                .findFirst()
                .orElse(null);
    }
}
