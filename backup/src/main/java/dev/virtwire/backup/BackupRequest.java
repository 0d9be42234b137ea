// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.image.Compression;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What to back up and how. Immutable: each method that changes something returns another request.
 *
 * @param domain the domain's name or UUID
 * @param level how much is copied, or null for as little as is safe
 * @param since the id of the point since which changes are copied, or null if the newest one that can serve is chosen
 * @param keepFullCheckpoint whether the checkpoint of the last full point stays on the host beside the newest one
 * @param disks the targets of the disks to back up; empty for all
 * @param excluded the targets of disks to leave out
 * @param scratchFolder the host's folder for scratch files and the socket, or null for the default
 * @param scratchLimit bytes that the scratch files may take together, or null if only what is free in their folders
 *     counts
 * @param pushFolder the host's folder that a push writes to, or null for a pull
 * @param nbd where the host's NBD export listens, or null for the default
 * @param insecureNbd whether an unencrypted export to another host is allowed
 * @param quiesce whether the guest's file systems are frozen while the backup begins
 * @param resume whether a backup that an earlier run began is finished, if its job still runs
 * @param compression how the images of a pull are compressed
 * @param plain whether it is known that copies of encrypted disks are not encrypted, so that nobody is warned
 * @param mediaLimit how many bytes a medium in a CD-ROM or floppy drive may have to be saved; 0 to save none
 * @param diskless whether a domain that has no disk to back up gets a point as well
 * @param stallTimeout for how long without an answer the host's data connections are opened again
 * @param runningOnly whether a domain that is off is refused
 * @param ownStorage whether a person says that no other host uses the disks of a domain that is off
 * @param longestWait for how long another run or job is waited for that is in the way, before anything is begun
 * @since 0.1
 */
public record BackupRequest(
        String domain,
        @Nullable Level level,
        @Nullable String since,
        boolean keepFullCheckpoint,
        Set<String> disks,
        Set<String> excluded,
        @Nullable String scratchFolder,
        @Nullable Long scratchLimit,
        @Nullable String pushFolder,
        @Nullable NbdListen nbd,
        boolean insecureNbd,
        boolean quiesce,
        boolean resume,
        Compression compression,
        boolean plain,
        long mediaLimit,
        boolean diskless,
        Duration stallTimeout,
        boolean runningOnly,
        boolean ownStorage,
        Duration longestWait) {
    /** How large a medium is saved if nobody says something else, in bytes. */
    public static final long MEDIA_LIMIT = 16L << 20;

    /** For how long a host is waited for if nobody says something else. */
    public static final Duration STALL_TIMEOUT = Duration.ofMinutes(10);

    private static final long MOST_OF_A_MEDIUM = 1L << 30;

    /** A request that is still being changed. */
    private static final class Draft {
        private final String domain;
        private final Set<String> disks;
        private final Set<String> excluded;
        private @Nullable Level level;
        private @Nullable String since;
        private boolean keepFullCheckpoint;
        private @Nullable String scratchFolder;
        private @Nullable Long scratchLimit;
        private @Nullable String pushFolder;
        private @Nullable NbdListen nbd;
        private boolean insecureNbd;
        private boolean quiesce;
        private boolean resume;
        private Compression compression;
        private boolean plain;
        private long mediaLimit;
        private boolean diskless;
        private Duration stallTimeout;
        private boolean runningOnly;
        private boolean ownStorage;
        private Duration longestWait;

        Draft(BackupRequest request) {
            domain = request.domain;
            disks = new HashSet<>(request.disks);
            excluded = new HashSet<>(request.excluded);
            level = request.level;
            since = request.since;
            keepFullCheckpoint = request.keepFullCheckpoint;
            scratchFolder = request.scratchFolder;
            scratchLimit = request.scratchLimit;
            pushFolder = request.pushFolder;
            nbd = request.nbd;
            insecureNbd = request.insecureNbd;
            quiesce = request.quiesce;
            resume = request.resume;
            compression = request.compression;
            plain = request.plain;
            mediaLimit = request.mediaLimit;
            diskless = request.diskless;
            stallTimeout = request.stallTimeout;
            runningOnly = request.runningOnly;
            ownStorage = request.ownStorage;
            longestWait = request.longestWait;
        }
    }

    /**
     * Refuses what makes no sense.
     *
     * @throws BackupException if two choices contradict each other, or a folder of the host is not absolute
     */
    public BackupRequest {
        requireNonNull(domain, "domain");
        requireNonNull(compression, "compression");
        if (stallTimeout.isNegative()) {
            throw new BackupException("a stall timeout of " + stallTimeout + ", which is less than no time");
        }
        if (longestWait.isNegative()) {
            throw new BackupException("a wait of " + longestWait + ", which is less than no time");
        }
        disks = Set.copyOf(disks);
        excluded = Set.copyOf(excluded);
        for (String target : disks) {
            if (excluded.contains(target)) {
                throw new BackupException("disk " + target + " is both chosen and excluded");
            }
        }
        if (scratchLimit != null && scratchLimit <= 0) {
            throw new BackupException(
                    "a scratch limit of " + scratchLimit + " bytes is no limit: it must be more than 0");
        }
        if (mediaLimit < 0 || mediaLimit > MOST_OF_A_MEDIUM) {
            throw new BackupException(
                    "a limit for media is 0 to " + MOST_OF_A_MEDIUM + " bytes, and not " + mediaLimit);
        }
        if (level == Level.DIFFERENTIAL) {
            throw new BackupException("a differential is asked for by the point since which changes are copied");
        }
        if (since != null && level == Level.FULL) {
            throw new BackupException("a full backup copies everything, not what changed since point " + since);
        }
        if (pushFolder != null && (since != null || level == Level.INCREMENTAL)) {
            throw new BackupException("a push is always full: what it builds on would have to lie in the"
                    + " repository, and a push leaves nothing there. Use pull mode for increments");
        }
        requireAbsolute(scratchFolder, "scratch folder");
        requireAbsolute(pushFolder, "target folder");
        if (pushFolder != null && resume) {
            throw new BackupException("a push cannot be resumed: the host continues it by itself");
        }
        if (pushFolder != null && compression != Compression.NONE) {
            throw new BackupException("a push cannot be compressed: the host writes the images");
        }
    }

    private static void requireAbsolute(@Nullable String folder, String what) {
        if (folder != null && !folder.startsWith("/")) {
            throw new BackupException("the " + what + " is on the host and must be absolute: " + folder);
        }
    }

    /**
     * A pull backup of all disks, as incremental as can be, of the domain with this name or UUID; change from there.
     */
    public static BackupRequest of(String domain) {
        return new BackupRequest(
                domain,
                null,
                null,
                false,
                Set.of(),
                Set.of(),
                null,
                null,
                null,
                null,
                false,
                false,
                false,
                Compression.NONE,
                false,
                MEDIA_LIMIT,
                false,
                STALL_TIMEOUT,
                false,
                false,
                Duration.ZERO);
    }

    private BackupRequest with(Consumer<Draft> change) {
        Draft draft = new Draft(this);
        change.accept(draft);
        return new BackupRequest(
                draft.domain,
                draft.level,
                draft.since,
                draft.keepFullCheckpoint,
                draft.disks,
                draft.excluded,
                draft.scratchFolder,
                draft.scratchLimit,
                draft.pushFolder,
                draft.nbd,
                draft.insecureNbd,
                draft.quiesce,
                draft.resume,
                draft.compression,
                draft.plain,
                draft.mediaLimit,
                draft.diskless,
                draft.stallTimeout,
                draft.runningOnly,
                draft.ownStorage,
                draft.longestWait);
    }

    /** Who moves the data. */
    public Mode mode() {
        return pushFolder == null ? Mode.PULL : Mode.PUSH;
    }

    /** Only this disk and others named so, instead of all. */
    public BackupRequest withDisk(String target) {
        return with(draft -> draft.disks.add(target));
    }

    /** Not this disk. */
    public BackupRequest withoutDisk(String target) {
        return with(draft -> draft.excluded.add(target));
    }

    /**
     * How much to copy. By default it is what changed since an earlier point. If nobody knows for certain what changed
     * on a disk, all of it is read and compared with that point.
     *
     * @param newLevel {@link Level#FULL} for all of each disk; {@link Level#INCREMENTAL} for an error if not a single
     *     disk can build on an earlier point
     */
    public BackupRequest withLevel(Level newLevel) {
        return with(draft -> draft.level = requireNonNull(newLevel, "level"));
    }

    /**
     * Copies what changed since this earlier point, not since the newest: a differential. If its checkpoint is not on
     * the host any more, see {@link #keepingFullCheckpoint}, all of each disk is read for that.
     *
     * @param point its id
     */
    public BackupRequest since(String point) {
        return with(draft -> draft.since = requireNonNull(point, "point"));
    }

    /**
     * Keeps the checkpoint of the last full point on the host, so that later points can be differentials since it. The
     * host then tracks changes twice. A backup without this deletes it.
     */
    public BackupRequest keepingFullCheckpoint() {
        return with(draft -> draft.keepFullCheckpoint = true);
    }

    /** The host writes the images itself, to this absolute folder of its own. */
    public BackupRequest pushingTo(String hostFolder) {
        return with(draft -> draft.pushFolder = requireNonNull(hostFolder, "hostFolder"));
    }

    /**
     * The host's absolute folder for scratch files, which grow with what the guest overwrites during a pull, and for
     * the export's socket, if its path is short enough. Default: each disk's own folder, {@code /var/tmp} for disks
     * without one and for the socket.
     */
    public BackupRequest withScratchFolder(String hostFolder) {
        return with(draft -> draft.scratchFolder = requireNonNull(hostFolder, "hostFolder"));
    }

    /**
     * Ends the backup before its scratch files take more than this together: if QEMU can no longer write them, it
     * fails the guest's own writes, or stops the guest. So that they stay below it, the backup is ended 64 MiB earlier,
     * or a twentieth of the limit if that is more, but not before half of it is taken. Without this, what is free in
     * the folders is such a limit; the host is asked for folders that only it sees.
     *
     * @param bytes more than 0
     */
    public BackupRequest withScratchLimit(long bytes) {
        return with(draft -> draft.scratchLimit = bytes);
    }

    /** Where the host's NBD export listens, for hosts reached by TCP. Default: loopback, ports 10809 to 10872. */
    public BackupRequest withNbd(NbdListen listen) {
        return with(draft -> draft.nbd = requireNonNull(listen, "listen"));
    }

    /** Allows an unencrypted export to another host: everybody who can reach its port can read the disks meanwhile. */
    public BackupRequest allowingInsecureNbd() {
        return with(draft -> draft.insecureNbd = true);
    }

    /** How to compress the images of a pull. Default: not at all. */
    public BackupRequest withCompression(Compression newCompression) {
        return with(draft -> draft.compression = newCompression);
    }

    /**
     * Saves the medium of a CD-ROM or floppy drive if it has at most so many bytes. Default: {@link #MEDIA_LIMIT}.
     *
     * @param bytes at most 1 GiB; 0 to save none
     */
    public BackupRequest withMediaLimit(long bytes) {
        return with(draft -> draft.mediaLimit = bytes);
    }

    /**
     * Freezes the guest's file systems by its agent just before the backup begins, and thaws them right after: what a
     * restore finds needs no repair. Without it, it is as after a power cut. A guest whose agent does not answer is not
     * backed up then.
     */
    public BackupRequest quiescing() {
        return with(draft -> draft.quiesce = true);
    }

    /**
     * If an earlier run of the same request died and its job still runs on the host, finishes that point: it holds the
     * disks as they were when that run began, and what was copied is not read again. If there is no such job, or
     * anything is not as that run left it, what it left is cleared and a new backup made, as without this. If this run
     * fails because no data came for longer than {@link #withStallTimeout}, its job and its copy stay for the next one.
     */
    public BackupRequest resuming() {
        return with(draft -> draft.resume = true);
    }

    /**
     * For how long a pull waits for its host if no data comes: storage that fails over, a network that is gone for a
     * while. Its connections are opened again meanwhile, and the copy continues where it was. Without an answer for so
     * long, the backup fails. Default: {@link #STALL_TIMEOUT}, 10 minutes.
     *
     * @param timeout 0 to fail as soon as a connection breaks
     */
    public BackupRequest withStallTimeout(Duration timeout) {
        return with(draft -> draft.stallTimeout = requireNonNull(timeout, "timeout"));
    }

    /**
     * For how long to wait, before anything is begun, if another run writes this domain in the repository, or another
     * job is active on it. {@link dev.virtwire.repository.ProgressListener#waiting} is told of that. Default: not at
     * all.
     *
     * @param longest 0 to fail at once
     */
    public BackupRequest waitingFor(Duration longest) {
        return with(draft -> draft.longestWait = requireNonNull(longest, "longest"));
    }

    /**
     * It is known that of a disk that its host keeps encrypted, the point holds the content in clear. Without this, a
     * warning says so. The point's manifest says that it is allowed, and later backups of that disk need no more.
     */
    public BackupRequest allowingPlain() {
        return with(draft -> draft.plain = true);
    }

    /**
     * If none of the domain's disks can be backed up, its definition and UEFI variables are, in a point without disks.
     * Without this, the backup of such a domain fails with a {@link NoDiskException}. It still does if the
     * request leaves a disk out, or for a push.
     */
    public BackupRequest evenWithoutDisks() {
        return with(draft -> draft.diskless = true);
    }

    /**
     * Refuses the domain if it is off. Without this, such a domain is backed up too, while nobody can start it: see
     * {@link Backups#backup}.
     */
    public BackupRequest runningOnly(boolean only) {
        return with(draft -> draft.runningOnly = only);
    }

    /**
     * Says that no other host uses the domain's disks. Without this, disks of a domain that is off are refused if other
     * hosts may have them too: block devices, disks on the network, and files on network file systems. The same guest
     * may run there, and QEMU's locks do not reach every host.
     */
    public BackupRequest onOwnStorage() {
        return with(draft -> draft.ownStorage = true);
    }
}
