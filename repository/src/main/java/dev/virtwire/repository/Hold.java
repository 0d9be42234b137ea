// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A point that a person holds: it stays, whatever the rules say.
 *
 * @param point the point's id
 * @param since when it was first held
 * @param reason why, a line of at most {@value #REASON_MAX} letters, or null
 * @since 0.1
 */
public record Hold(String point, Instant since, @Nullable String reason) {
    /** How long a reason may be. */
    public static final int REASON_MAX = 500;

    /**
     * Refuses a missing field.
     *
     * @throws RepositoryException if the reason is not one line, or too long
     */
    public Hold {
        requireNonNull(point, "point");
        requireNonNull(since, "since");
        if (reason != null && (reason.length() > REASON_MAX || reason.chars().anyMatch(Character::isISOControl))) {
            throw new RepositoryException("the reason for a hold is one line of at most " + REASON_MAX + " letters");
        }
    }
}
