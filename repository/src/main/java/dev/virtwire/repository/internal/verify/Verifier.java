// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.image.ReplacedFileException;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.chain.ChainLimit;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.damage.Look;
import dev.virtwire.repository.internal.damage.MissingPoints;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.PushedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
import java.util.stream.Stream;

/** Verifies points, and with each what it builds on; no point twice. */
public final class Verifier {
    private static final String FOUND_BY = "verify";

    /** So often a point is verified that prunes change meanwhile. */
    private static final int MOST_TRIES = 5;

    private static final String NOT_ALL_CHILDREN = "not all points that build on damaged ones were looked at: ";

    private final VerifyRequest request;
    private final Map<Path, Point> points = new LinkedHashMap<>();
    private final Map<Path, DomainStore> domains = new LinkedHashMap<>();
    private final Set<Finding> damage = new LinkedHashSet<>();
    private final Map<String, List<LostRange>> lost = new LinkedHashMap<>();
    private final List<String> unverifiable = new ArrayList<>();
    private final Set<Notice> notices = new LinkedHashSet<>();
    private final Set<Path> verified = new HashSet<>();
    private final Map<Path, Integer> tries = new HashMap<>();
    private final Map<Path, List<Finding>> foundIn = new HashMap<>();
    private final Map<Path, List<Look>> looks = new LinkedHashMap<>();
    private final Set<Path> wholeDomains = new HashSet<>();
    private final Map<Path, Notice> unrecorded = new LinkedHashMap<>();
    private final FoundRight right = new FoundRight();

    /** A verification as {@code request} says; what of is added. */
    public Verifier(VerifyRequest request) {
        this.request = request;
    }

    /** Adds all points of a domain. What cannot be read is that domain's own trouble. */
    public void addAll(DomainStore domain) {
        try {
            wholeDomains.add(domain.folder());
            addPoints(domain);
            lookAtRecord(domain);
            strange(domain);
            damage.addAll(domain.journal().damage());
            List<Finding> merges = new ArrayList<>();
            domain.merges().readable(merges);
            damage.addAll(merges);
            for (Path partial : domain.partials()) {
                notices.add(Notice.information(
                        partial + " is work in progress or was left by a run that died: see recover"));
            }
        } catch (IOException e) {
            unverifiable(domain, Problems.with("read", domain.folder(), e));
        } catch (RepositoryException e) {
            unverifiable(domain, e);
        }
    }

    private void unverifiable(DomainStore domain, RepositoryException e) {
        wholeDomains.remove(domain.folder());
        unverifiable.add(domain.name() + ": " + e.getMessage());
    }

    private void addPoints(DomainStore domain) {
        Set<String> gone = domain.gone();
        for (String id : domain.pointIds()) {
            try {
                add(domain, id, gone);
            } catch (RepositoryException e) {
                if (domain.hasPoint(id)) {
                    wholeDomains.remove(domain.folder());
                    unverifiable.add(domain.name() + "@" + id + ": " + e.getMessage());
                } else {
                    removed(domain.folder().resolve(id));
                }
            }
        }
        List<Point> own = points.values().stream()
                .filter(point -> domain.folder().equals(point.folder().getParent()))
                .toList();
        List<Finding> strange = new ArrayList<>();
        Listing.strangers(own, strange);
        damage.addAll(strange);
        notices.addAll(ChainLimit.notices(own));
        previous(own);
        Set<Path> known = damage.stream().map(Finding::file).collect(Collectors.toSet());
        MissingPoints.of(domain, own).values().stream()
                .filter(missing -> !known.contains(missing.file()))
                .forEach(damage::add);
    }

    /** A point that is another than it was is noticed by the one that came after it. */
    private void previous(List<Point> own) {
        for (Point point : own) {
            ParentLink link = point.manifest().previous();
            if (link == null) {
                continue;
            }
            Path folder = point.folder().resolveSibling(link.point());
            Point before = points.get(folder);
            if (before != null && !before.isMeantBy(link.manifestSha256())) {
                damage.add(Finding.of(
                        folder.resolve(Names.MANIFEST),
                        "is not the one that was there when " + point.id() + " was made"));
            }
        }
    }

    private void lookAtRecord(DomainStore domain) {
        DamageRecord record = DamageRecord.of(domain);
        Finding doubt = record.doubt();
        if (doubt != null && record.isNewer()) {
            notices.add(Notice.warning(doubt.toString()));
        } else if (doubt != null) {
            damage.add(doubt);
        }
    }

    private void strange(DomainStore domain) {
        try (Stream<Path> list = Files.list(domain.folder())) {
            list.filter(path -> {
                        String name = String.valueOf(path.getFileName());
                        boolean partial = name.startsWith(".") && name.endsWith(".partial");
                        boolean removed = Names.removedPoint(name) != null;
                        return !Names.isPoint(name) && !partial && !removed && !name.equals(Names.JOURNAL);
                    })
                    .sorted()
                    .forEach(path -> notices.add(Notice.information(path + " does not belong to the repository")));
        } catch (IOException e) {
            throw Problems.with("read", domain.folder(), e);
        }
    }

    /** Adds one point of a domain, and what it builds on. */
    public void addOne(DomainStore domain, String id) {
        add(domain, id, domain.gone());
        lookAtRecord(domain);
        try {
            domain.ownPoint(id);
        } catch (DamagedException e) {
            damage.addAll(e.findings());
        }
    }

    /** Adds a point and all that it builds on; damaged manifests are found here. */
    private void add(DomainStore domain, String id, Set<String> gone) {
        try {
            if (points.containsKey(domain.folder().resolve(id))) {
                return;
            }
            Point point = domain.point(id);
            while (true) {
                // What is gone is being changed, and counts only through the point that it is merged into.
                if (!gone.contains(point.id())) {
                    if (points.putIfAbsent(point.folder(), point) != null) {
                        return;
                    }
                    domains.put(point.folder(), domain);
                }
                if (point.manifest().parent() == null) {
                    return;
                }
                point = DiskChain.parentOf(domain, point);
            }
        } catch (DamagedException e) {
            if (!domain.hasPoint(id)) {
                throw domain.removedMeanwhile(id, e);
            }
            damage.addAll(e.findings());
        }
    }

    /** A prune does not wait for a verification. Children go before their parents, so none that stays is damaged. */
    private void removed(Path point) {
        points.remove(point);
        right.forget(point);
        notices.add(Notice.information(point + " was removed while the verification ran"));
    }

    /** Reads what was added, to the depth that was asked for. */
    public VerifyReport run(ProgressListener listener) {
        right.begin(stores());
        long total = 0;
        int disks = 0;
        for (Point point : points.values()) {
            for (ManifestDisk disk : point.manifest().disks()) {
                total += DiskVerifier.amount(disk, request.depth());
                disks++;
            }
        }
        ProgressMeter meter = new ProgressMeter(listener, disks, total);
        meter.phase(Progress.Phase.VERIFYING);
        Resumption resumption = new Resumption(request.depth(), notices::add);
        try (Workers workers = new Workers("verify", new RateLimit(request.bytesPerSecond()));
                DiskVerifier verifier = new DiskVerifier(request.depth(), workers, meter)) {
            if (request.resume()) {
                domains.values().forEach(resumption::open);
            }
            while (!verified.containsAll(points.keySet())) {
                for (Point point : List.copyOf(points.values())) {
                    verifyWithParents(point, verifier, resumption, meter);
                }
            }
            Workers.refuseInterrupted();
            for (DomainStore domain : stores()) {
                children(domain, verifier);
                recordAgain(domain);
                if (request.depth() != VerifyDepth.STRUCTURE) {
                    right.write(domain, request.depth(), resumption.of(domain), notices::add);
                }
            }
            resumption.finish(points.values());
        } finally {
            resumption.close();
        }
        meter.phase(Progress.Phase.DONE);
        notices.addAll(unrecorded.values());
        List<String> names = points.values().stream().map(Verifier::name).toList();
        return new VerifyReport(
                names,
                request.depth(),
                meter.movedBytes(),
                List.copyOf(damage),
                lost,
                unverifiable,
                List.copyOf(notices));
    }

    private List<DomainStore> stores() {
        Map<Path, DomainStore> stores = new LinkedHashMap<>();
        domains.values().forEach(domain -> stores.put(domain.folder(), domain));
        return List.copyOf(stores.values());
    }

    private static String name(Point point) {
        return point.domain() + "@" + point.id();
    }

    /** Parents first: what is wrong in them decides what is looked at in their children. */
    private void verifyWithParents(Point top, DiskVerifier verifier, Resumption resumption, ProgressMeter meter) {
        Deque<Point> chain = new ArrayDeque<>();
        for (Point point = top; point != null && verified.add(point.folder()); ) {
            chain.push(point);
            ParentLink link = point.manifest().parent();
            point = link == null ? null : points.get(point.folder().resolveSibling(link.point()));
        }
        while (!chain.isEmpty()) {
            // It may be another by now, or be removed.
            Point point = points.get(chain.pop().folder());
            if (point != null && !verified(point, verifier, resumption, meter)) {
                // What is verified again goes first.
                chain.forEach(later -> verified.remove(later.folder()));
                return;
            }
        }
    }

    /** Verifies a point; returns false if it has to be verified again, since a prune changed it meanwhile. */
    private boolean verified(Point point, DiskVerifier verifier, Resumption resumption, ProgressMeter meter) {
        int tried = tries.merge(point.folder(), 1, Integer::sum);
        List<Finding> found = new ArrayList<>();
        Look look = new Look(point);
        RepositoryException failure = null;
        try {
            found.addAll(smallFiles(point, look));
            for (ManifestDisk disk : point.manifest().disks()) {
                meter.disk(disk.target());
                found.addAll(verify(point, disk, verifier, resumption, look));
                meter.diskDone();
            }
        } catch (OperationCancelledException e) {
            recordAtLast(point, look);
            throw e;
        } catch (RepositoryException e) {
            failure = e;
        }
        if (!isThere(point)) {
            verifier.forget(store(point));
            removed(point.folder());
            return true;
        }
        boolean wrong = failure != null || !found.isEmpty() || !look.lost().isEmpty();
        if (wrong) {
            Set<Path> changed = new HashSet<>();
            boolean other = hasChanged(point, failure == null && found.isEmpty(), changed)
                    || (failure != null && ReplacedFileException.isCauseOf(failure));
            if (other) {
                verifier.forget(store(point));
                changed.add(point.folder());
                again(changed, verifier);
                if (tried < MOST_TRIES) {
                    return false;
                }
                unverifiable(point, "prunes changed it each time it was read");
                verified.add(point.folder());
                return true;
            }
        }
        if (failure != null) {
            unverifiable(point, String.valueOf(failure.getMessage()));
        }
        damage.addAll(found);
        foundIn.put(point.folder(), found);
        record(store(point), look);
        right.add(point, !wrong);
        return true;
    }

    /** Forgets what was found of these points, and of those that build on them: all that are not given up. */
    private void again(Set<Path> changed, DiskVerifier verifier) {
        Set<Path> affected = new HashSet<>(changed);
        int before;
        do {
            before = affected.size();
            for (Point point : points.values()) {
                ParentLink link = point.manifest().parent();
                if (link != null && affected.contains(point.folder().resolveSibling(link.point()))) {
                    affected.add(point.folder());
                }
            }
            // A child may come first in the order, if a clock was set back.
        } while (affected.size() > before);
        for (Path folder : affected) {
            Point point = points.get(folder);
            if (point == null || (tries.getOrDefault(folder, 0) >= MOST_TRIES && verified.contains(folder))) {
                continue;
            }
            verified.remove(folder);
            right.forget(folder);
            verifier.lost(store(point)).forget(point);
            lost.remove(name(point));
            looks.getOrDefault(store(point).folder(), new ArrayList<>())
                    .removeIf(look -> look.point().folder().equals(folder));
            unverifiable.removeIf(reason -> reason.startsWith(name(point) + ": "));
            damage.removeAll(foundIn.getOrDefault(folder, List.of()));
            foundIn.remove(folder);
        }
    }

    private void unverifiable(Point point, String reason) {
        wholeDomains.remove(store(point).folder());
        unverifiable.add(name(point) + ": " + reason);
    }

    /**
     * Whether a point, or one that it builds on, has another manifest than the one that was read of it, because points
     * were merged meanwhile. Then nothing that was found wrong says anything, and the manifests are read again.
     *
     * @param onlyInherited whether nothing is wrong but what was found wrong in the parent
     * @param changed gets the folders of the points that are other ones now
     */
    private boolean hasChanged(Point top, boolean onlyInherited, Set<Path> changed) {
        DomainStore domain = store(top);
        Point point = points.getOrDefault(top.folder(), top);
        for (int depth = 0; point != null; depth++) {
            // Damage that a parent has was confirmed there: a chain's manifests are not read again for each child.
            boolean same = (onlyInherited && depth > 1) ? domain.seemsStill(point) : domain.isStill(point);
            if (!same) {
                try {
                    point = domain.point(point.id());
                } catch (RepositoryException e) {
                    return lost(point, e) || !changed.isEmpty();
                }
                changed.add(point.folder());
                points.put(point.folder(), point);
            }
            ParentLink link = point.manifest().parent();
            point = link == null ? null : points.get(point.folder().resolveSibling(link.point()));
        }
        return !changed.isEmpty();
    }

    /** Whether a point whose manifest cannot be read any more was removed; otherwise that is what is wrong. */
    private boolean lost(Point point, RepositoryException why) {
        if (!isThere(point)) {
            removed(point.folder());
            return true;
        }
        if (why instanceof DamagedException damaged) {
            damage.addAll(damaged.findings());
        } else {
            unverifiable(point, String.valueOf(why.getMessage()));
        }
        return false;
    }

    /** What was found of a point before the verification was cancelled. */
    private void recordAtLast(Point point, Look look) {
        boolean interrupted = Thread.interrupted();
        if (isThere(point) && !hasChanged(point, false, new HashSet<>())) {
            record(store(point), look);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void record(DomainStore domain, Look look) {
        if (!look.lost().isEmpty()) {
            lost.put(name(look.point()), look.lost());
        }
        looks.computeIfAbsent(domain.folder(), folder -> new ArrayList<>()).add(look);
        try {
            DamageRecord.write(domain, List.of(look), FOUND_BY);
        } catch (RepositoryException e) {
            unrecorded.putIfAbsent(
                    domain.folder(),
                    Notice.warning(
                            "what was found in domain " + domain.name() + " is not recorded: " + e.getMessage()));
        }
    }

    /** What is wrong in points that were not asked for, or not there yet, because they build on others. */
    private void children(DomainStore domain, DiskVerifier verifier) {
        try {
            for (Look look : verifier.lost(domain).inChildren()) {
                if (domain.isStill(look.point())) {
                    record(domain, look);
                }
            }
        } catch (IOException e) {
            notices.add(Notice.warning(NOT_ALL_CHILDREN + Problems.reason(e)));
        } catch (DamagedException e) {
            notices.add(Notice.warning(NOT_ALL_CHILDREN + e.getMessage()));
        }
    }

    /** If all was looked at, as deep as proves it, what a record that cannot be read has said is known again. */
    private void recordAgain(DomainStore domain) {
        if (!wholeDomains.contains(domain.folder()) || request.depth() == VerifyDepth.STRUCTURE || request.resume()) {
            return;
        }
        try {
            DamageRecord record = DamageRecord.of(domain);
            if (record.doubt() != null && !record.isNewer()) {
                DamageRecord.writeAgain(domain, looks.getOrDefault(domain.folder(), List.of()), FOUND_BY);
                notices.add(Notice.information(
                        "the record of what is damaged in domain " + domain.name() + " was made again"));
                unrecorded.remove(domain.folder());
            }
        } catch (RepositoryException e) {
            unrecorded.put(
                    domain.folder(),
                    Notice.warning(
                            "what was found in domain " + domain.name() + " is not recorded: " + e.getMessage()));
        }
    }

    private boolean isThere(Point point) {
        return store(point).hasPoint(point.id());
    }

    private List<Finding> verify(
            Point point, ManifestDisk disk, DiskVerifier verifier, Resumption resumption, Look look) {
        PushedImage pushed = disk.pushed();
        if (pushed != null) {
            unverifiable.add(name(point) + ": disk " + disk.target() + " is " + pushed.path() + " on host "
                    + pushed.host() + ", written by the hypervisor; nobody has digests of it");
            return List.of();
        }
        DomainStore domain = store(point);
        return verifier.verify(domain, point, disk, resumption.of(domain), look);
    }

    private DomainStore store(Point point) {
        DomainStore domain = domains.get(point.folder());
        if (domain == null) {
            throw new RepositoryException(point.folder() + " was not added");
        }
        return domain;
    }

    private List<Finding> smallFiles(Point point, Look look) {
        List<Finding> found = new ArrayList<>();
        Set<String> expected = new HashSet<>(Set.of(Names.MANIFEST, Names.MANIFEST_SUM));
        for (PointFile file : point.manifest().files()) {
            expected.add(file.file());
            try {
                SmallFiles.require(point.folder(), file);
            } catch (DamagedException e) {
                found.addAll(e.findings());
            }
            look.file(point.folder().resolve(file.file()), found, true);
        }
        for (ManifestDisk disk : point.manifest().disks()) {
            if (disk.image() != null && disk.digests() != null) {
                expected.add(disk.image().file());
                expected.add(disk.digests().file());
            }
        }
        try (Stream<Path> list = Files.list(point.folder())) {
            expected.add(Names.MERGED);
            expected.add(Names.MERGED_PARTIAL);
            list.filter(path -> !expected.contains(String.valueOf(path.getFileName())))
                    .sorted()
                    .forEach(path -> notices.add(Notice.information(path + " does not belong to the point")));
        } catch (IOException e) {
            throw Problems.with("read", point.folder(), e);
        }
        return found;
    }
}
