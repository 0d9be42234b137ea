// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * Points that go, and whose changes a point that stays takes in.
 *
 * @param into the id of the point that stays; what it holds does not change
 * @param points the ids of those that go, newest first: each builds on the next
 * @param read bytes of images to read, as far as sizes tell
 * @param written bytes of images to write, at most
 * @since 0.1
 */
public record PointMerge(String into, List<String> points, long read, long written) {
    /** Copies the list. */
    public PointMerge {
        requireNonNull(into, "into");
        points = List.copyOf(points);
    }
}
