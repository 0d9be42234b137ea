// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.damage;

import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.journal.NewestPoint;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.manifest.ParentLink;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Points that are gone and that nobody removed: each names the one before it, and the journal names the newest. A
 * program that does not write the newest down only leaves an older one there, which says nothing if a later point is
 * there.
 */
public final class MissingPoints {
    private MissingPoints() {}

    /**
     * Those of a domain, by id, each as damage.
     *
     * @param points the domain's points whose manifest can be read
     */
    public static Map<String, Finding> of(DomainStore domain, List<Point> points) {
        PointRemoval removal = new PointRemoval(domain);
        Map<String, Finding> missing = new LinkedHashMap<>();
        for (Point point : points) {
            ParentLink before = point.manifest().previous();
            if (before != null && isMissing(domain, removal, before.point())) {
                missing.put(before.point(), gone(domain, before.point(), "when " + point.id() + " was made"));
            }
        }
        NewestPoint newest = domain.journal().newest();
        if (newest != null
                && isMissing(domain, removal, newest.point())
                && domain.pointIds().stream().noneMatch(id -> isLater(id, points, newest))) {
            missing.putIfAbsent(newest.point(), gone(domain, newest.point(), "of the domain"));
        }
        return missing;
    }

    /**
     * Refuses a point that is not one of those.
     *
     * @throws RepositoryException saying whether it is there
     */
    public static void requireMissed(DomainStore domain, String id) {
        if (!of(domain, domain.points(problem -> {}).points()).containsKey(id)) {
            throw new RepositoryException("nobody misses a point " + id + " of domain " + domain.name() + " in "
                    + domain.repositoryFolder() + (domain.hasPoint(id) ? ": it is there" : ""));
        }
    }

    private static boolean isMissing(DomainStore domain, PointRemoval removal, String id) {
        return !domain.hasFolder(id) && !removal.isRemoved(id);
    }

    private static boolean isLater(String id, List<Point> points, NewestPoint newest) {
        return points.stream()
                .filter(point -> point.id().equals(id))
                .findFirst()
                .map(point -> point.manifest().began().isAfter(newest.began()))
                .orElse(id.compareTo(newest.point()) > 0);
    }

    private static Finding gone(DomainStore domain, String id, String when) {
        return Finding.of(
                domain.folder().resolve(id), "is gone: it was the newest point " + when + ", and nobody removed it");
    }
}
