// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.backup;

import dev.virtwire.client.domain.JobStatistics;
import org.jspecify.annotations.Nullable;

/**
 * How a backup job ended.
 *
 * @param status how
 * @param reason why it did not complete, in libvirt's words or ours
 * @param statistics libvirt's last figures
 * @since 0.1
 */
public record BackupOutcome(Status status, @Nullable String reason, JobStatistics statistics) {
    /**
     * How a job ended.
     *
     * @since 0.1
     */
    public enum Status {
        /** Push: all is written. Pull: {@link BackupJob#finish()} released it. */
        COMPLETED,
        /** It failed: push mode's images are invalid, a pull export went away. */
        FAILED,
        /** Somebody aborted it: {@link BackupJob#abort()}, or another client. */
        ABORTED
    }

    /** Whether the job completed. */
    public boolean isCompleted() {
        return status == Status.COMPLETED;
    }
}
