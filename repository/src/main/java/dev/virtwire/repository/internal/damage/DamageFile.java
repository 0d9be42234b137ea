// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.damage;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.internal.format.Names;
import java.time.Instant;
import java.util.List;

/**
 * What {@code .journal/damage} holds behind the line with its SHA-256: docs/format.md names each field.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}
 * @param points the points of which something is known
 */
record DamageFile(
        String format, @JsonProperty(required = true) int version, List<PointEntry> points) {
    static final String FORMAT = "virtwire-damage";
    static final int VERSION = 1;

    DamageFile {
        requireNonNull(format, "format");
        points = List.copyOf(points);
    }

    /**
     * A point.
     *
     * @param point its id
     * @param disks disks whose content cannot be given back right
     * @param files files that differ from what was written
     */
    record PointEntry(String point, List<DiskEntry> disks, List<FileEntry> files) {
        PointEntry {
            requireNonNull(point, "point");
            disks = List.copyOf(disks);
            files = List.copyOf(files);
        }
    }

    /**
     * A disk of a point.
     *
     * @param target the guest's name for it
     * @param ranges the bytes of the disk that are wrong
     * @param since when that was found first, in UTC
     * @param foundBy what found it: {@code verify} or {@code restore}
     */
    record DiskEntry(String target, List<ByteRange> ranges, Instant since, String foundBy) {
        DiskEntry {
            ranges = List.copyOf(ranges);
            if (!Names.isTarget(target) || ranges.isEmpty()) {
                throw new IllegalArgumentException("no range of a disk: " + target);
            }
            requireNonNull(since, "since");
            requireNonNull(foundBy, "foundBy");
        }
    }

    /**
     * A file of a point.
     *
     * @param file its name
     * @param ranges the bytes of the file that are wrong; without any the file as a whole is
     * @param message what is wrong, one sentence without file and range
     * @param since when that was found first, in UTC
     * @param foundBy what found it: {@code verify} or {@code restore}
     */
    record FileEntry(String file, List<ByteRange> ranges, String message, Instant since, String foundBy) {
        FileEntry {
            if (!Names.isPlainFile(file)) {
                throw new IllegalArgumentException("no file of a point: " + file);
            }
            ranges = List.copyOf(ranges);
            requireNonNull(message, "message");
            requireNonNull(since, "since");
            requireNonNull(foundBy, "foundBy");
        }
    }
}
