// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.batch;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.backup.retention.Retention;
import org.jspecify.annotations.Nullable;

/**
 * How several domains are backed up in one run.
 *
 * @param jobs how many at the same time
 * @param bytesPerSecond how much all of them together read from the host, or {@link TransferLimits#UNLIMITED}
 * @param retention which points of a domain stay after it was backed up well, or null for all
 */
public record BatchOptions(
        int jobs, long bytesPerSecond, @Nullable Retention retention) {
    /** One after the other, as fast as they can, and nothing is removed. */
    public static final BatchOptions DEFAULT = new BatchOptions(1, TransferLimits.UNLIMITED, null);

    /**
     * Refuses numbers that make no sense.
     *
     * @throws BackupException for no job, and for a negative bandwidth
     */
    public BatchOptions {
        if (jobs < 1) {
            throw new BackupException("at least one domain is backed up at a time, not " + jobs);
        }
        if (bytesPerSecond < 0) {
            throw new BackupException("a bandwidth of " + bytesPerSecond + " bytes a second");
        }
    }
}
