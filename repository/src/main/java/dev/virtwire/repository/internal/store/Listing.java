// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The points of a domain: those whose manifest can be read, and the damage.
 *
 * @param points in the order of their making
 * @param damage why others cannot be read
 */
public record Listing(List<Point> points, List<Finding> damage) {
    /** The newest point, or null if there is no point. */
    public @Nullable Point newest() {
        return points.isEmpty() ? null : points.get(points.size() - 1);
    }

    /** The newest point that has a disk, or null: if a domain has no disk for a while, its bitmaps stay good. */
    private @Nullable Point newestWithDisks() {
        for (int i = points.size() - 1; i >= 0; i--) {
            if (!points.get(i).manifest().disks().isEmpty()) {
                return points.get(i);
            }
        }
        return null;
    }

    /**
     * The names of the checkpoints that the domain still needs: see {@link #keptPoints}.
     *
     * @param lastFull whether that of the last full point is needed too
     */
    public Set<String> keptCheckpoints(boolean lastFull) {
        return keptPoints(lastFull).stream()
                .map(point -> point.manifest().checkpoint())
                .collect(Collectors.toCollection(HashSet::new));
    }

    /**
     * The points whose checkpoints the domain still needs: for each disk that it has, the newest point with the disk.
     * That is one, but where the newest point lacks a disk that an earlier one has.
     *
     * @param lastFull whether that of the last full point is needed too
     */
    public List<Point> keptPoints(boolean lastFull) {
        List<Point> kept = new ArrayList<>();
        Set<String> wanted = new HashSet<>();
        Point newest = newestWithDisks();
        if (newest != null) {
            newest.manifest().disks().forEach(disk -> wanted.add(disk.target()));
            newest.manifest().excluded().forEach(disk -> wanted.add(disk.target()));
        }
        boolean full = lastFull;
        for (int i = points.size() - 1; i >= 0; i--) {
            Point point = points.get(i);
            Manifest manifest = point.manifest();
            if (manifest.mode() == Mode.PUSH || manifest.disks().isEmpty()) {
                continue;
            }
            boolean needed = full && manifest.level() == Level.FULL;
            full &= manifest.level() != Level.FULL;
            for (ManifestDisk disk : manifest.disks()) {
                // What an image without a bitmap lacks, an older bitmap cannot give: the disk has changed its kind.
                needed |= wanted.remove(disk.target()) && disk.bitmap() != null;
            }
            if (needed && manifest.checkpoint() != null) {
                kept.add(point);
            }
        }
        return kept;
    }

    /**
     * Those of these points of one folder, oldest first, that are not of the domain of most of them; of each, {@code
     * damage} gets a finding.
     */
    public static Set<Point> strangers(List<Point> points, List<Finding> damage) {
        Map<UUID, Integer> counts = new LinkedHashMap<>();
        points.forEach(point -> counts.merge(point.manifest().domain().uuid(), 1, Integer::sum));
        UUID owner = null;
        for (Map.Entry<UUID, Integer> count : counts.entrySet()) {
            if (owner == null || count.getValue() > counts.getOrDefault(owner, 0)) {
                owner = count.getKey();
            }
        }
        Set<Point> strangers = new HashSet<>();
        for (Point point : points) {
            DomainIdentity domain = point.manifest().domain();
            if (!domain.uuid().equals(owner)) {
                strangers.add(point);
                damage.add(Finding.of(
                        point.folder().resolve(Names.MANIFEST),
                        "is of domain " + domain.name() + " with UUID " + domain.uuid()
                                + ", and this folder has points of the one with UUID " + owner));
            }
        }
        return strangers;
    }
}
