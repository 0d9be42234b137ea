// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.verify;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.DamagedException;
import dev.virtwire.backup.Finding;
import dev.virtwire.backup.Point;
import dev.virtwire.backup.Progress;
import dev.virtwire.backup.ProgressListener;
import dev.virtwire.backup.RepositoryException;
import dev.virtwire.backup.VerifyReport;
import dev.virtwire.backup.internal.ProgressMeter;
import dev.virtwire.backup.internal.RateLimit;
import dev.virtwire.backup.internal.Workers;
import dev.virtwire.backup.internal.repository.DomainStore;
import dev.virtwire.backup.internal.repository.Names;
import dev.virtwire.backup.internal.repository.PointRemoval;
import dev.virtwire.backup.internal.repository.Problems;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.backup.manifest.ParentLink;
import dev.virtwire.backup.manifest.PointFile;
import dev.virtwire.backup.manifest.PushedImage;
import dev.virtwire.backup.manifest.StoredImage;
import dev.virtwire.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Verifies points, and with each what it builds on; no point twice. */
public final class Verifier {
    private final Map<Path, Point> points = new LinkedHashMap<>();
    private final Map<Path, DomainStore> domains = new LinkedHashMap<>();
    private final Set<Finding> damage = new LinkedHashSet<>();
    private final List<String> unverifiable = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private final Set<Path> damaged = new HashSet<>();
    private final Set<Path> verified = new HashSet<>();
    private final Set<Path> rightDigests = new HashSet<>();

    /** Adds all points of a domain. */
    public void addAll(DomainStore domain) {
        for (String id : domain.pointIds()) {
            add(domain, id);
        }
        previous(domain);
        strange(domain);
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

    /** Adds a point and all that it builds on; damaged manifests are found here. */
    public void add(DomainStore domain, String id) {
        try {
            Point point = domain.point(id);
            if (points.containsKey(point.folder())) {
                return;
            }
            points.put(point.folder(), point);
            domains.put(point.folder(), domain);
            if (point.manifest().parent() != null) {
                add(domain, DiskChain.parentOf(domain, point).id());
            }
        } catch (DamagedException e) {
            damage.addAll(e.findings());
        }
    }

    /** Reads everything that was added. */
    public VerifyReport run(ProgressListener listener) {
        long total = 0;
        int disks = 0;
        for (Point point : points.values()) {
            for (ManifestDisk disk : point.manifest().disks()) {
                total += disk.image() == null ? 0 : disk.image().size();
                disks++;
            }
        }
        ProgressMeter meter = new ProgressMeter(listener, disks, total);
        meter.phase(Progress.Phase.VERIFYING);
        try (Workers threads = new Workers("verify", new RateLimit(RateLimit.NONE))) {
            points.values().forEach(point -> verifyWithParents(point, threads, meter));
        }
        Workers.refuseInterrupted();
        meter.phase(Progress.Phase.DONE);
        List<String> names = points.values().stream()
                .map(point -> point.domain() + "@" + point.id())
                .toList();
        return new VerifyReport(names, meter.movedBytes(), List.copyOf(damage), unverifiable, notices);
    }

    /** Parents first: whether they are damaged decides what is looked at in their children. */
    private void verifyWithParents(Point point, Workers workers, ProgressMeter meter) {
        if (!verified.add(point.folder())) {
            return;
        }
        ParentLink link = point.manifest().parent();
        Point parent = link == null ? null : points.get(point.folder().resolveSibling(link.point()));
        if (parent != null) {
            verifyWithParents(parent, workers, meter);
        }
        verify(point, workers, meter);
    }

    private void verify(Point point, Workers workers, ProgressMeter meter) {
        smallFiles(point);
        for (ManifestDisk disk : point.manifest().disks()) {
            meter.disk(disk.target());
            PushedImage pushed = disk.pushed();
            if (pushed != null) {
                unverifiable.add(point.domain() + "@" + point.id() + ": disk " + disk.target() + " is "
                        + pushed.path() + " on host " + pushed.host()
                        + ", written by the hypervisor; nobody has digests of it");
            } else {
                verifyDisk(point, disk, workers, meter);
            }
            meter.diskDone();
        }
    }

    private void verifyDisk(Point point, ManifestDisk disk, Workers workers, ProgressMeter meter) {
        StoredImage stored = requireNonNull(disk.image());
        Path image = point.folder().resolve(stored.file());
        try {
            try (DiskLayer layer = DiskLayer.open(point, disk, rightDigests)) {
                List<Finding> bytes = FileBlocks.check(layer, new BitSet(), workers, (index, length, good) -> {
                    meter.passed(length);
                    meter.moved(length);
                });
                found(image, bytes);
            }
            if (!damaged.contains(image)) {
                verifyContent(point, disk, workers);
            }
        } catch (DamagedException e) {
            found(image, e.findings());
        } catch (ImageException e) {
            // A thread that is interrupted cannot read, which says nothing of the image.
            Workers.refuseInterrupted();
            found(image, List.of(DiskChain.finding(e)));
        } catch (IOException e) {
            throw Problems.with("verify", image, e);
        }
    }

    /** What the guest would read; where a parent is damaged that is known to be wrong, and not looked at. */
    private void verifyContent(Point point, ManifestDisk disk, Workers workers) throws IOException {
        try (DiskChain chain = DiskChain.open(store(point), point, disk, rightDigests)) {
            boolean trusted = chain.layers().stream().noneMatch(layer -> damaged.contains(layer.file()));
            if (trusted) {
                ContentCheck.run(chain, false, 0, workers, BlockListener.NONE);
            }
        }
    }

    private DomainStore store(Point point) {
        DomainStore domain = domains.get(point.folder());
        if (domain == null) {
            throw new RepositoryException(point.folder() + " was not added");
        }
        return domain;
    }

    private void found(Path image, List<Finding> findings) {
        if (!findings.isEmpty()) {
            damaged.add(image);
            damage.addAll(findings);
        }
    }

    private void smallFiles(Point point) {
        Set<String> expected = new HashSet<>(Set.of(Names.MANIFEST, Names.MANIFEST_SUM));
        for (PointFile file : point.manifest().files()) {
            expected.add(file.file());
            try {
                SmallFiles.require(point.folder(), file);
            } catch (DamagedException e) {
                damage.addAll(e.findings());
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
    }
}
