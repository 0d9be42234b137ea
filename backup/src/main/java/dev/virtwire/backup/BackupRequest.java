// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.image.Compression;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What to back up and how. Immutable: each method that changes something returns another request. */
public final class BackupRequest {
    /** Changed only before the request that holds it is there. */
    private static final class Choices {
        private final String domain;
        private final Set<String> disks = new LinkedHashSet<>();
        private final Set<String> excluded = new LinkedHashSet<>();
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
        private Compression compression = Compression.NONE;

        Choices(String domain) {
            this.domain = requireNonNull(domain, "domain");
        }

        Choices(Choices other) {
            domain = other.domain;
            disks.addAll(other.disks);
            excluded.addAll(other.excluded);
            level = other.level;
            since = other.since;
            keepFullCheckpoint = other.keepFullCheckpoint;
            scratchFolder = other.scratchFolder;
            scratchLimit = other.scratchLimit;
            pushFolder = other.pushFolder;
            nbd = other.nbd;
            insecureNbd = other.insecureNbd;
            quiesce = other.quiesce;
            resume = other.resume;
            compression = other.compression;
        }
    }

    private final Choices chosen;

    private BackupRequest(Choices chosen) {
        this.chosen = chosen;
    }

    /** A pull backup of all disks, as incremental as can be, of the domain with this name or UUID; change from there. */
    public static BackupRequest of(String domain) {
        return new BackupRequest(new Choices(domain));
    }

    private BackupRequest with(Consumer<Choices> change) {
        Choices changed = new Choices(chosen);
        change.accept(changed);
        requireFitting(changed);
        return new BackupRequest(changed);
    }

    /**
     * Only this disk and others named so, instead of all.
     *
     * @throws BackupException where it is excluded
     */
    public BackupRequest withDisk(String target) {
        return with(choices -> choices.disks.add(requireNonNull(target, "target")));
    }

    /**
     * Not this disk.
     *
     * @throws BackupException where it is chosen
     */
    public BackupRequest withoutDisk(String target) {
        return with(choices -> choices.excluded.add(requireNonNull(target, "target")));
    }

    /**
     * How much to copy, instead of what changed since an earlier point where that is known for certain and all else.
     *
     * @param level {@link Level#FULL} for all of each disk; {@link Level#INCREMENTAL} for an error where not a single disk
     *     can build on an earlier point
     * @throws BackupException for what does not fit {@link #since} or {@link #pushingTo}
     */
    public BackupRequest withLevel(Level level) {
        return with(choices -> choices.level = requireNonNull(level, "level"));
    }

    /**
     * Copies what changed since this earlier point, not since the newest: a differential. Its checkpoint has to be on the
     * host still, see {@link #keepingFullCheckpoint}; otherwise the backup is refused.
     *
     * @param point its id
     */
    public BackupRequest since(String point) {
        return with(choices -> choices.since = requireNonNull(point, "point"));
    }

    /**
     * Keeps the checkpoint of the last full point on the host, so that later points can be differentials since it. The host
     * then tracks changes twice. A backup without this deletes it.
     */
    public BackupRequest keepingFullCheckpoint() {
        return with(choices -> choices.keepFullCheckpoint = true);
    }

    /** The host writes the images itself, to this absolute folder of its own. */
    public BackupRequest pushingTo(String hostFolder) {
        return with(choices -> choices.pushFolder = requireNonNull(hostFolder, "hostFolder"));
    }

    /**
     * The host's absolute folder for scratch files, which grow with what the guest overwrites during a pull, and for the
     * export's socket. Default: each disk's own folder, {@code /var/tmp} for disks without one and for the socket.
     */
    public BackupRequest withScratchFolder(String hostFolder) {
        return with(choices -> choices.scratchFolder = requireNonNull(hostFolder, "hostFolder"));
    }

    /**
     * Ends the backup before its scratch files take more than this together: where QEMU can no longer write them, it fails
     * the guest's own writes, or stops the guest. So that they stay below it, the backup is ended 64 MiB earlier, or a
     * twentieth where that is more, but not before half of it is taken. What is free in folders of this machine is such a
     * limit too; folders of another host have none but this.
     *
     * @param bytes more than 0
     */
    public BackupRequest withScratchLimit(long bytes) {
        if (bytes <= 0) {
            throw new BackupException("a scratch limit of " + bytes + " bytes is none");
        }
        return with(choices -> choices.scratchLimit = bytes);
    }

    /** Where the host's NBD export listens, for hosts reached by TCP. Default: loopback, ports 10809 to 10872. */
    public BackupRequest withNbd(NbdListen listen) {
        return with(choices -> choices.nbd = requireNonNull(listen, "listen"));
    }

    /** Allows an unencrypted export to another host: everybody who can reach its port can read the disks meanwhile. */
    public BackupRequest allowingInsecureNbd() {
        return with(choices -> choices.insecureNbd = true);
    }

    /** How to compress the images of a pull. Default: not at all. */
    public BackupRequest withCompression(Compression compression) {
        return with(choices -> choices.compression = requireNonNull(compression, "compression"));
    }

    /**
     * Freezes the guest's file systems by its agent just before the backup begins, and thaws them right after: what a
     * restore finds needs no repair. Without it, it is as after a power cut. A guest whose agent does not answer is not
     * backed up then.
     */
    public BackupRequest quiescing() {
        return with(choices -> choices.quiesce = true);
    }

    /**
     * If an earlier run of the same request died and its job still runs on the host, finishes that point: it holds the disks
     * as they were when that run began, and what was copied is not read again. If there is no such job, or anything is not
     * as that run left it, what it left is cleared and a new backup made, as without this.
     */
    public BackupRequest resuming() {
        return with(choices -> choices.resume = true);
    }

    private static void requireFitting(Choices choices) {
        for (String target : choices.disks) {
            if (choices.excluded.contains(target)) {
                throw new BackupException("disk " + target + " is both chosen and excluded");
            }
        }
        boolean push = choices.pushFolder != null;
        if (choices.level == Level.DIFFERENTIAL) {
            throw new BackupException("a differential is asked for by the point since which changes are copied");
        }
        if (choices.since != null && choices.level == Level.FULL) {
            throw new BackupException("a full backup copies everything, not what changed since point " + choices.since);
        }
        if (push && (choices.since != null || choices.level == Level.INCREMENTAL)) {
            throw new BackupException("a push is always full: what it builds on would have to lie in the"
                    + " repository, and a push leaves nothing there. Use pull mode for increments");
        }
        requireAbsolute(choices.scratchFolder, "scratch folder");
        requireAbsolute(choices.pushFolder, "target folder");
        if (push && choices.resume) {
            throw new BackupException("a push cannot be resumed: it goes on by itself on the host");
        }
        if (push && choices.compression != Compression.NONE) {
            throw new BackupException("a push cannot be compressed: the host writes the images");
        }
    }

    private static void requireAbsolute(@Nullable String folder, String what) {
        if (folder != null && !folder.startsWith("/")) {
            throw new BackupException("the " + what + " is on the host and must be absolute: " + folder);
        }
    }

    /** The domain's name or UUID. */
    public String domain() {
        return chosen.domain;
    }

    /** Who moves the data. */
    public Mode mode() {
        return chosen.pushFolder == null ? Mode.PULL : Mode.PUSH;
    }

    /** How much is copied, or null for as little as is safe. */
    public @Nullable Level level() {
        return chosen.level;
    }

    /** The id of the point since which changes are copied, or null where the newest one that can serve is chosen. */
    public @Nullable String since() {
        return chosen.since;
    }

    /** Whether the checkpoint of the last full point stays on the host beside the newest one. */
    public boolean keepFullCheckpoint() {
        return chosen.keepFullCheckpoint;
    }

    /** The targets of the disks to back up; empty for all. */
    public Set<String> disks() {
        return Collections.unmodifiableSet(chosen.disks);
    }

    /** The targets of disks to leave out. */
    public Set<String> excluded() {
        return Collections.unmodifiableSet(chosen.excluded);
    }

    /** The host's folder for scratch files and the socket, or null for the default. */
    public @Nullable String scratchFolder() {
        return chosen.scratchFolder;
    }

    /** Bytes that the scratch files may take together, or null where only what is free in their folders counts. */
    public @Nullable Long scratchLimit() {
        return chosen.scratchLimit;
    }

    /** The host's folder that a push writes to, or null for a pull. */
    public @Nullable String pushFolder() {
        return chosen.pushFolder;
    }

    /** Where the host's NBD export listens, or null for the default. */
    public @Nullable NbdListen nbd() {
        return chosen.nbd;
    }

    /** Whether an unencrypted export to another host is allowed. */
    public boolean insecureNbd() {
        return chosen.insecureNbd;
    }

    /** How the images are compressed. */
    public Compression compression() {
        return chosen.compression;
    }

    /** Whether the guest's file systems are frozen while the backup begins. */
    public boolean quiesce() {
        return chosen.quiesce;
    }

    /** Whether a backup that an earlier run began is finished, where its job still runs, instead of a new one made. */
    public boolean resume() {
        return chosen.resume;
    }
}
