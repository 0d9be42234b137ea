// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.repository.Retention;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Several domains to back up in one run. Immutable: each method that changes something returns another request.
 *
 * @param domains a request for each domain, in the order in which they are begun
 * @param jobs how many at the same time
 * @param bytesPerSecond how much all of them together read from the host, or {@link TransferLimits#UNLIMITED}. To merge
 *     points, each job reads its share of it from the repository
 * @param retention which points of a domain stay after it was backed up well, or null for all
 * @since 0.1
 */
public record BatchRequest(
        List<BackupRequest> domains,
        int jobs,
        long bytesPerSecond,
        @Nullable Retention retention) {
    /**
     * Refuses numbers that make no sense.
     *
     * @throws BackupException for no job, and for a negative bandwidth
     */
    public BatchRequest {
        domains = List.copyOf(domains);
        if (jobs < 1) {
            throw new BackupException("at least one domain is backed up at a time, not " + jobs);
        }
        if (bytesPerSecond < 0) {
            throw new BackupException("a bandwidth of " + bytesPerSecond + " bytes a second");
        }
    }

    /** One after the other, as fast as they can, and nothing is removed. */
    public static BatchRequest of(List<BackupRequest> domains) {
        return new BatchRequest(domains, 1, TransferLimits.UNLIMITED, null);
    }

    /** So many at the same time. */
    public BatchRequest withJobs(int newJobs) {
        return new BatchRequest(domains, newJobs, bytesPerSecond, retention);
    }

    /** All of them together reading so many bytes a second at most; 0 for no limit. */
    public BatchRequest limitedTo(long newBytesPerSecond) {
        return new BatchRequest(domains, jobs, newBytesPerSecond, retention);
    }

    /** Removing, after each good backup, the points of its domain that these rules do not keep. */
    public BatchRequest keeping(Retention newRetention) {
        return new BatchRequest(domains, jobs, bytesPerSecond, newRetention);
    }
}
