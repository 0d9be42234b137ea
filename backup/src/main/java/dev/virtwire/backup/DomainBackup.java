// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.backup.internal.copy.CopyBudget;
import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.client.Libvirt;
import java.util.concurrent.CompletableFuture;

/**
 * A backup that is being made, on a thread of its own. However it ends, the host is clean and the repository whole
 * before {@link #result} completes, or the error names what is left.
 */
public final class DomainBackup {
    private final BackupRun run;
    private final CompletableFuture<BackupResult> result = new CompletableFuture<>();

    private DomainBackup(BackupRun run) {
        this.run = run;
    }

    /**
     * Starts a backup and returns at once.
     *
     * @param libvirt a connection that may write; it stays the caller's, and open until the result is there
     * @param repository where the point is made
     * @param plan what and how
     */
    public static DomainBackup start(Libvirt libvirt, Repository repository, BackupPlan plan) {
        return start(libvirt, repository, plan, TransferLimits.of(1, TransferLimits.UNLIMITED));
    }

    /**
     * As the other, within limits that other backups may share.
     *
     * @param limits the memory and bandwidth
     */
    public static DomainBackup start(Libvirt libvirt, Repository repository, BackupPlan plan, TransferLimits limits) {
        CopyBudget budget = new CopyBudget(limits.share(), limits.rate());
        DomainBackup backup = new DomainBackup(new BackupRun(libvirt, repository.store(), plan, budget));
        Thread thread = new Thread(backup::run, "virtwire backup " + plan.domain());
        thread.start();
        return backup;
    }

    private void run() {
        try {
            result.complete(run.run());
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        }
    }

    /**
     * Completes with the result, or with a {@link BackupException} that says why there is none; with
     * {@link BackupCancelledException} after {@link #cancel}. Cancelling this future does nothing to the backup.
     */
    public CompletableFuture<BackupResult> result() {
        return result.copy();
    }

    /**
     * Ends the backup: the host's job, its checkpoint, and all that was written so far. Does nothing to one that is
     * done.
     *
     * @return completes when nothing is under way any more, however that went: see {@link #result}
     */
    public CompletableFuture<Void> cancel() {
        run.cancel();
        return result.handle((done, failure) -> null);
    }
}
