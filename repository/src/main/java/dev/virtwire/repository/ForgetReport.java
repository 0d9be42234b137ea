// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a repository holds of a domain that is to be forgotten, or was.
 *
 * @param domain the name of the domain's folder
 * @param erased whether it is erased
 * @param points the ids of its points, readable or not
 * @param stored bytes of the images, as far as manifests can be read
 * @param lastBackup when the newest point was completed, or null if nobody can say: there is no point, or a manifest
 *     cannot be read
 * @param obstacles why it is not erased as long as that is so: held points, and runs that were not cleared up after; or
 *     that only what an earlier run had left of a domain of this name was erased, so that one has to ask again
 * @param remains what may remain of it on hosts, which only a host can delete: checkpoints and pushed images
 * @since 0.1
 */
public record ForgetReport(
        String domain,
        boolean erased,
        List<String> points,
        long stored,
        @Nullable Instant lastBackup,
        List<String> obstacles,
        List<String> remains) {
    /** Copies the lists. */
    public ForgetReport {
        requireNonNull(domain, "domain");
        points = List.copyOf(points);
        obstacles = List.copyOf(obstacles);
        remains = List.copyOf(remains);
    }
}
