// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a domain's points before any of them is removed: which can be restored, and which stay whatever the rules
 * say. Reads manifests and the sizes of files, no image.
 */
final class PointSurvey {
    private final DomainStore store;
    private final DamageRecord known;
    private final List<Point> points;
    private final Map<String, Point> byId = new LinkedHashMap<>();
    private final List<String> unreadable = new ArrayList<>();
    private final List<Finding> damage = new ArrayList<>();
    private final Map<String, @Nullable String> problems = new HashMap<>();
    private final Map<String, String> pins = new HashMap<>();

    PointSurvey(DomainStore store) {
        this.store = store;
        Listing listing = store.points();
        points = listing.points();
        points.forEach(point -> byId.put(point.id(), point));
        damage.addAll(listing.damage());
        known = DamageRecord.of(store);
        Finding doubt = known.doubt();
        if (doubt != null) {
            damage.add(doubt);
        }
        for (String id : store.pointIds()) {
            if (!byId.containsKey(id)) {
                unreadable.add(id);
            }
        }
    }

    /** What is missing or cannot be read; to be asked after {@link #candidates}. */
    List<Finding> damage() {
        return damage;
    }

    /** All points, in the order of their making; those that nobody can place in it come first. */
    List<Candidate> candidates() {
        pin();
        List<Candidate> candidates = new ArrayList<>();
        for (String id : unreadable) {
            candidates.add(new Candidate(id, null, null, null, false, "its manifest cannot be read", 0));
        }
        for (Point point : points) {
            candidates.add(candidate(point));
        }
        return candidates;
    }

    private Candidate candidate(Point point) {
        Manifest manifest = point.manifest();
        String stays = pins.get(point.id());
        boolean good = false;
        if (manifest.mode() == Mode.PUSH) {
            stays = "its images are on host " + manifest.host().name() + ", where prune deletes nothing";
        } else {
            String problem = problem(point);
            if (problem == null) {
                // What builds on it may have overwritten what is damaged, and is known by itself.
                problem = known.problem(point);
            }
            good = problem == null;
            stays = problem == null ? stays : "it cannot be restored: " + problem;
        }
        ParentLink parent = manifest.parent();
        ParentLink previous = manifest.previous();
        long stored = manifest.disks().stream()
                .map(ManifestDisk::image)
                .mapToLong(image -> image == null ? 0 : image.size())
                .sum();
        return new Candidate(
                point.id(),
                manifest.began(),
                parent == null ? null : parent.point(),
                previous == null ? null : previous.point(),
                good,
                stays,
                stored);
    }

    private void pin() {
        for (String id : unreadable) {
            if (!id.contains("-" + Level.FULL)) {
                pinWhatMayBeBelow(id);
            }
        }
        for (JournalEntry entry : store.journal().entries()) {
            pins.put(entry.point(), "its run has not been cleared up after: see recover");
        }
        for (Point point : new Listing(points, List.of()).keptPoints(false)) {
            pins.put(point.id(), "the next increment starts from its checkpoint");
        }
    }

    /** Everything but what is known to be younger. */
    private void pinWhatMayBeBelow(String id) {
        Set<String> younger = new HashSet<>();
        for (Point point : points) {
            ParentLink previous = point.manifest().previous();
            if (previous != null && (previous.point().equals(id) || younger.contains(previous.point()))) {
                younger.add(point.id());
            } else {
                pins.put(point.id(), id + ", whose manifest cannot be read, may build on it");
            }
        }
    }

    /** Why a point cannot be restored from here, or null if it can, as far as names and sizes tell. */
    private @Nullable String problem(Point point) {
        if (problems.containsKey(point.id())) {
            return problems.get(point.id());
        }
        // Parents that lead back here are found to be such, not followed.
        problems.put(point.id(), "what it builds on leads back to it");
        String problem = ownProblem(point);
        if (problem == null) {
            problem = parentProblem(point);
        }
        problems.put(point.id(), problem);
        return problem;
    }

    private @Nullable String ownProblem(Point point) {
        Manifest manifest = point.manifest();
        if (!manifest.outcome().equals(Manifest.COMPLETED)) {
            return "its outcome is " + manifest.outcome();
        }
        Map<String, Long> files = new LinkedHashMap<>();
        for (ManifestDisk disk : manifest.disks()) {
            if (disk.image() == null || disk.digests() == null) {
                return "it has no image of disk " + disk.target();
            }
            files.put(disk.image().file(), disk.image().size());
            files.put(disk.digests().file(), disk.digests().size());
        }
        for (PointFile file : manifest.files()) {
            files.put(file.file(), file.size());
        }
        String problem = null;
        for (Map.Entry<String, Long> file : files.entrySet()) {
            String wrong = fileProblem(point.folder().resolve(file.getKey()), file.getValue());
            if (wrong != null) {
                damage.add(Finding.of(point.folder().resolve(file.getKey()), wrong));
                problem = problem == null ? file.getKey() + " " + wrong : problem;
            }
        }
        return problem;
    }

    private static @Nullable String fileProblem(Path file, long size) {
        try {
            BasicFileAttributes attributes =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!attributes.isRegularFile()) {
                return "is not a regular file";
            }
            return attributes.size() == size ? null : "has " + attributes.size() + " bytes instead of " + size;
        } catch (NoSuchFileException e) {
            return "is missing";
        } catch (IOException e) {
            throw Problems.with("read", file, e);
        }
    }

    private @Nullable String parentProblem(Point point) {
        ParentLink link = point.manifest().parent();
        if (link == null) {
            return null;
        }
        Point parent = byId.get(link.point());
        if (parent == null) {
            if (!unreadable.contains(link.point())) {
                damage.add(Finding.of(
                        point.folder().resolveSibling(link.point()),
                        "is missing, and " + point.id() + " builds on it"));
                return link.point() + ", on which it builds, is missing";
            }
            return "the manifest of " + link.point() + ", on which it builds, cannot be read";
        }
        if (!parent.manifestSha256().equals(link.manifestSha256())) {
            damage.add(Finding.of(
                    parent.folder().resolve(Names.MANIFEST), "is not the one that " + point.id() + " builds on"));
            return parent.id() + " is not the point that it was made on";
        }
        if (parent.manifest().mode() == Mode.PUSH) {
            return parent.id() + ", on which it builds, is on host "
                    + parent.manifest().host().name();
        }
        return problem(parent) == null ? null : parent.id() + ", on which it builds, cannot be restored";
    }
}
