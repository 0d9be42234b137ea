// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.chain.ChainLimit;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.PointFile;
import dev.virtwire.repository.manifest.PushedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Verifies points, and with each what it builds on; no point twice. */
public final class Verifier {
    private final VerifyRequest request;
    private final Map<Path, Point> points = new LinkedHashMap<>();
    private final Map<Path, DomainStore> domains = new LinkedHashMap<>();
    private final Set<Finding> damage = new LinkedHashSet<>();
    private final List<String> unverifiable = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final Set<Path> verified = new HashSet<>();

    /** A verification as {@code request} says; what of is added. */
    public Verifier(VerifyRequest request) {
        this.request = request;
    }

    /** Adds all points of a domain. */
    public void addAll(DomainStore domain) {
        for (String id : domain.pointIds()) {
            try {
                add(domain, id);
            } catch (RepositoryException e) {
                if (domain.hasPoint(id)) {
                    throw e;
                }
                removed(domain.folder().resolve(id));
            }
        }
        List<Finding> strange = new ArrayList<>();
        Listing.strangers(
                points.values().stream()
                        .filter(point -> domain.folder().equals(point.folder().getParent()))
                        .toList(),
                strange);
        damage.addAll(strange);
        notices.addAll(ChainLimit.notices(points.values().stream()
                .filter(point -> domain.folder().equals(point.folder().getParent()))
                .toList()));
        previous(domain);
        strange(domain);
        damage.addAll(domain.journal().damage());
        try {
            for (Path partial : domain.partials()) {
                notices.add(partial + " is work in progress or was left by a run that died: see recover");
            }
        } catch (IOException e) {
            throw Problems.with("read", domain.folder(), e);
        }
    }

    /** A point that is gone and was not removed on purpose is noticed by the one that came after it. */
    private void previous(DomainStore domain) {
        PointRemoval removal = new PointRemoval(domain);
        for (Point point : List.copyOf(points.values())) {
            ParentLink link = point.manifest().previous();
            if (link == null || !domain.folder().equals(point.folder().getParent())) {
                continue;
            }
            Path folder = point.folder().resolveSibling(link.point());
            Point before = points.get(folder);
            if (before != null && !before.manifestSha256().equals(link.manifestSha256())) {
                damage.add(Finding.of(
                        folder.resolve(Names.MANIFEST),
                        "is not the one that was there when " + point.id() + " was made"));
            } else if (Files.notExists(folder, LinkOption.NOFOLLOW_LINKS) && !removal.isRemoved(link.point())) {
                notices.add(folder + " is gone: it was the newest point when " + point.id() + " was made");
            }
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
                    .forEach(path -> notices.add(path + " does not belong to the repository"));
        } catch (IOException e) {
            throw Problems.with("read", domain.folder(), e);
        }
    }

    /** Adds one point of a domain, and what it builds on. */
    public void addOne(DomainStore domain, String id) {
        add(domain, id);
        try {
            domain.ownPoint(id);
        } catch (DamagedException e) {
            damage.addAll(e.findings());
        }
    }

    /** Adds a point and all that it builds on; damaged manifests are found here. */
    private void add(DomainStore domain, String id) {
        try {
            Point point = domain.point(id);
            while (points.putIfAbsent(point.folder(), point) == null) {
                domains.put(point.folder(), domain);
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
        notices.add(point + " was removed while the verification ran");
    }

    /** Reads what was added, to the depth that was asked for. */
    public VerifyReport run(ProgressListener listener) {
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
        Resumption resumption = new Resumption();
        try (Workers workers = new Workers("verify", new RateLimit(request.bytesPerSecond()))) {
            if (request.resume()) {
                domains.values().forEach(resumption::open);
            }
            DiskVerifier verifier = new DiskVerifier(request.depth(), workers, meter);
            for (Point point : List.copyOf(points.values())) {
                verifyWithParents(point, verifier, resumption, meter);
            }
            Workers.refuseInterrupted();
            resumption.finish();
        } finally {
            resumption.close();
        }
        meter.phase(Progress.Phase.DONE);
        List<String> names = points.values().stream()
                .map(point -> point.domain() + "@" + point.id())
                .toList();
        return new VerifyReport(names, request.depth(), meter.movedBytes(), List.copyOf(damage), unverifiable, notices);
    }

    /** Parents first: whether they are damaged decides what is looked at in their children. */
    private void verifyWithParents(Point top, DiskVerifier verifier, Resumption resumption, ProgressMeter meter) {
        Deque<Point> chain = new ArrayDeque<>();
        for (Point point = top; point != null && verified.add(point.folder()); ) {
            chain.push(point);
            ParentLink link = point.manifest().parent();
            point = link == null ? null : points.get(point.folder().resolveSibling(link.point()));
        }
        for (Point point : chain) {
            List<Finding> found = new ArrayList<>();
            boolean there;
            try {
                found.addAll(smallFiles(point));
                for (ManifestDisk disk : point.manifest().disks()) {
                    meter.disk(disk.target());
                    found.addAll(verify(point, disk, verifier, resumption));
                    meter.diskDone();
                }
                there = isThere(point);
            } catch (RepositoryException e) {
                there = isThere(point);
                if (there || e instanceof OperationCancelledException) {
                    throw e;
                }
            }
            if (there) {
                damage.addAll(found);
            } else {
                removed(point.folder());
            }
        }
    }

    private static boolean isThere(Point point) {
        return !Files.notExists(point.folder(), LinkOption.NOFOLLOW_LINKS);
    }

    private List<Finding> verify(Point point, ManifestDisk disk, DiskVerifier verifier, Resumption resumption) {
        PushedImage pushed = disk.pushed();
        if (pushed != null) {
            unverifiable.add(point.domain() + "@" + point.id() + ": disk " + disk.target() + " is " + pushed.path()
                    + " on host " + pushed.host() + ", written by the hypervisor; nobody has digests of it");
            return List.of();
        }
        DomainStore domain = store(point);
        return verifier.verify(domain, point, disk, resumption.of(domain));
    }

    private DomainStore store(Point point) {
        DomainStore domain = domains.get(point.folder());
        if (domain == null) {
            throw new RepositoryException(point.folder() + " was not added");
        }
        return domain;
    }

    private List<Finding> smallFiles(Point point) {
        List<Finding> found = new ArrayList<>();
        Set<String> expected = new HashSet<>(Set.of(Names.MANIFEST, Names.MANIFEST_SUM));
        for (PointFile file : point.manifest().files()) {
            expected.add(file.file());
            try {
                SmallFiles.require(point.folder(), file);
            } catch (DamagedException e) {
                found.addAll(e.findings());
            }
        }
        for (ManifestDisk disk : point.manifest().disks()) {
            if (disk.image() != null && disk.digests() != null) {
                expected.add(disk.image().file());
                expected.add(disk.digests().file());
            }
        }
        try (Stream<Path> list = Files.list(point.folder())) {
            list.filter(path -> !expected.contains(String.valueOf(path.getFileName())))
                    .sorted()
                    .forEach(path -> notices.add(path + " does not belong to the point"));
        } catch (IOException e) {
            throw Problems.with("read", point.folder(), e);
        }
        return found;
    }

    /** The records of the domains that are verified, if one was asked for. */
    private final class Resumption {
        private final Map<Path, VerifyProgress> open = new LinkedHashMap<>();
        private boolean finished;

        void open(DomainStore domain) {
            if (!open.containsKey(domain.folder())) {
                VerifyProgress progress = VerifyProgress.open(domain, request.depth());
                open.put(domain.folder(), progress);
                String notice = progress.notice();
                if (notice != null) {
                    notices.add(notice);
                } else if (progress.resumes()) {
                    notices.add("the verification of domain " + domain.name() + " that began at " + progress.began()
                            + " is resumed");
                }
            }
        }

        @Nullable
        VerifyProgress of(DomainStore domain) {
            return open.get(domain.folder());
        }

        /** All was looked at: the next verification starts from the beginning. */
        void finish() {
            finished = true;
            for (Map.Entry<Path, VerifyProgress> entry : open.entrySet()) {
                Set<String> ids = new HashSet<>();
                points.values().stream()
                        .filter(point -> entry.getKey().equals(point.folder().getParent()))
                        .forEach(point -> ids.add(point.id()));
                entry.getValue().finish(ids);
            }
        }

        /** Saves what was found out before it ended early. */
        void close() {
            // A thread that is interrupted cannot write.
            boolean interrupted = Thread.interrupted();
            try {
                for (VerifyProgress each : open.values()) {
                    try (each) {
                        if (!finished) {
                            each.save();
                        }
                    }
                }
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
