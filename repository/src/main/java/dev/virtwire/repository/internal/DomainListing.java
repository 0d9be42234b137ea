// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointDamage;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.chain.ChainLimit;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.damage.MissingPoints;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a repository holds of one domain, for people and programs that ask. */
final class DomainListing {
    private static final Logger LOG = LoggerFactory.getLogger(DomainListing.class);

    private DomainListing() {}

    /** What cannot be read of a domain is its own trouble, and hides no other. */
    static DomainPoints of(DomainStore domain) {
        List<Point> points = new ArrayList<>();
        List<Finding> damage = new ArrayList<>();
        List<PointDamage> known = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        List<String> unfinished = new ArrayList<>();
        List<Hold> held = new ArrayList<>();
        List<Notice> notices = new ArrayList<>();
        try {
            Listing listing = domain.points(problem -> unreadable.add(String.valueOf(problem.getMessage())));
            points.addAll(listing.points());
            damage.addAll(listing.damage());
            damage.addAll(MissingPoints.of(domain, points).values());
            damage.addAll(domain.journal().damage());
            unfinished.addAll(domain.journal().points());
            held.addAll(holds(domain));
            notices.addAll(ChainLimit.notices(points));
            DamageRecord record = DamageRecord.of(domain);
            Finding doubt = record.doubt();
            if (doubt != null && record.isNewer()) {
                unreadable.add(doubt.toString());
            } else if (doubt != null) {
                damage.add(doubt);
            }
            for (Point point : points) {
                PointDamage each = record.of(point);
                if (each != null) {
                    known.add(each);
                }
            }
        } catch (RepositoryException e) {
            unreadable.add(String.valueOf(e.getMessage()));
        }
        return new DomainPoints(domain.name(), points, damage, known, unreadable, unfinished, held, notices);
    }

    /** None if they cannot be read: that stands in the journal's damage. */
    private static List<Hold> holds(DomainStore domain) {
        try {
            return domain.journal().holds().list();
        } catch (DamagedException e) {
            LOG.debug("the holds of {} cannot be read", domain.folder(), e);
            return List.of();
        }
    }
}
