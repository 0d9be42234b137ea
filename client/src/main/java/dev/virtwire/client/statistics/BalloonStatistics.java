// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.statistics;

import dev.virtwire.client.params.TypedParameters;
import java.util.OptionalLong;

/**
 * A domain's memory, in KiB; each figure is empty if it is not told.
 *
 * @param currentKiB what it has
 * @param maximumKiB the most that it may have
 * @param unusedKiB what the guest leaves unused
 * @param usableKiB what the guest could use without swapping
 * @param rssKiB what its process holds of the host's memory
 * @since 0.1
 */
public record BalloonStatistics(
        OptionalLong currentKiB,
        OptionalLong maximumKiB,
        OptionalLong unusedKiB,
        OptionalLong usableKiB,
        OptionalLong rssKiB) {
    static BalloonStatistics of(TypedParameters balloon) {
        return new BalloonStatistics(
                balloon.number("current"),
                balloon.number("maximum"),
                balloon.number("unused"),
                balloon.number("usable"),
                balloon.number("rss"));
    }
}
