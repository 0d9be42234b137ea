// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which points' checkpoints a domain still needs: for each disk that it has, that of the newest point with the disk. That
 * is one, but where the newest point lacks a disk that an earlier one has.
 */
public final class KeptCheckpoints {
    private KeptCheckpoints() {}

    /**
     * The checkpoints' names.
     *
     * @param points all points of the domain, in their order
     * @param lastFull whether that of the last full point is needed too
     */
    public static Set<String> names(List<Point> points, boolean lastFull) {
        return points(points, lastFull).stream()
                .map(point -> point.manifest().checkpoint())
                .collect(Collectors.toCollection(HashSet::new));
    }

    /** As {@link #names}, the points that they were made with. */
    public static List<Point> points(List<Point> points, boolean lastFull) {
        List<Point> kept = new ArrayList<>();
        Set<String> wanted = new HashSet<>();
        if (!points.isEmpty()) {
            Manifest newest = points.get(points.size() - 1).manifest();
            newest.disks().forEach(disk -> wanted.add(disk.target()));
            newest.excluded().forEach(disk -> wanted.add(disk.target()));
        }
        boolean full = lastFull;
        for (int i = points.size() - 1; i >= 0; i--) {
            Point point = points.get(i);
            Manifest manifest = point.manifest();
            if (manifest.mode() == Mode.PUSH) {
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
}
