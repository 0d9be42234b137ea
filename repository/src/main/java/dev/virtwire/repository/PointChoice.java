// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The newest point of a domain that can be restored, as far as is known without reading its images.
 *
 * @param point that point
 * @param passedOver newer points that cannot be restored from here, the newest first, each with the reason
 * @param damaged whether one of these is damaged or gone
 * @since 0.1
 */
public record PointChoice(Point point, List<String> passedOver, boolean damaged) {
    /** Refuses a missing field. */
    public PointChoice {
        requireNonNull(point, "point");
        passedOver = List.copyOf(passedOver);
    }
}
