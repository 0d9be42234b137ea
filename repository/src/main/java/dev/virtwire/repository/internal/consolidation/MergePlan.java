// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.chain.DiskLayer;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.journal.MergeRecord;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.ParentLink;
import dev.virtwire.repository.manifest.StoredImage;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is merged into a point, and how for each disk. Open until it is closed; nothing is written here. */
final class MergePlan implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(MergePlan.class);

    private final DomainStore store;
    private final Point stays;
    private final List<String> gone;
    private final @Nullable Point base;
    private final Map<String, DiskRun> edited = new LinkedHashMap<>();
    private final Map<String, DiskRun> copied = new LinkedHashMap<>();

    private MergePlan(DomainStore store, Point stays, List<String> gone, @Nullable Point base) {
        this.store = store;
        this.stays = stays;
        this.gone = gone;
        this.base = base;
    }

    /**
     * Plans a merge.
     *
     * @param run the points that go, of which those are merged that the point that stays builds on
     * @throws dev.virtwire.repository.DamagedException if a point or a digest file in a chain is missing or damaged
     */
    static MergePlan of(DomainStore store, Point stays, Set<String> run) throws IOException {
        List<Point> path = new ArrayList<>();
        Point base = walk(store, stays, path, run::contains);
        if (path.isEmpty()) {
            DiskChain.parentOf(store, stays);
            throw new IllegalArgumentException(stays.id() + " builds on none of " + run);
        }
        List<String> gone = needless(store, stays, path);
        MergePlan plan = new MergePlan(store, stays, gone, base);
        DamageRecord known = DamageRecord.of(store);
        plan.open(path, disk -> InPlace.obstacle(disk, Set.copyOf(gone), known) == null);
        return plan;
    }

    /** The plan that an earlier run began to carry out. */
    static MergePlan of(DomainStore store, Point stays, MergeRecord record) throws IOException {
        List<Point> path = new ArrayList<>();
        Point base = walk(store, stays, path, id -> !id.equals(record.base()));
        MergePlan plan = new MergePlan(store, stays, record.gone(), base);
        plan.open(path, disk -> {
            MergeRecord.Disk known = record.disk(disk.disk().target());
            return known != null && known.into() != null;
        });
        return plan;
    }

    /**
     * Adds what a point builds on to {@code path}, as long as it goes; returns the first that does not, or null. What
     * is lost ends it too: no disk may need that then, and whoever opens one that does finds the damage.
     */
    private static @Nullable Point walk(DomainStore store, Point stays, List<Point> path, Predicate<String> goes) {
        Point child = stays;
        while (child.manifest().parent() != null) {
            try {
                child = DiskChain.parentOf(store, child);
            } catch (DamagedException e) {
                LOG.debug("what {} builds on is lost", child.id(), e);
                return null;
            }
            if (!goes.test(child.id())) {
                return child;
            }
            path.add(child);
        }
        return null;
    }

    /** Those of a path, newest first, that only the point that stays needs. */
    private static List<String> needless(DomainStore store, Point stays, List<Point> path) {
        Map<String, Set<String>> children = new HashMap<>();
        for (Point point : store.points().points()) {
            ParentLink parent = point.manifest().parent();
            if (parent != null) {
                children.computeIfAbsent(parent.point(), id -> new HashSet<>()).add(point.id());
            }
        }
        List<String> needless = new ArrayList<>();
        String child = stays.id();
        for (Point point : path) {
            if (!children.getOrDefault(point.id(), Set.of()).equals(Set.of(child))) {
                break;
            }
            needless.add(point.id());
            child = point.id();
        }
        return needless;
    }

    /** Whether a disk is merged in place. */
    @FunctionalInterface
    private interface Way {
        boolean isInPlace(DiskRun disk) throws IOException;
    }

    private void open(List<Point> path, Way way) throws IOException {
        Set<String> merged = new LinkedHashSet<>(Set.of(stays.id()));
        path.forEach(point -> merged.add(point.id()));
        try {
            for (ManifestDisk disk : stays.manifest().disks()) {
                StoredImage image = disk.image();
                if (image != null && image.backing() != null) {
                    DiskChain chain = DiskChain.openProvable(store, stays, disk);
                    int length = (int) chain.layers().stream()
                            .takeWhile(layer -> merged.contains(layer.point().id()))
                            .count();
                    DiskRun run = new DiskRun(disk, chain, length);
                    // Until it is known which way it goes, so that it is closed whatever happens.
                    copied.put(disk.target(), run);
                    if (way.isInPlace(run)) {
                        requireDigests(run);
                        copied.remove(disk.target());
                        edited.put(disk.target(), run);
                    }
                }
            }
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /** An edit that died is begun again only with the digests that it began with. */
    private static void requireDigests(DiskRun run) {
        for (DiskLayer layer : run.merged()) {
            if (layer.wrong() != null) {
                throw layer.wrong();
            }
        }
    }

    /** The point that stays. */
    Point stays() {
        return stays;
    }

    /** The disks whose merged image is made of the oldest one in its place, by target. */
    Map<String, DiskRun> edited() {
        return edited;
    }

    /** The disks whose merged image is a new file, by target. */
    Map<String, DiskRun> copied() {
        return copied;
    }

    /** What is to be written down before anything of a point that goes is changed. */
    MergeRecord record() {
        List<MergeRecord.Disk> disks = new ArrayList<>();
        edited.forEach((target, run) -> disks.add(
                new MergeRecord.Disk(target, image(run), run.oldest().point().id())));
        copied.forEach((target, run) -> disks.add(new MergeRecord.Disk(target, image(run), null)));
        return new MergeRecord(
                MergeRecord.FORMAT,
                MergeRecord.VERSION,
                store.repositoryId(),
                stays.id(),
                stays.manifestSha256(),
                gone,
                base == null ? null : base.id(),
                store.now(),
                disks);
    }

    private static String image(DiskRun run) {
        return requireNonNull(run.disk().image()).file();
    }

    /** What the point that stays says of itself when its disks have these images and digests, by target. */
    Manifest manifest(Map<String, DiskStore.Stored> stored) {
        List<ManifestDisk> disks = new ArrayList<>();
        boolean standsAlone = true;
        for (ManifestDisk disk : stays.manifest().disks()) {
            DiskStore.Stored merged = stored.get(disk.target());
            if (merged == null) {
                disks.add(disk);
                continue;
            }
            boolean full = merged.image().backing() == null;
            standsAlone &= full;
            disks.add(new ManifestDisk(
                    disk.target(),
                    full ? Level.FULL : disk.level(),
                    "earlier points were merged into it; before: " + disk.reason(),
                    disk.virtualSize(),
                    disk.source(),
                    disk.bitmap(),
                    merged.image(),
                    merged.content(),
                    merged.digests(),
                    null));
        }
        return stays.manifest()
                .merged(stays.manifestSha256(), standsAlone || base == null ? null : link(base), before(), disks);
    }

    /** The newest point before the one that stays that does not go now. */
    private @Nullable ParentLink before() {
        Point before = null;
        for (Point point : store.points().points()) {
            if (point.id().equals(stays.id())) {
                break;
            }
            if (!gone.contains(point.id())) {
                before = point;
            }
        }
        return before == null ? null : link(before);
    }

    private static ParentLink link(Point point) {
        return new ParentLink(point.id(), point.manifestSha256());
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (Map<String, DiskRun> runs : List.of(edited, copied)) {
            for (DiskRun run : runs.values()) {
                try {
                    run.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }
}
