// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.List;

/**
 * What a repository holds of one domain.
 *
 * @param domain the name of the domain's folder
 * @param points the points whose manifest can be read, oldest first
 * @param damage manifests and journal entries that cannot be read
 * @param unfinished ids of points that a run began and did not finish, or is making right now
 * @param notices what the user should know of points that are not damaged: those that QEMU cannot open by itself
 */
public record DomainPoints(
        String domain, List<Point> points, List<Finding> damage, List<String> unfinished, List<String> notices) {
    /** Copies the lists. */
    public DomainPoints {
        points = List.copyOf(points);
        damage = List.copyOf(damage);
        unfinished = List.copyOf(unfinished);
        notices = List.copyOf(notices);
    }
}
