// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

/**
 * What becomes of a point.
 *
 * @param point its id
 * @param kept whether it stays
 * @param reason why, a few words
 * @param stored bytes of its images in the repository; 0 where its manifest cannot be read
 * @since 0.1
 */
public record PointVerdict(String point, boolean kept, String reason, long stored) {
    /** Refuses a missing field. */
    public PointVerdict {
        requireNonNull(point, "point");
        requireNonNull(reason, "reason");
    }
}
