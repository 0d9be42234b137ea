// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.batch;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupPlan;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.DomainBackup;
import dev.virtwire.backup.Repository;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.backup.retention.PruneReport;
import dev.virtwire.client.Libvirt;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A run over several domains, on threads of its own: so many at a time, all within one amount of memory and bandwidth.
 * One domain's failure does not keep the others from their turn.
 */
public final class BackupBatch {
    private final Libvirt libvirt;
    private final Repository repository;
    private final BatchOptions options;
    private final TransferLimits limits;
    private final Set<DomainBackup> running = new HashSet<>();
    private final CompletableFuture<BatchResult> result = new CompletableFuture<>();
    private boolean cancelled;

    private BackupBatch(Libvirt libvirt, Repository repository, BatchOptions options) {
        this.libvirt = libvirt;
        this.repository = repository;
        this.options = options;
        this.limits = TransferLimits.of(options.jobs(), options.bytesPerSecond());
    }

    /**
     * Starts and returns at once.
     *
     * @param libvirt a connection that may write; it stays the caller's, and open until the result is there
     * @param repository where the points are made
     * @param plans a plan for each domain, in the order in which they are begun
     * @param options how many at a time, and what happens after each
     */
    public static BackupBatch start(
            Libvirt libvirt, Repository repository, List<BackupPlan> plans, BatchOptions options) {
        BackupBatch batch = new BackupBatch(libvirt, repository, options);
        batch.begin(List.copyOf(plans));
        return batch;
    }

    private void begin(List<BackupPlan> plans) {
        // Its threads only wait: each backup has one of its own.
        ExecutorService turns =
                Executors.newFixedThreadPool(options.jobs(), task -> new Thread(task, "virtwire batch"));
        List<CompletableFuture<DomainOutcome>> outcomes = new ArrayList<>();
        for (BackupPlan plan : plans) {
            outcomes.add(CompletableFuture.supplyAsync(() -> backUp(plan), turns));
        }
        turns.shutdown();
        CompletableFuture.allOf(outcomes.toArray(CompletableFuture[]::new)).whenComplete((nothing, failure) -> {
            if (failure != null) {
                result.completeExceptionally(failure);
            } else {
                result.complete(new BatchResult(
                        outcomes.stream().map(CompletableFuture::join).toList()));
            }
        });
    }

    /**
     * Completes with how it went when every domain had its turn, and never exceptionally because of one of them.
     * Cancelling this future does nothing to the backups.
     */
    public CompletableFuture<BatchResult> result() {
        return result.copy();
    }

    /**
     * Ends the backups that are under way, as {@link DomainBackup#cancel} does, and begins no other.
     *
     * @return completes when nothing is under way any more: see {@link #result}
     */
    public CompletableFuture<Void> cancel() {
        List<DomainBackup> toCancel;
        synchronized (this) {
            cancelled = true;
            toCancel = List.copyOf(running);
        }
        toCancel.forEach(DomainBackup::cancel);
        return result.handle((done, failure) -> null);
    }

    private DomainOutcome backUp(BackupPlan plan) {
        DomainBackup backup = start(plan);
        if (backup == null) {
            return failed(
                    plan,
                    new BackupCancelledException(
                            "the backup of domain " + plan.domain() + " was not begun: the run was cancelled", null));
        }
        BackupResult done;
        try {
            done = backup.result().join();
        } catch (CompletionException e) {
            return failed(plan, reason(e));
        } finally {
            synchronized (this) {
                running.remove(backup);
            }
        }
        return prune(plan, done);
    }

    private @Nullable DomainBackup start(BackupPlan plan) {
        synchronized (this) {
            if (cancelled) {
                return null;
            }
            DomainBackup backup = DomainBackup.start(libvirt, repository, plan, limits);
            running.add(backup);
            return backup;
        }
    }

    private DomainOutcome prune(BackupPlan plan, BackupResult done) {
        if (options.retention() == null) {
            return new DomainOutcome(plan.domain(), done, null, null);
        }
        try {
            PruneReport pruned = repository.prune(done.point().domain(), options.retention(), false);
            return new DomainOutcome(plan.domain(), done, pruned, null);
        } catch (BackupException e) {
            return new DomainOutcome(
                    plan.domain(),
                    done,
                    null,
                    new BackupException(
                            "point " + done.point().id() + " of domain " + plan.domain()
                                    + " is complete, but older points were not removed: " + e.getMessage(),
                            e));
        }
    }

    private static DomainOutcome failed(BackupPlan plan, RuntimeException failure) {
        return new DomainOutcome(plan.domain(), null, null, failure);
    }

    private static RuntimeException reason(CompletionException e) {
        return e.getCause() instanceof RuntimeException known ? known : e;
    }
}
