// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.VerifyDepth;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What verifications that can be resumed have found right of a domain so far.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}
 * @param depth how much was read
 * @param began when the first of them began, in UTC
 * @param disks disks that were looked at
 */
record VerifyRecord(
        String format, @JsonProperty(required = true) int version, VerifyDepth depth, Instant began, List<Disk> disks) {
    static final String FORMAT = "virtwire-verification";
    static final int VERSION = 1;

    VerifyRecord {
        requireNonNull(format, "format");
        requireNonNull(depth, "depth");
        requireNonNull(began, "began");
        disks = List.copyOf(disks);
    }

    /**
     * A disk of a point.
     *
     * @param point the point's id
     * @param manifestSha256 the SHA-256 of its manifest at that time
     * @param target the disk's target
     * @param modified when the image file had been changed last
     * @param fileBlocks how many blocks from the beginning of the image file are right
     * @param contentBlocks how many blocks from the beginning of the disk's content are right
     * @param verified when the disk was found right as a whole, in UTC, or null
     */
    record Disk(
            String point,
            String manifestSha256,
            String target,
            Instant modified,
            @JsonProperty(required = true) long fileBlocks,
            @JsonProperty(required = true) long contentBlocks,
            @Nullable Instant verified) {
        Disk {
            requireNonNull(point, "point");
            requireNonNull(manifestSha256, "manifestSha256");
            requireNonNull(target, "target");
            requireNonNull(modified, "modified");
            if (fileBlocks < 0 || contentBlocks < 0) {
                throw new IllegalArgumentException("a negative number of blocks");
            }
        }
    }
}
