// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointChoice;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.damage.MissingPoints;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PushedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chooses the point that a person means who names none. */
final class NewestRestorable {
    private NewestRestorable() {}

    /**
     * Chooses.
     *
     * @throws RepositoryException if there is no point that could be restored
     */
    static PointChoice of(DomainStore domain) {
        List<String> passed = new ArrayList<>();
        Listing listing = domain.points(problem -> passed.add(String.valueOf(problem.getMessage())));
        boolean damaged = !listing.damage().isEmpty();
        listing.damage().forEach(finding -> passed.add(finding.toString()));
        Map<String, Finding> missing = MissingPoints.of(domain, listing.points());
        DamageRecord record = DamageRecord.of(domain);
        Point damagedPoint = null;
        List<String> before = new ArrayList<>();
        for (int i = listing.points().size() - 1; i >= 0; i--) {
            Point point = listing.points().get(i);
            String elsewhere = elsewhere(point.manifest());
            String known = record.doubt() == null ? record.problem(point) : null;
            if (elsewhere == null && known == null) {
                List<String> all = new ArrayList<>(passed);
                all.addAll(before);
                missing.forEach((id, finding) -> {
                    if (id.compareTo(point.id()) > 0) {
                        all.add(finding.toString());
                    }
                });
                return new PointChoice(point, all, damaged || damagedPoint != null);
            }
            before.add("point " + point.id() + ": " + (elsewhere == null ? known : elsewhere));
            damagedPoint = damagedPoint == null && elsewhere == null ? point : damagedPoint;
        }
        if (damagedPoint != null) {
            // What is right of it can be salvaged.
            return new PointChoice(damagedPoint, passed, true);
        }
        if (damaged) {
            throw new DamagedException(listing.damage());
        }
        throw new RepositoryException(
                before.isEmpty() && passed.isEmpty()
                        ? "domain " + domain.name() + " has no point in " + domain.repositoryFolder()
                        : "no point of domain " + domain.name() + " can be restored from here: "
                                + (before.isEmpty() ? passed : before).get(0));
    }

    private static @Nullable String elsewhere(Manifest manifest) {
        for (ManifestDisk disk : manifest.disks()) {
            PushedImage pushed = disk.pushed();
            if (pushed != null) {
                return "disk " + disk.target() + " is not in the repository: the hypervisor wrote it to "
                        + pushed.path() + " on host " + pushed.host();
            }
        }
        return null;
    }
}
