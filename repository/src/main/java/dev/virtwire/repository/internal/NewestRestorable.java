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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
        List<RepositoryException> unreadable = new ArrayList<>();
        Listing listing = domain.points(unreadable::add);
        DamageRecord record = DamageRecord.of(domain);
        Point damaged = null;
        boolean disks = listing.points().stream()
                .anyMatch(point -> !point.manifest().disks().isEmpty());
        List<String> passed = new ArrayList<>();
        for (int i = listing.points().size() - 1; i >= 0; i--) {
            Point point = listing.points().get(i);
            String elsewhere = disks && point.manifest().disks().isEmpty()
                    ? "it has no disk, and an earlier point has"
                    : elsewhere(point.manifest());
            String known = record.doubt() == null ? record.problem(point) : null;
            if (elsewhere == null && known == null) {
                return choice(domain, listing, unreadable, point, passed, damaged != null);
            }
            passed.add("point " + point.id() + ": " + (elsewhere == null ? known : elsewhere));
            damaged = damaged == null && elsewhere == null ? point : damaged;
        }
        if (damaged != null) {
            // What is right of it can be salvaged.
            return choice(domain, listing, unreadable, damaged, List.of(), true);
        }
        if (!listing.damage().isEmpty()) {
            throw new DamagedException(listing.damage());
        }
        unreadable.forEach(problem -> passed.add(String.valueOf(problem.getMessage())));
        throw new RepositoryException(
                passed.isEmpty()
                        ? "domain " + domain.name() + " has no point in " + domain.repositoryFolder()
                        : "no point of domain " + domain.name() + " can be restored from here: " + passed.get(0));
    }

    /** Besides what was passed over, names newer points that cannot be read or are gone. */
    private static PointChoice choice(
            DomainStore domain,
            Listing listing,
            List<RepositoryException> unreadable,
            Point chosen,
            List<String> passedOver,
            boolean damagedBefore) {
        List<String> all = new ArrayList<>(passedOver);
        boolean damaged = damagedBefore;
        for (RepositoryException problem : unreadable) {
            all.add(String.valueOf(problem.getMessage()));
        }
        List<Finding> findings = new ArrayList<>(listing.damage());
        findings.addAll(MissingPoints.of(domain, listing.points()).values());
        for (Finding finding : findings) {
            // Of what cannot be read, the id tells best when it was made.
            Path place = domain.folder().relativize(finding.file());
            if (place.getName(0).toString().compareTo(chosen.id()) > 0) {
                all.add(finding.toString());
                damaged = true;
            }
        }
        return new PointChoice(chosen, all, damaged);
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
