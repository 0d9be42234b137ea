// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.guest;

import dev.virtwire.repository.Notice;
import java.util.List;

/**
 * What a job means of a host.
 *
 * @param guests in the order of their names
 * @param leftOut the names of guests that are there, and are left out
 * @param notices what was left out, and why
 * @param unmatched what of the choice means no guest of this host, each one sentence
 * @since 0.1
 */
public record Selection(List<ChosenGuest> guests, List<String> leftOut, List<Notice> notices, List<Notice> unmatched) {
    /** Copies the lists. */
    public Selection {
        guests = List.copyOf(guests);
        leftOut = List.copyOf(leftOut);
        notices = List.copyOf(notices);
        unmatched = List.copyOf(unmatched);
    }
}
