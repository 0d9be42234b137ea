// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.CheckpointDeleteFlags;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.JournalEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Removes from a host what one backup may have left there: its job, its checkpoint, scratch files, sockets, half-written
 * images. Only what bears the point's name is touched.
 */
final class HostCleanup {
    private static final Duration END = Duration.ofSeconds(60);
    private static final Duration BEGINNING_PAUSE = Duration.ofMillis(100);

    private final Libvirt libvirt;
    private final JournalEntry entry;
    private final boolean searching;
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();
    private final List<String> unknown = new ArrayList<>();
    private boolean unreachable;

    /**
     * For what {@code entry} tells of.
     *
     * @param searching whether files that are not seen from here are looked for at the host, which costs it a moment: where a
     *     job has ended in order, libvirt has removed its scratch itself
     */
    HostCleanup(Libvirt libvirt, JournalEntry entry, boolean searching) {
        this.libvirt = libvirt;
        this.entry = entry;
        this.searching = searching;
    }

    /** What was removed, each one sentence. */
    List<String> done() {
        return done;
    }

    /** What could not be removed, each with the reason. */
    List<String> left() {
        return left;
    }

    /** What may be there and can neither be seen nor removed from here, however often one tries. */
    List<String> unknown() {
        return unknown;
    }

    /** Whether libvirt could not be asked, so that everything on the host is as it was. */
    boolean isUnreachable() {
        return unreachable;
    }

    /**
     * Removes everything but the checkpoints in {@code keep}.
     *
     * @param committed whether the point exists, so that its images on the host stay
     * @param others whether older checkpoints of this repository go too
     */
    void run(boolean committed, boolean others, Set<String> keep) {
        Domain domain = domain();
        if (domain != null) {
            thaw(domain);
        }
        if (domain != null && endJob(domain)) {
            deleteFiles(committed);
            deleteCheckpoints(domain, others, keep);
        } else if (domain == null && left.isEmpty()) {
            deleteFiles(committed);
        }
    }

    /** The domain, or null where it is gone or nobody can say. */
    private @Nullable Domain domain() {
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

    /** All that may be there, where nobody can look. */
    private String everything() {
        List<String> traces = new ArrayList<>();
        if (entry.frozenId() != null) {
            traces.add(frozen());
        }
        traces.add("the backup job of domain " + entry.domain().name());
        if (entry.checkpoint() != null) {
            traces.add("checkpoint " + entry.checkpoint());
        }
        entry.scratch().forEach(path -> traces.add("scratch file " + path));
        entry.pushed().forEach(path -> traces.add("image " + path));
        return "perhaps, on host " + entry.host().name() + ": " + String.join(", ", traces);
    }

    /** Ends the job where it is this backup's; false where that failed. */
    private boolean endJob(Domain domain) {
        String job = "the backup job of domain " + entry.domain().name();
        try {
            Optional<BackupSpec> active = begunBackup(domain, job);
            if (active.isEmpty() || !isOurs(active.get())) {
                return true;
            }
            BackupJob running = Waiting.await(domain.attachBackup());
            Waiting.await(running.abort(), END, "the end of " + job);
            done.add("ended " + job);
            return true;
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN_BACKUP) || e.is(ErrorCode.OPERATION_INVALID)) {
                return true;
            }
            left.add(job + ": " + e.getMessage());
        } catch (LibvirtException e) {
            left.add(everything() + " (" + e.getMessage() + ")");
        } catch (BackupException e) {
            left.add(job + ": " + e.getMessage());
        }
        return false;
    }

    /**
     * The backup that runs. One that a killed program has asked for a moment ago may still be beginning, and libvirt does
     * not name it before it has begun; deleting its checkpoint meanwhile loses track of a bitmap, and can end libvirtd 9.0.
     */
    private static Optional<BackupSpec> begunBackup(Domain domain, String job) {
        long end = System.nanoTime() + END.toNanos();
        while (true) {
            boolean beginning =
                    CurrentJob.of(domain).filter(JobStatistics::isBackup).isPresent();
            Optional<BackupSpec> active = Waiting.await(domain.activeBackup());
            if (active.isPresent() || !beginning) {
                return active;
            }
            if (System.nanoTime() - end > 0) {
                throw new BackupException(job + " is still beginning, after " + END.toSeconds() + " s");
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

    private void deleteCheckpoints(Domain domain, boolean others, Set<String> keep) {
        List<Checkpoint> checkpoints;
        try {
            checkpoints = Waiting.await(domain.checkpoints().list());
        } catch (LibvirtException e) {
            left.add("checkpoints of domain " + domain.name() + ": " + e.getMessage());
            return;
        }
        String prefix = Names.checkpointPrefix(entry.repository());
        for (Checkpoint checkpoint : checkpoints) {
            String name = checkpoint.name();
            boolean ours = name.equals(entry.checkpoint()) || (others && name.startsWith(prefix));
            if (ours && !keep.contains(name)) {
                delete(checkpoint);
            }
        }
    }

    /** After a crash of QEMU libvirt still knows the checkpoint, but its bitmap is gone: nothing else can be deleted. */
    private void delete(Checkpoint checkpoint) {
        String name = checkpoint.name();
        try {
            try {
                Waiting.await(checkpoint.delete());
                done.add("deleted checkpoint " + name);
            } catch (RemoteException e) {
                if (!String.valueOf(e.details().message()).contains("not found in backing chain")) {
                    throw e;
                }
                Waiting.await(checkpoint.delete(CheckpointDeleteFlags.METADATA_ONLY));
                done.add("forgot checkpoint " + name + ", whose bitmap is gone");
            }
        } catch (LibvirtException e) {
            left.add("checkpoint " + name + ": " + e.getMessage());
        }
    }

    /** libvirt removes scratch files itself when it ends a job; what is still there has outlived libvirt or QEMU. */
    private void deleteFiles(boolean committed) {
        List<String> files = new ArrayList<>(entry.scratch());
        if (entry.socket() != null) {
            files.add(entry.socket());
        }
        if (!committed) {
            files.addAll(entry.pushed());
        }
        List<String> there = new ArrayList<>();
        for (String name : files) {
            Path path = Path.of(name);
            try {
                if (Files.deleteIfExists(path)) {
                    done.add("deleted " + path);
                } else if (!isHere() && !name.equals(entry.socket())) {
                    there.add(name);
                }
            } catch (IOException e) {
                left.add(path + ": " + Problems.reason(e));
            }
        }
        if (searching && !there.isEmpty()) {
            HostFiles host = new HostFiles(libvirt, entry);
            host.delete(there);
            done.addAll(host.done());
            unknown.addAll(host.unknown());
        }
    }

    private boolean isHere() {
        return libvirt.uri().transport() == LibvirtUri.Transport.UNIX;
    }
}
