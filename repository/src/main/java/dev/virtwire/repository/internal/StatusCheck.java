// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal;

import dev.virtwire.repository.DomainStatus;
import dev.virtwire.repository.DomainStatus.Verdict;
import dev.virtwire.repository.DomainStatus.Verification;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.damage.MissingPoints;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.verify.VerifiedPoints;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.StoredFile;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Finds out how the backups of a domain stand. It reads the manifests and what is known of the points, and looks
 * whether each file is there and as long as it should be; it opens no image.
 */
final class StatusCheck {
    /** Clocks differ a little. */
    private static final Duration FUTURE = Duration.ofHours(1);

    private static final String OF_THE_FUTURE = ", which is in the future: is the clock right?";
    /** How often a domain that a prune changes meanwhile is looked at. */
    private static final int MOST_TRIES = 5;

    private final DomainStore domain;
    private final Instant now;
    private final @Nullable Duration maxAge;
    private final @Nullable Duration verifiedWithin;

    /**
     * What is there.
     *
     * @param points in the order of their making
     * @param good the newest good point, or null
     * @param verified the last verification of a good point, or null
     * @param damage what is damaged or lost, each one sentence
     * @param unreadable what cannot be read here, each one sentence
     * @param changed whether points were removed or merged meanwhile, so that this may be wrong
     */
    private record Seen(
            List<Point> points,
            @Nullable Point good,
            @Nullable Verification verified,
            List<String> damage,
            List<String> unreadable,
            boolean changed) {
        @Nullable
        Point newest() {
            return points.isEmpty() ? null : points.get(points.size() - 1);
        }

        /** A verification covers what was there when it began. */
        @Nullable
        Instant oldestUnverified() {
            return points.stream()
                    .map(Point::manifest)
                    .filter(manifest -> verified == null || manifest.completed().isAfter(verified.at()))
                    .map(Manifest::began)
                    .min(Comparator.naturalOrder())
                    .orElse(null);
        }
    }

    /** A check of a domain at this moment. */
    StatusCheck(DomainStore domain, @Nullable Duration maxAge, @Nullable Duration verifiedWithin) {
        this.domain = domain;
        this.now = domain.now();
        this.maxAge = maxAge;
        this.verifiedWithin = verifiedWithin;
    }

    /** Of a domain that the repository holds nothing of. */
    static DomainStatus missing(String name) {
        return new DomainStatus(
                name, Verdict.MISSING, "the repository holds nothing of it", null, null, null, null, null, null);
    }

    /** How it stands; {@code name} is the one that was asked for. */
    DomainStatus of(String name) {
        Seen seen = look();
        for (int i = 1; seen.changed() && i < MOST_TRIES; i++) {
            seen = look();
        }
        Point good = seen.good();
        Instant began = good == null ? null : good.manifest().began();
        Duration age = began == null ? null : Duration.between(began, now);
        Verdict verdict = Verdict.OK;
        String reason = null;
        if (age == null && seen.damage().isEmpty() && seen.unreadable().isEmpty()) {
            verdict = Verdict.MISSING;
            reason = seen.newest() == null ? "it has no point" : "no point of it can be restored";
        } else if (age != null && maxAge != null && !isYoung(age, maxAge)) {
            verdict = Verdict.TOO_OLD;
            reason = "its newest good point began at " + began + (age.isNegative() ? OF_THE_FUTURE : "");
        } else if (age != null && verifiedWithin != null && !isYoung(seen.verified(), verifiedWithin)) {
            verdict = Verdict.UNVERIFIED;
            reason = seen.verified() == null
                    ? "nobody has verified a good point of it"
                    : "its last verification began at " + seen.verified().at()
                            + (seen.verified().at().isAfter(now) ? OF_THE_FUTURE : "");
        } else if (!seen.damage().isEmpty()) {
            verdict = Verdict.DAMAGED;
            reason = seen.damage().get(0);
        } else if (!seen.unreadable().isEmpty()) {
            verdict = Verdict.UNREADABLE;
            reason = seen.unreadable().get(0);
        }
        return new DomainStatus(
                name,
                verdict,
                reason,
                seen.newest(),
                good,
                age,
                seen.verified(),
                seen.oldestUnverified(),
                seen.damage().isEmpty() ? null : seen.damage().get(0));
    }

    private boolean isYoung(@Nullable Verification verification, Duration within) {
        return verification != null && isYoung(Duration.between(verification.at(), now), within);
    }

    private static boolean isYoung(Duration age, Duration within) {
        return age.compareTo(within) <= 0 && age.compareTo(FUTURE.negated()) >= 0;
    }

    private Seen look() {
        List<String> unreadable = new ArrayList<>();
        List<String> damage = new ArrayList<>();
        List<Point> all = List.of();
        Point good = null;
        Verification verified = null;
        boolean changed = false;
        try {
            Listing listing = domain.points(problem -> unreadable.add(String.valueOf(problem.getMessage())));
            all = listing.points();
            List<Finding> findings = new ArrayList<>(listing.damage());
            findings.addAll(MissingPoints.of(domain, listing.points()).values());
            findings.addAll(domain.journal().damage());
            DamageRecord record = DamageRecord.of(domain);
            Finding doubt = record.doubt();
            if (doubt != null) {
                (record.isNewer() ? unreadable : damage).add(doubt.toString());
            }
            findings.forEach(finding -> damage.add(finding.toString()));
            VerifiedPoints verifications = VerifiedPoints.of(domain);
            Map<String, Point> points = new HashMap<>();
            listing.points().forEach(point -> points.put(point.id(), point));
            boolean disks = listing.points().stream()
                    .anyMatch(point -> !point.manifest().disks().isEmpty());
            for (int i = listing.points().size() - 1; i >= 0; i--) {
                Point point = listing.points().get(i);
                if (disks && point.manifest().disks().isEmpty()) {
                    // Its disks were away for a while; the last points that have them are those that count.
                    continue;
                }
                String known = doubt == null ? record.problem(point) : null;
                if (known != null) {
                    damage.add("point " + point.id() + ": " + known);
                    continue;
                }
                Verification of = verifications.of(point, points);
                boolean later = of != null && (verified == null || of.at().isAfter(verified.at()));
                if (good != null && !later) {
                    continue;
                }
                String gap = gap(point, points);
                if (gap == null) {
                    good = good == null ? point : good;
                    verified = later ? of : verified;
                } else if (domain.isStill(point)) {
                    damage.add("point " + point.id() + ": " + gap);
                } else {
                    changed = true;
                }
            }
        } catch (RepositoryException e) {
            unreadable.add(String.valueOf(e.getMessage()));
        }
        return new Seen(all, good, verified, damage, unreadable, changed);
    }

    /** The files of a point besides its manifest, with the sizes that it gives them. */
    private static Map<String, Long> files(Point point) {
        Map<String, Long> files = new LinkedHashMap<>();
        for (ManifestDisk disk : point.manifest().disks()) {
            StoredImage image = disk.image();
            if (image != null) {
                files.put(image.file(), image.size());
            }
            StoredFile digests = disk.digests();
            if (digests != null) {
                files.put(digests.file(), digests.size());
            }
        }
        point.manifest().files().forEach(file -> files.put(file.file(), file.size()));
        return files;
    }

    private static @Nullable String problem(Path file, long size) {
        try {
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isRegularFile()) {
                return file + " is missing";
            }
            return found.size() == size ? null : file + " has " + found.size() + " bytes instead of " + size;
        } catch (NoSuchFileException e) {
            return file + " is missing";
        } catch (IOException e) {
            return file + ": " + Problems.reason(e);
        }
    }

    /** What of a point's chain is not there, or null. Images of pushes lie elsewhere. */
    private static @Nullable String gap(Point point, Map<String, Point> points) {
        Point layer = point;
        for (int i = 0; i <= points.size(); i++) {
            for (Map.Entry<String, Long> file : files(layer).entrySet()) {
                String problem = problem(layer.folder().resolve(file.getKey()), file.getValue());
                if (problem != null) {
                    return problem;
                }
            }
            ParentLink parent = layer.manifest().parent();
            if (parent == null) {
                return null;
            }
            Point next = points.get(parent.point());
            if (next == null) {
                return "point " + parent.point() + ", which it builds on, is missing or cannot be read";
            }
            layer = next;
        }
        return "it builds on itself";
    }
}
