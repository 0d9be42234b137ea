// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.JobOperation;
import dev.virtwire.protocol.remote.JobType;
import java.util.Map;
import java.util.Optional;

/** What a domain is busy with. */
final class CurrentJob {
    /** Of a backup that is beginning libvirt has no figures for a while, and says so by an internal error. */
    private static final JobStatistics BEGINNING =
            new JobStatistics(JobType.UNBOUNDED.value(), Map.of("operation", JobOperation.BACKUP.value()));

    private CurrentJob() {}

    /** The job that is active, also one that has only begun to begin; empty where there is none. */
    static Optional<JobStatistics> of(Domain domain) {
        try {
            return Optional.of(Waiting.await(domain.jobStatistics())).filter(JobStatistics::isRunning);
        } catch (RemoteException e) {
            if (e.is(ErrorCode.INTERNAL_ERROR)) {
                return Optional.of(BEGINNING);
            }
            throw e;
        }
    }
}
