// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.damage;

import dev.virtwire.repository.Finding;
import dev.virtwire.repository.LostRange;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.StoredImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What somebody who read a point found right and wrong in it. What was read as a whole is known again from it alone;
 * what was read in part only adds to what is known.
 */
public final class Look {
    /** A disk: the ranges of its content that are wrong. */
    record Disk(List<ByteRange> lost, boolean whole) {}

    /** A file: what is wrong in it. */
    record Wrong(List<ByteRange> ranges, String message, boolean whole) {}

    private final Point point;
    private final Map<String, Disk> disks = new LinkedHashMap<>();
    private final Map<String, Wrong> files = new LinkedHashMap<>();

    /** A look at this point. */
    public Look(Point point) {
        this.point = point;
    }

    /** The point. */
    public Point point() {
        return point;
    }

    /**
     * A disk was looked at.
     *
     * @param lost blocks of its content that cannot be given as the guest had them
     * @param whole whether every other block was found right
     */
    public void disk(ManifestDisk disk, BitSet lost, boolean whole) {
        disks.put(disk.target(), new Disk(ByteRange.of(lost, disk.virtualSize()), whole));
    }

    /**
     * A file of the point was looked at; findings that are of other files are left out.
     *
     * @param file where it lies
     * @param whole whether all else in it was found right
     */
    public void file(Path file, List<Finding> findings, boolean whole) {
        List<ByteRange> ranges = new ArrayList<>();
        String message = "";
        for (Finding finding : findings) {
            if (finding.file().equals(file)) {
                message = message.isEmpty() ? finding.message() : message;
                if (finding.length() > 0) {
                    ranges.add(new ByteRange(finding.offset(), finding.length()));
                }
            }
        }
        files.put(String.valueOf(file.getFileName()), new Wrong(ranges, message, whole));
    }

    /** The image of a disk was looked at: these of its blocks are wrong. */
    public void image(StoredImage image, BitSet bad, String message, boolean whole) {
        files.put(image.file(), new Wrong(ByteRange.of(bad, image.size()), bad.isEmpty() ? "" : message, whole));
    }

    /** What of the point's disks is wrong. */
    public List<LostRange> lost() {
        List<LostRange> lost = new ArrayList<>();
        disks.forEach((target, disk) ->
                disk.lost().forEach(range -> lost.add(new LostRange(target, range.offset(), range.length()))));
        return lost;
    }

    Map<String, Disk> disks() {
        return disks;
    }

    Map<String, Wrong> files() {
        return files;
    }

    /** Whether anything is wrong. */
    boolean isDamaged() {
        return disks.values().stream().anyMatch(disk -> !disk.lost().isEmpty())
                || files.values().stream().anyMatch(file -> !file.message().isEmpty());
    }
}
