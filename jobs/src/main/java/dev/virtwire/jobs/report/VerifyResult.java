// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import dev.virtwire.repository.VerifyReport;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A verification of a guest's points.
 *
 * @param report what was found, or null if it did not come to its end
 * @param error why it failed, a sentence, or null
 * @param stopped whether the time for verification was over; the next run resumes
 * @since 0.1
 */
public record VerifyResult(
        String guest,
        @Nullable VerifyReport report,
        @Nullable String error,
        boolean stopped,
        Duration duration) {
    /** Whether something is damaged. */
    public boolean foundDamage() {
        return report != null && (!report.damage().isEmpty() || !report.lost().isEmpty());
    }

    /** Whether something could not be verified at all. */
    public boolean hasFailed() {
        return error != null
                || (report != null && !foundDamage() && !report.unverifiable().isEmpty());
    }
}
