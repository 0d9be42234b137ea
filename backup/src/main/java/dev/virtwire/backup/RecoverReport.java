// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.repository.Notice;
import java.util.List;

/**
 * What a clean-up did.
 *
 * @param done what was cleared, each one sentence
 * @param left what could not be cleared, each with the reason, also what ran on other hosts; it stays in the journal
 * @param busy domains that another run is writing right now, left alone
 * @param notices what was not looked for, each with the reason
 * @since 0.1
 */
public record RecoverReport(List<String> done, List<String> left, List<String> busy, List<Notice> notices) {
    /** Copies the lists. */
    public RecoverReport {
        done = List.copyOf(done);
        left = List.copyOf(left);
        busy = List.copyOf(busy);
        notices = List.copyOf(notices);
    }

    /** Whether nothing is left behind. */
    public boolean clean() {
        return left.isEmpty();
    }
}
