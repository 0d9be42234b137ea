// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.batch;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.BatchRequest;
import dev.virtwire.backup.BatchResult;
import dev.virtwire.backup.DomainOutcome;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.backup.internal.host.Reasons;
import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Retention;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A run over several domains. If one domain fails, the others still have their turn. */
public final class Batch {
    private final BatchRequest request;
    private final Function<BackupRequest, BackupRun> backups;
    private final Repository repository;
    private final Set<BackupRun> running = new HashSet<>();
    private boolean cancelled;

    /** As {@code request} says; {@code backups} makes a backup that is run here. */
    public Batch(BatchRequest request, Function<BackupRequest, BackupRun> backups, Repository repository) {
        this.request = request;
        this.backups = backups;
        this.repository = repository;
    }

    /** Backs up all of them, and returns when each had its turn. */
    public BatchResult run() {
        ExecutorService turns =
                Executors.newFixedThreadPool(request.jobs(), task -> new Thread(task, "virtwire backup"));
        try {
            List<CompletableFuture<DomainOutcome>> outcomes = request.domains().stream()
                    .map(domain -> CompletableFuture.supplyAsync(() -> backUp(domain), turns))
                    .toList();
            return new BatchResult(
                    outcomes.stream().map(CompletableFuture::join).toList());
        } finally {
            turns.shutdown();
        }
    }

    /** Ends the backups that are under way, and begins no other. */
    public void cancel() {
        List<BackupRun> toCancel;
        synchronized (this) {
            cancelled = true;
            toCancel = List.copyOf(running);
        }
        toCancel.forEach(BackupRun::cancel);
    }

    private DomainOutcome backUp(BackupRequest domain) {
        BackupRun backup = begin(domain);
        if (backup == null) {
            return failed(
                    domain,
                    new BackupCancelledException(
                            "the backup of domain " + domain.domain() + " was not begun: the run was cancelled", null));
        }
        try {
            return prune(backup, domain, backup.run());
        } catch (RuntimeException e) {
            return failed(domain, e);
        } finally {
            synchronized (this) {
                running.remove(backup);
            }
        }
    }

    private @Nullable BackupRun begin(BackupRequest domain) {
        synchronized (this) {
            if (cancelled) {
                return null;
            }
            BackupRun backup = backups.apply(domain);
            running.add(backup);
            return backup;
        }
    }

    private DomainOutcome prune(BackupRun backup, BackupRequest domain, BackupResult done) {
        Retention retention = request.retention();
        if (retention == null) {
            return new DomainOutcome(domain.domain(), done, null, null);
        }
        try {
            PruneReport pruned = backup.whenFree(() -> repository
                    .prune(pruning(request, done.point().domain(), retention), ProgressListener.NONE)
                    .join());
            return new DomainOutcome(domain.domain(), done, pruned, null);
        } catch (RuntimeException e) {
            // The point stands, whatever the prune fails with.
            return new DomainOutcome(
                    domain.domain(),
                    done,
                    null,
                    new BackupException(
                            "point " + done.point().id() + " of domain " + domain.domain()
                                    + " is complete, but older points were not removed: " + Reasons.of(e),
                            e));
        }
    }

    /** Jobs prune at the same time, so each has its share of the limit. */
    static PruneRequest pruning(BatchRequest request, String domain, Retention retention) {
        long share = request.bytesPerSecond() == TransferLimits.UNLIMITED
                ? TransferLimits.UNLIMITED
                : Math.max(1, request.bytesPerSecond() / request.jobs());
        return PruneRequest.of(domain, retention).limitedTo(share);
    }

    private static DomainOutcome failed(BackupRequest domain, RuntimeException failure) {
        return new DomainOutcome(domain.domain(), null, null, failure);
    }
}
