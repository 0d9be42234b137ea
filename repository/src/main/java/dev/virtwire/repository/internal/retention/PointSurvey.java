// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Hold;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.journal.MergeRecord;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.store.PointPaths;
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
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Looks at a domain's points before any of them is removed: which can be restored, and which stay whatever the rules
 * say. Reads manifests and the sizes of files, no image.
 */
final class PointSurvey {
    private static final String RING = "what it builds on leads back to it";
    private static final String UNFINISHED = "a merge into it has not ended";

    private final DomainStore store;
    private final Set<String> gone;
    private final Map<String, MergeRecord> begun = new HashMap<>();
    private final DamageRecord known;
    private final List<Point> points;
    private final Map<String, Point> byId = new LinkedHashMap<>();
    private final List<String> unreadable = new ArrayList<>();
    private final List<Finding> damage = new ArrayList<>();
    private final Map<String, @Nullable String> problems = new HashMap<>();
    private final Set<String> brokenDisks = new HashSet<>();
    private final Map<String, String> pins = new HashMap<>();

    PointSurvey(DomainStore store) {
        this.store = store;
        gone = store.gone();
        if (store.journal().hasMerges()) {
            store.merges().all().forEach(merge -> begun.put(merge.point(), merge));
        }
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

    /** Bytes of the images of all points. */
    long stored() {
        return points.stream().mapToLong(PointSurvey::stored).sum();
    }

    /**
     * All points, in the order of their making; those that nobody can place in it come first.
     *
     * @throws dev.virtwire.repository.DamagedException if nobody knows which points are held
     */
    List<Candidate> candidates() {
        pin();
        List<Candidate> candidates = new ArrayList<>();
        for (String id : unreadable) {
            candidates.add(new Candidate(id, null, null, Set.of(), false, null, "its manifest cannot be read", 0));
        }
        for (Point point : points) {
            candidates.add(candidate(point));
        }
        return candidates;
    }

    private Candidate candidate(Point point) {
        Manifest manifest = point.manifest();
        String stays = pins.get(point.id());
        String damage = null;
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
            damage = problem == null ? null : "it cannot be restored: " + problem;
        }
        ParentLink link = manifest.parent();
        String parent = link == null ? null : link.point();
        MergeRecord merge = begun.get(point.id());
        if (merge != null && parent != null && gone.contains(parent)) {
            // It needs what the points that are gone build on, and nobody knows whether what is left of them is right.
            parent = merge.base();
            good = false;
            damage = null;
            stays = UNFINISHED;
        }
        return new Candidate(
                point.id(),
                manifest.began(),
                parent,
                manifest.disks().stream().map(ManifestDisk::target).collect(Collectors.toSet()),
                good,
                damage,
                stays,
                stored(point));
    }

    static long stored(Point point) {
        return point.manifest().disks().stream()
                .map(ManifestDisk::image)
                .mapToLong(image -> image == null ? 0 : image.size())
                .sum();
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
        for (Hold hold : store.journal().holds().list()) {
            pins.put(hold.point(), "held" + (hold.reason() == null ? "" : ": " + hold.reason()));
        }
        begun.values().forEach(this::pinMerge);
        pinDisks();
    }

    /**
     * A merge that has not ended still reads all down to its base: also points that are not gone, since others build on
     * them.
     */
    private void pinMerge(MergeRecord merge) {
        Point point = byId.get(merge.point());
        if (point == null || !point.manifestSha256().equals(merge.manifestSha256())) {
            return;
        }
        pins.put(merge.point(), UNFINISHED);
        Set<String> walked = new HashSet<>();
        try {
            while (point.manifest().parent() != null && walked.add(point.id())) {
                point = DiskChain.parentOf(store, point);
                if (point.id().equals(merge.base())) {
                    return;
                }
                if (!gone.contains(point.id())) {
                    pins.put(point.id(), "the merge into " + merge.point() + " has not ended");
                }
            }
        } catch (DamagedException e) {
            // What is beneath cannot be read by the merge either.
            damage.addAll(e.findings());
        }
    }

    /** The newest point that can be restored may lack a disk of the domain: one that has it stays then. */
    private void pinDisks() {
        Set<String> wanted = new LinkedHashSet<>();
        if (!points.isEmpty()) {
            Manifest newest = points.get(points.size() - 1).manifest();
            for (int i = points.size() - 1; i >= 0 && newest.disks().isEmpty(); i--) {
                newest = points.get(i).manifest();
            }
            newest.disks().forEach(disk -> wanted.add(disk.target()));
            newest.excluded().forEach(disk -> wanted.add(disk.target()));
        }
        boolean first = true;
        for (int i = points.size() - 1; i >= 0 && !wanted.isEmpty(); i--) {
            Point point = points.get(i);
            if (point.manifest().mode() == Mode.PUSH || problem(point) != null || known.isDamaged(point)) {
                continue;
            }
            for (ManifestDisk disk : point.manifest().disks()) {
                if (wanted.remove(disk.target()) && !first) {
                    pins.putIfAbsent(point.id(), "the newest that can be restored with disk " + disk.target());
                }
            }
            first = false;
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

    /**
     * Why a point cannot be restored from here, or null if it can, as far as names and sizes tell. Of what it builds on
     * only the disks count that it needs.
     */
    private @Nullable String problem(Point top) {
        Deque<Point> chain = new ArrayDeque<>();
        Set<String> walked = new HashSet<>();
        @Nullable Point at = top;
        while (at != null && !problems.containsKey(at.id()) && walked.add(at.id())) {
            chain.push(at);
            ParentLink parent = at.manifest().parent();
            at = parent == null ? null : byId.get(parent.point());
        }
        boolean ring = at != null && !problems.containsKey(at.id());
        for (Point point : chain) {
            problems.put(point.id(), ring ? RING : ownProblem(point));
            if (ring) {
                pins.put(point.id(), RING);
            }
        }
        return problems.get(top.id());
    }

    /** Of a point whose parent was looked at before. */
    private @Nullable String ownProblem(Point point) {
        Manifest manifest = point.manifest();
        List<String> problems = new ArrayList<>();
        if (!manifest.outcome().equals(Manifest.COMPLETED)) {
            problems.add("its outcome is " + manifest.outcome());
        }
        for (PointFile file : manifest.files()) {
            addFileProblem(problems, point.folder().resolve(file.file()), file.size());
        }
        String parentProblem = parentProblem(point);
        for (ManifestDisk disk : manifest.disks()) {
            List<String> ofDisk = new ArrayList<>();
            if (disk.image() == null || disk.digests() == null) {
                ofDisk.add("it has no image of disk " + disk.target());
            } else {
                addFileProblem(
                        ofDisk, PointPaths.image(point, disk), disk.image().size());
                addFileProblem(
                        ofDisk, PointPaths.digests(point, disk), disk.digests().size());
            }
            if (disk.level() != Level.FULL && ofDisk.isEmpty()) {
                String below = parentProblem == null ? problemBelow(point, disk.target()) : parentProblem;
                if (below != null) {
                    ofDisk.add(below);
                }
            }
            if (!ofDisk.isEmpty()) {
                brokenDisks.add(point.id() + "/" + disk.target());
            }
            problems.addAll(ofDisk);
        }
        return problems.isEmpty() ? null : problems.get(0);
    }

    private void addFileProblem(List<String> problems, Path file, long size) {
        String problem = fileProblem(file, size);
        if (problem != null) {
            damage.add(Finding.of(file, problem));
            problems.add(file.getFileName() + " " + problem);
        }
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

    /** Why nothing can build on a point's parent, or null. */
    private @Nullable String parentProblem(Point point) {
        ParentLink link = point.manifest().parent();
        if (link == null) {
            return null;
        }
        if (gone.contains(link.point())) {
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
        if (!parent.isMeantBy(link.manifestSha256())) {
            damage.add(Finding.of(
                    parent.folder().resolve(Names.MANIFEST), "is not the one that " + point.id() + " builds on"));
            return parent.id() + " is not the point that it was made on";
        }
        if (parent.manifest().mode() == Mode.PUSH) {
            return parent.id() + ", on which it builds, is on host "
                    + parent.manifest().host().name();
        }
        return null;
    }

    private @Nullable String problemBelow(Point point, String target) {
        ParentLink link = point.manifest().parent();
        if (link != null && gone.contains(link.point())) {
            return null;
        }
        Point parent = link == null ? null : byId.get(link.point());
        if (parent == null || parent.manifest().disk(target) == null) {
            return "it builds on a disk " + target + " that no point has";
        }
        return brokenDisks.contains(parent.id() + "/" + target)
                ? parent.id() + ", on which it builds, cannot be restored"
                : null;
    }
}
