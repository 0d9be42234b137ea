// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.clearing;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.GuestClone;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Quiesce;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.internal.journal.JournalEntry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends what one backup may still have running on its host: its job, and frozen file systems. */
final class AbandonedJob {
    private static final Logger LOG = LoggerFactory.getLogger(AbandonedJob.class);

    private static final Duration END = Duration.ofSeconds(60);
    private static final Duration BEGINNING_PAUSE = Duration.ofMillis(100);

    private final Libvirt libvirt;
    private final JournalEntry entry;
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private boolean unreachable;
    private @Nullable Domain domain;

    /** Of the backup that {@code entry} tells of. */
    AbandonedJob(Libvirt libvirt, JournalEntry entry) {
        this.libvirt = libvirt;
        this.entry = entry;
    }

    /** What was ended, each one sentence. */
    List<String> done() {
        return done;
    }

    /** What could not be ended, each with the reason. */
    List<String> left() {
        return left;
    }

    /** Whether libvirt could not be asked, or had no time for the job, so that perhaps the job runs as it did. */
    boolean isUnreachable() {
        return unreachable;
    }

    /** The domain, or null if it is gone or nobody can say. */
    @Nullable
    Domain domain() {
        return domain;
    }

    /** What serves the disks of the domain if that is off; null if the backup was of one that ran. */
    private @Nullable GuestClone guestClone() {
        return entry.servedBy() == null
                ? null
                : new GuestClone(libvirt, entry.domain().uuid(), entry.servedBy());
    }

    /**
     * Thaws and ends; once.
     *
     * @return whether nothing of it runs any more, so that its traces may be removed
     */
    boolean end() {
        Domain found = find();
        domain = found;
        GuestClone clone = guestClone();
        if (clone != null) {
            return !unreachable && endJob(clone);
        }
        if (found == null) {
            return left.isEmpty();
        }
        thaw(found);
        return endJob(found);
    }

    /** A clone that cannot be asked is ended as a whole, and its job with it. */
    private boolean endJob(GuestClone clone) {
        try {
            Domain serving = clone.find();
            if (serving == null || endJob(serving)) {
                return true;
            }
            left.clear();
            clone.end();
            return true;
        } catch (LibvirtException | BackupException e) {
            left.add(everything() + " (" + e.getMessage() + ")");
            return false;
        }
    }

    /** Whether the host has the job or the checkpoint of this backup. */
    boolean isKnown() {
        try {
            GuestClone clone = guestClone();
            if (clone != null && clone.find() != null) {
                return true;
            }
            Domain found = Waiting.await(libvirt.domain(entry.domain().uuid()));
            if (clone == null
                    && Waiting.await(found.activeBackup()).filter(this::isOurs).isPresent()) {
                return true;
            }
            return Waiting.await(found.checkpoints().list()).stream()
                    .anyMatch(checkpoint -> checkpoint.name().equals(entry.checkpoint()));
        } catch (RemoteException e) {
            LOG.debug("{} says nothing of point {}", libvirt.uri().where(), entry.point(), e);
            return false;
        }
    }

    /** The domain, or null if it is gone or nobody can say. */
    private @Nullable Domain find() {
        try {
            return Waiting.await(libvirt.domain(entry.domain().uuid()));
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_DOMAIN)) {
                left.add(everything() + " (" + e.getMessage() + ")");
            }
        } catch (LibvirtException e) {
            unreachable = true;
            left.add(everything() + " (" + e.getMessage() + ")");
        }
        return null;
    }

    /** A domain of another id is one that was started since, and starts with nothing frozen. */
    private void thaw(Domain domain) {
        if (entry.frozenId() == null || !domain.id().equals(Optional.of(entry.frozenId()))) {
            return;
        }
        try {
            if (Quiesce.thaw(domain) > 0) {
                done.add("thawed the file systems of domain " + domain.name());
            }
        } catch (LibvirtException e) {
            left.add(frozen() + ": " + e.getMessage());
        }
    }

    /** Whoever cannot wait for us needs to know how. */
    private String frozen() {
        String name = entry.domain().name();
        return "file systems of domain " + name + " that may still be frozen ('virsh domfsthaw " + name
                + "' thaws them)";
    }

    /** All that may be there, if nobody can look. */
    private String everything() {
        List<String> traces = new ArrayList<>();
        if (entry.frozenId() != null) {
            traces.add(frozen());
        }
        if (entry.servedBy() != null) {
            traces.add("domain " + entry.servedBy().name());
        }
        traces.add("the backup job of domain " + entry.domain().name());
        if (entry.checkpoint() != null) {
            traces.add("checkpoint " + entry.checkpoint());
        }
        entry.scratch().forEach(path -> traces.add("scratch file " + path));
        entry.pushed().forEach(path -> traces.add("image " + path));
        return "perhaps, on host " + entry.host().name() + ": " + String.join(", ", traces);
    }

    /** Ends the job if it is this backup's; false if that failed. */
    private boolean endJob(Domain domain) {
        String job = "the backup job of domain " + entry.domain().name();
        try {
            Optional<BackupSpec> active = begunBackup(domain, job);
            if (active.isEmpty() || !isOurs(active.get())) {
                return true;
            }
            boolean kept = HostFacts.isKept(domain);
            BackupJob running = Waiting.await(domain.attachBackup());
            Waiting.await(running.abort(), END, "the end of " + job);
            done.add("ended " + job);
            if (kept) {
                awaitStop(domain);
                done.add("domain " + domain.name() + ", which had shut down and was kept for that, has ended");
            }
            return true;
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN_BACKUP) || e.is(ErrorCode.OPERATION_INVALID)) {
                return true;
            }
            if (e.is(ErrorCode.NO_DOMAIN)) {
                forget(domain);
                return true;
            }
            unreachable |= e.is(ErrorCode.OPERATION_TIMEOUT);
            left.add(job + ": " + e.getMessage());
        } catch (LibvirtException e) {
            unreachable = true;
            left.add(everything() + " (" + e.getMessage() + ")");
        } catch (BackupException e) {
            left.add(job + ": " + e.getMessage());
        }
        return false;
    }

    /** A transient domain is gone when it has ended, and its checkpoints with it. */
    private void forget(Domain gone) {
        if (gone.equals(domain)) {
            domain = null;
        }
    }

    /** libvirt ends a guest that it kept for a job a moment after that. */
    private void awaitStop(Domain kept) {
        long end = System.nanoTime() + END.toNanos();
        try {
            while (HostFacts.isKept(kept) || HostFacts.isEnding(kept)) {
                if (System.nanoTime() - end > 0) {
                    throw new BackupException("domain " + kept.name() + ", which has shut down, does not end");
                }
                Waiting.pause(BEGINNING_PAUSE);
            }
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_DOMAIN)) {
                throw e;
            }
            forget(kept);
        }
    }

    /**
     * The backup that runs. One that a killed program has asked for a moment ago may still be beginning, and libvirt
     * does not name it before it has begun; deleting its checkpoint meanwhile loses track of a bitmap, and can end
     * libvirtd 9.0.
     */
    private Optional<BackupSpec> begunBackup(Domain domain, String job) {
        // Making the keys of encrypted files takes long.
        Duration longest =
                END.multipliedBy(1 + entry.scratch().size() + entry.pushed().size());
        long end = System.nanoTime() + longest.toNanos();
        while (true) {
            boolean beginning =
                    HostFacts.currentJob(domain).filter(JobStatistics::isBackup).isPresent();
            Optional<BackupSpec> active = Waiting.await(domain.activeBackup());
            if (active.isPresent() || !beginning) {
                return active;
            }
            if (System.nanoTime() - end > 0) {
                throw new BackupException(job + " is still beginning, after " + longest.toSeconds() + " s");
            }
            Waiting.pause(BEGINNING_PAUSE);
        }
    }

    private boolean isOurs(BackupSpec active) {
        if (active.server() instanceof NbdServer.Unix unix && unix.socket().equals(entry.socket())) {
            return true;
        }
        for (BackupDisk disk : active.disks()) {
            BackupStorage storage = disk.storage();
            String path = storage == null ? null : storage.path();
            if (path != null
                    && (entry.scratch().contains(path) || entry.pushed().contains(path))) {
                return true;
            }
        }
        return false;
    }
}
