// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

/**
 * Which points of a domain to remove. Immutable: each method that changes something returns another request.
 *
 * @param domain the domain's name, or that of its folder
 * @param retention the rules that say which points stay
 * @param dryRun whether only to say what would be done
 * @param bytesPerSecond how many bytes a second merges may read, or 0 for as many as possible
 * @since 0.1
 */
public record PruneRequest(String domain, Retention retention, boolean dryRun, long bytesPerSecond) {
    /** Refuses a missing field. */
    public PruneRequest {
        requireNonNull(domain, "domain");
        requireNonNull(retention, "retention");
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + bytesPerSecond + " bytes a second");
        }
    }

    /** Removes what {@code retention} does not keep. */
    public static PruneRequest of(String domain, Retention retention) {
        return new PruneRequest(domain, retention, false, 0);
    }

    /** Says what would be done, and does nothing. */
    public PruneRequest asDryRun() {
        return new PruneRequest(domain, retention, true, bytesPerSecond);
    }

    /** The same, with a limit for what merges read. */
    public PruneRequest limitedTo(long newBytesPerSecond) {
        return new PruneRequest(domain, retention, dryRun, newBytesPerSecond);
    }
}
