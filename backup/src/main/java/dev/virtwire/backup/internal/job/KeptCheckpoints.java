// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.Point;
import dev.virtwire.backup.manifest.Level;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.backup.manifest.Mode;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Which of a repository's checkpoints a domain still needs: for each disk that it has, the one of the newest point with
 * that disk. That is one, but where the newest point lacks a disk that an earlier one has.
 */
final class KeptCheckpoints {
    private KeptCheckpoints() {}

    /**
     * Their names.
     *
     * @param points all points of the domain, in their order
     * @param lastFull whether that of the last full point is needed too
     */
    static Set<String> of(List<Point> points, boolean lastFull) {
        Set<String> kept = new HashSet<>();
        Set<String> wanted = new HashSet<>();
        if (!points.isEmpty()) {
            Manifest newest = points.get(points.size() - 1).manifest();
            newest.disks().forEach(disk -> wanted.add(disk.target()));
            newest.excluded().forEach(disk -> wanted.add(disk.target()));
        }
        boolean full = lastFull;
        for (int i = points.size() - 1; i >= 0; i--) {
            Manifest manifest = points.get(i).manifest();
            String checkpoint = manifest.checkpoint();
            if (manifest.mode() == Mode.PUSH) {
                continue;
            }
            for (ManifestDisk disk : manifest.disks()) {
                // What an image without a bitmap lacks, an older bitmap cannot give: the disk has changed its kind.
                if (wanted.remove(disk.target()) && disk.bitmap() != null && checkpoint != null) {
                    kept.add(checkpoint);
                }
            }
            if (full && manifest.level() == Level.FULL) {
                full = false;
                if (checkpoint != null) {
                    kept.add(checkpoint);
                }
            }
        }
        return kept;
    }
}
