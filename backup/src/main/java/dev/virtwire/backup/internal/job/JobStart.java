// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.client.backup.BackupJob;
import java.io.IOException;
import java.time.Instant;

/** How a transfer comes to its job: it begins one, or takes one over. */
interface JobStart {
    /** The job, which runs. */
    BackupJob begin() throws IOException;

    /** The plan as it was carried out, once the job runs. */
    TransferPlan plan();

    /** The port that the export listens on; 0 for a socket. */
    int port();

    /** When libvirt was asked to begin. */
    Instant began();

    /** Whether an earlier run began it. */
    boolean goesOn();
}
