// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A point as far as retention cares.
 *
 * @param id its id
 * @param began when it was made, or null if nobody can say
 * @param parent the id of the point that it builds on, or null
 * @param previous the id of the point before it, or null
 * @param good whether it can be restored from here: only such points are counted by the rules
 * @param stays why it stays whatever the rules say, or null
 * @param stored bytes of its images
 */
record Candidate(
        String id,
        @Nullable Instant began,
        @Nullable String parent,
        @Nullable String previous,
        boolean good,
        @Nullable String stays,
        long stored) {}
