// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.client.backup.BackupJob;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job that runs on the host: the disks stand still from here on.
 *
 * @param job the job
 * @param began when libvirt was asked to begin
 * @param port the port that the export listens on; 0 for a socket
 * @param frozen how long the guest's file systems were frozen at most, or null where they were not
 * @param resumed whether an earlier run began it
 */
record BegunJob(
        BackupJob job, Instant began, int port, @Nullable Duration frozen, boolean resumed) {}
