// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.PruneReport;
import org.jspecify.annotations.Nullable;

/**
 * How it went with one domain of a run.
 *
 * @param domain as its request names it
 * @param result the new point, or null if no point was made
 * @param pruned what the retention removed, or null where nothing was to be removed or that failed
 * @param failure what went wrong, or null: why there is no point; or, if there is one, why the domain was not pruned
 * @since 0.1
 */
public record DomainOutcome(
        String domain,
        @Nullable BackupResult result,
        @Nullable PruneReport pruned,
        @Nullable RuntimeException failure) {
    /** Refuses an outcome that says nothing. */
    public DomainOutcome {
        requireNonNull(domain, "domain");
        if (result == null && failure == null) {
            throw new IllegalArgumentException("neither a point nor a reason for domain " + domain);
        }
    }

    /** Whether all that was asked for was done. */
    public boolean succeeded() {
        return failure == null;
    }
}
