// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code .journal/POINT.merge}: earlier points are being merged into a point. From the moment at which it is durable
 * they are gone, whatever still lies there of them.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}
 * @param repository the repository's id
 * @param point the point that stays
 * @param manifestSha256 the SHA-256 of its manifest before the merge
 * @param gone the points that are gone, newest first
 * @param base the point that what is merged builds on, or null if it will stand alone
 * @param began when, in UTC
 * @param disks the disks whose images change
 */
public record MergeRecord(
        String format,
        @JsonProperty(required = true) int version,
        String repository,
        String point,
        String manifestSha256,
        List<String> gone,
        @Nullable String base,
        Instant began,
        List<Disk> disks) {
    /** What {@link #format} says. */
    public static final String FORMAT = "virtwire-merge";

    /** The version that this program writes, and the only one that it reads. */
    public static final int VERSION = 1;

    /** Refuses a missing field. */
    public MergeRecord {
        requireNonNull(format, "format");
        requireNonNull(repository, "repository");
        requireNonNull(point, "point");
        requireNonNull(manifestSha256, "manifestSha256");
        gone = List.copyOf(gone);
        requireNonNull(began, "began");
        disks = List.copyOf(disks);
    }

    /** The disk with this target, or null if its image does not change. */
    public @Nullable Disk disk(String target) {
        return disks.stream()
                .filter(disk -> disk.target().equals(target))
                .findFirst()
                .orElse(null);
    }

    /**
     * A disk whose image changes.
     *
     * @param target its target
     * @param image the file name of its image, in all points
     * @param into the point that is gone, and whose image the merged one is made of in its place; null if it is a
     *     new file
     */
    public record Disk(
            String target, String image, @Nullable String into) {
        /** Refuses a missing field. */
        public Disk {
            requireNonNull(target, "target");
            requireNonNull(image, "image");
        }
    }
}
