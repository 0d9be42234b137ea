// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Which points of a domain to remove. Immutable: each method that changes something returns another request.
 *
 * @param domain the domain's name, or that of its folder
 * @param retention the rules that say which points stay
 * @param only the id of the only point that may go, or null if all may that no rule keeps
 * @param dryRun whether only to say what would be done
 * @param bytesPerSecond how many bytes a second merges may read, or 0 for as many as possible
 * @since 0.1
 */
public record PruneRequest(
        String domain, Retention retention, @Nullable String only, boolean dryRun, long bytesPerSecond) {
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
        return new PruneRequest(domain, retention, null, false, 0);
    }

    /**
     * Removes this point and no other; what later ones need of it is merged into them. It stays if it would stay
     * whatever the rules say, such as the newest one, and the report says why.
     *
     * @param point its id; if there is no such point, {@link Repository#prune} fails
     */
    public static PruneRequest ofPoint(String domain, String point) {
        return new PruneRequest(domain, Retention.ofLast(1), requireNonNull(point, "point"), false, 0);
    }

    /** Says what would be done, and does nothing. */
    public PruneRequest asDryRun() {
        return new PruneRequest(domain, retention, only, true, bytesPerSecond);
    }

    /** The same, with a limit for what merges read. */
    public PruneRequest limitedTo(long newBytesPerSecond) {
        return new PruneRequest(domain, retention, only, dryRun, newBytesPerSecond);
    }
}
