// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.VerifyDepth;
import java.time.Instant;
import java.util.List;

/**
 * What {@code .journal/verified-points} holds behind the line with its SHA-256: docs/format.md names each field.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}
 * @param points the points that were found right
 */
record VerifiedFile(
        String format, @JsonProperty(required = true) int version, List<Entry> points) {
    static final String FORMAT = "virtwire-verified-points";
    static final int VERSION = 1;

    VerifiedFile {
        requireNonNull(format, "format");
        points = List.copyOf(points);
    }

    /**
     * A point that was found right the last time that it was verified.
     *
     * @param point its id
     * @param manifestSha256 the SHA-256 of its manifest at that time
     * @param depth how much was read
     * @param verified when that began, in UTC
     */
    record Entry(String point, String manifestSha256, VerifyDepth depth, Instant verified) {
        Entry {
            requireNonNull(point, "point");
            requireNonNull(manifestSha256, "manifestSha256");
            requireNonNull(depth, "depth");
            requireNonNull(verified, "verified");
        }
    }
}
