// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.internal.batch.Batch;
import dev.virtwire.backup.internal.clearing.CheckpointRemoval;
import dev.virtwire.backup.internal.clearing.Recovery;
import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.backup.internal.restore.HostRestore;
import dev.virtwire.backup.internal.restore.OverwritingRestore;
import dev.virtwire.client.Libvirt;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.work.ThreadOperation;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All that needs a host and a repository: backups, restores to a host, and clearing up after runs that died. What needs
 * no host, {@link Repository} does.
 *
 * @since 0.1
 */
public final class Backups {
    private final Libvirt libvirt;
    private final Repository repository;
    private final @Nullable TransferLimits limits;

    private Backups(Libvirt libvirt, Repository repository, @Nullable TransferLimits limits) {
        this.libvirt = requireNonNull(libvirt, "libvirt");
        this.repository = requireNonNull(repository, "repository");
        this.limits = limits;
    }

    /**
     * Of the host at {@code libvirt}, in {@code repository}.
     *
     * @param libvirt a connection that may write; it stays the caller's, and open until each operation is done
     */
    public static Backups of(Libvirt libvirt, Repository repository) {
        return new Backups(libvirt, repository, null);
    }

    /** The same with limits that other backups may share. */
    public Backups within(TransferLimits newLimits) {
        return new Backups(libvirt, repository, newLimits);
    }

    /**
     * Makes a point of a domain. However it ends, the host is clean and the repository whole before it does, or the
     * error names what is left.
     *
     * <p>Fails with a {@link BackupException} that says why there is no point, with a {@link BackupCancelledException}
     * after {@link Operation#cancel}, or with a {@link dev.virtwire.repository.RepositoryException} if the repository
     * cannot be used, so that nothing was begun. Cancelling ends the host's job and removes its checkpoint and all that
     * was written.
     *
     * <p>The disks of a domain that is off are served by another one, which libvirt makes for that, and which never
     * runs. Meanwhile the domain cannot be started. If somebody tries, the backup fails within 3 s, and the next try
     * succeeds.
     */
    public Operation<BackupResult> backup(BackupRequest request, ProgressListener listener) {
        BackupRun run = run(request, listener, limits);
        return ThreadOperation.start("virtwire backup " + request.domain(), run::run, run::cancel);
    }

    /**
     * Makes points of several domains: so many at a time, all within one amount of memory and bandwidth. If one domain
     * fails, the others are still backed up. Cancelling ends the backups that are under way and begins no other; the
     * result is there in any case, and never an exception because of one of them.
     *
     * @param listeners who is told of the progress of a domain, by the name that its request has
     */
    public Operation<BatchResult> backupAll(BatchRequest request, Function<String, ProgressListener> listeners) {
        TransferLimits shared = TransferLimits.of(request.jobs(), request.bytesPerSecond());
        Batch batch = new Batch(request, domain -> run(domain, listeners.apply(domain.domain()), shared), repository);
        return ThreadOperation.start("virtwire batch", batch::run, batch::cancel);
    }

    /**
     * Restores disks of a point to a host, and defines the domain with them if that is asked for. Every byte is
     * verified as it is read. After a failure nothing of it is left, and what would have been replaced is as it was.
     *
     * <p>The XML is the saved one, with the places of the restored disks and UEFI variables. A domain under another
     * name has a UUID and MAC addresses of its own, and none of the first one's disks that are not restored. In place,
     * the domain must not run; its definition is replaced if {@link HostRestoreRequest#replacing} allows it.
     *
     * <p>Damage that takes nothing from the disks stands in the result. Fails with a {@link
     * dev.virtwire.repository.DamagedException} if anything of the disks cannot be given as it was, unless the request
     * salvages, with a {@link BackupCancelledException} after {@link Operation#cancel}, with a {@link
     * dev.virtwire.client.LibvirtException} if the host cannot be asked, and with another {@link BackupException} if
     * files are to be defined on another machine, there is no such pool, a volume of that name exists, the host refuses
     * one or the domain, or the destination cannot be written.
     */
    public Operation<HostRestoreResult> restore(HostRestoreRequest request, ProgressListener listener) {
        return ThreadOperation.start("virtwire restore", () -> HostRestore.run(libvirt, store(), request, listener));
    }

    /**
     * What {@link #restore} would write over; nothing is written. For a request to {@link RestoreTarget.Existing} or
     * {@link RestoreTarget.InPlace}.
     *
     * @throws BackupException if a place is not there, in use, or too small
     * @throws dev.virtwire.repository.RepositoryException the same of a device of this machine
     * @since 0.1
     */
    public List<OverwrittenPlace> overwritten(HostRestoreRequest request) {
        return OverwritingRestore.of(
                        libvirt, store().existing(request.point().domain()), request, ProgressListener.NONE)
                .overwritten();
    }

    /**
     * Restores to block devices of this machine, as {@link #restore} does with {@link RestoreTarget.Existing}, without
     * a host: nobody is asked whether a domain has the devices, but what the kernel knows of their use is looked at.
     *
     * @throws IllegalArgumentException if a place is something else
     * @since 0.1
     */
    public static Operation<HostRestoreResult> restoreHere(
            Repository repository, HostRestoreRequest request, ProgressListener listener) {
        requireHere(request);
        return ThreadOperation.start(
                "virtwire restore", () -> here(repository, request, listener).run());
    }

    /**
     * What {@link #restoreHere} would write over; see {@link #overwritten}.
     *
     * @since 0.1
     */
    public static List<OverwrittenPlace> overwrittenHere(Repository repository, HostRestoreRequest request) {
        requireHere(request);
        return here(repository, request, ProgressListener.NONE).overwritten();
    }

    private static void requireHere(HostRestoreRequest request) {
        if (!(request.target() instanceof RestoreTarget.Existing existing) || existing.needsHost()) {
            throw new IllegalArgumentException("without a host, only devices of this machine can be written");
        }
    }

    private static OverwritingRestore here(
            Repository repository, HostRestoreRequest request, ProgressListener listener) {
        return OverwritingRestore.of(
                null, ((RepositoryStore) repository).existing(request.point().domain()), request, listener);
    }

    /**
     * Clears what runs left on one host when they died: jobs, checkpoints and scratch files there, unfinished files
     * here. Checkpoints and bitmaps that no later point needs are removed too, also those that libvirt has forgotten.
     * Domains that another run is writing right now are left alone. So is what ran on other hosts: the report names
     * them, and the journal keeps it. No host is reached but this one, whatever stands in the repository.
     *
     * @param connect makes a connection to the host, which this closes; called once at most, and only if a run left
     *     something or a point has a checkpoint. What it throws of {@link dev.virtwire.client.LibvirtException} is
     *     reported
     */
    public static Operation<RecoverReport> recover(
            Repository repository, Supplier<Libvirt> connect, ProgressListener listener) {
        return recover(repository, connect, Patience.NONE, listener);
    }

    /**
     * As {@link #recover(Repository, Supplier, ProgressListener)}.
     *
     * @param patience for how long each domain is waited for that another run is writing, or that another job is active
     *     on; the listener is told of that
     */
    public static Operation<RecoverReport> recover(
            Repository repository, Supplier<Libvirt> connect, Patience patience, ProgressListener listener) {
        return ThreadOperation.start(
                "virtwire recover",
                () -> new Recovery((RepositoryStore) repository, connect, patience, listener).run());
    }

    /**
     * Takes all checkpoints of Virtwire's from a domain, and their bitmaps from its images, also those that libvirt has
     * forgotten. Afterwards libvirt undefines the domain without further ado, and the next backup of each disk reads
     * all of it. Of a domain that is off, libvirt deletes no bitmap: it forgets the checkpoints, and the report says
     * under {@link RecoverReport#left} how each bitmap is removed.
     *
     * <p>Fails with a {@link BackupException} if a job runs on the domain, such as a backup, and with a {@link
     * dev.virtwire.client.LibvirtException} if there is no such domain or it cannot be asked.
     *
     * @param domain its name or UUID
     * @param repository the repository whose checkpoints are meant, or null for those of all repositories. On a host
     *     that is another machine, a bitmap that libvirt has forgotten is found only if it is given
     */
    public static Operation<RecoverReport> removeCheckpoints(
            Libvirt libvirt, String domain, @Nullable Repository repository) {
        return ThreadOperation.start(
                "virtwire checkpoints", () -> CheckpointRemoval.run(libvirt, domain, (RepositoryStore) repository));
    }

    /**
     * Whether a domain of that name is one that a backup makes: it serves the disks of a domain that is off, for as
     * long as its backup takes, and never runs.
     */
    public static boolean servesAnother(String domain) {
        return Names.isClone(domain);
    }

    private BackupRun run(BackupRequest request, ProgressListener listener, @Nullable TransferLimits within) {
        CopyBudget budget = within == null ? CopyBudget.ofOne() : within.budget();
        return new BackupRun(libvirt, store(), request, listener, budget, NbdOptions.DEFAULT);
    }

    private RepositoryStore store() {
        return (RepositoryStore) repository;
    }
}
