// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.manifest.Mode;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What to back up and how. Immutable; made by {@link #builder}. */
public final class BackupPlan {
    private final String domain;
    private final Mode mode;
    private final BackupLevel level;
    private final @Nullable String since;
    private final boolean keepFullCheckpoint;
    private final Set<String> disks;
    private final Set<String> excluded;
    private final @Nullable String scratchFolder;
    private final @Nullable Long scratchLimit;
    private final @Nullable String pushFolder;
    private final @Nullable NbdListen nbd;
    private final boolean insecureNbd;
    private final boolean quiesce;
    private final ImageCompression compression;
    private final boolean resume;
    private final ProgressListener listener;

    private BackupPlan(Builder builder) {
        domain = builder.domain;
        mode = builder.mode;
        level = builder.level;
        since = builder.since;
        keepFullCheckpoint = builder.keepFullCheckpoint;
        disks = Set.copyOf(builder.disks);
        excluded = Set.copyOf(builder.excluded);
        scratchFolder = builder.scratchFolder;
        scratchLimit = builder.scratchLimit;
        pushFolder = builder.pushFolder;
        nbd = builder.nbd;
        insecureNbd = builder.insecureNbd;
        quiesce = builder.quiesce;
        compression = builder.compression;
        resume = builder.resume;
        listener = builder.listener;
    }

    /** A pull backup of all disks, as incremental as can be, of the domain with this name or UUID; change from there. */
    public static Builder builder(String domain) {
        return new Builder(domain);
    }

    /** The domain's name or UUID. */
    public String domain() {
        return domain;
    }

    /** Who moves the data. */
    public Mode mode() {
        return mode;
    }

    /** How much is copied. */
    public BackupLevel level() {
        return level;
    }

    /** The id of the point since which changes are copied, or null where the newest one that can serve is chosen. */
    public @Nullable String since() {
        return since;
    }

    /** Whether the checkpoint of the last full point stays on the host beside the newest one. */
    public boolean keepFullCheckpoint() {
        return keepFullCheckpoint;
    }

    /** The targets of the disks to back up; empty for all. */
    public Set<String> disks() {
        return disks;
    }

    /** The targets of disks to leave out. */
    public Set<String> excluded() {
        return excluded;
    }

    /** The host's folder for scratch files and the socket, or null for the default. */
    public @Nullable String scratchFolder() {
        return scratchFolder;
    }

    /** Bytes that the scratch files may take together, or null where only what is free in their folders counts. */
    public @Nullable Long scratchLimit() {
        return scratchLimit;
    }

    /** The host's folder that a push writes to, or null for a pull. */
    public @Nullable String pushFolder() {
        return pushFolder;
    }

    /** Where the host's NBD export listens, or null for the default. */
    public @Nullable NbdListen nbd() {
        return nbd;
    }

    /** Whether an unencrypted export to another host is allowed. */
    public boolean insecureNbd() {
        return insecureNbd;
    }

    /** How the images are compressed. */
    public ImageCompression compression() {
        return compression;
    }

    /** Whether the guest's file systems are frozen while the backup begins. */
    public boolean quiesce() {
        return quiesce;
    }

    /** Whether a backup that an earlier run began is finished, where its job still runs, instead of a new one made. */
    public boolean resume() {
        return resume;
    }

    /** Who is told of the progress. */
    public ProgressListener listener() {
        return listener;
    }

    /** Collects a plan. */
    public static final class Builder {
        private final String domain;
        private final Set<String> disks = new LinkedHashSet<>();
        private final Set<String> excluded = new LinkedHashSet<>();
        private Mode mode = Mode.PULL;
        private BackupLevel level = BackupLevel.AUTO;
        private @Nullable String since;
        private boolean keepFullCheckpoint;
        private @Nullable String scratchFolder;
        private @Nullable Long scratchLimit;
        private @Nullable String pushFolder;
        private @Nullable NbdListen nbd;
        private boolean insecureNbd;
        private boolean quiesce;
        private boolean resume;
        private ImageCompression compression = ImageCompression.NONE;
        private ProgressListener listener = ProgressListener.NONE;

        private Builder(String domain) {
            this.domain = requireNonNull(domain, "domain");
        }

        /** Only this disk and others named so, instead of all. */
        public Builder disk(String target) {
            disks.add(requireNonNull(target, "target"));
            return this;
        }

        /** Not this disk. */
        public Builder exclude(String target) {
            excluded.add(requireNonNull(target, "target"));
            return this;
        }

        /** How much to copy. Default: {@link BackupLevel#AUTO}, which is full for a push. */
        public Builder level(BackupLevel newLevel) {
            level = requireNonNull(newLevel, "level");
            return this;
        }

        /**
         * Copies what changed since this earlier point, not since the newest: a differential. Its checkpoint has to be
         * on the host still, see {@link #keepFullCheckpoint}; otherwise the backup is refused.
         *
         * @param point its id
         */
        public Builder since(String point) {
            since = requireNonNull(point, "point");
            return this;
        }

        /**
         * Keeps the checkpoint of the last full point on the host, so that later points can be differentials since it.
         * The host then tracks changes twice. A backup without this deletes it.
         */
        public Builder keepFullCheckpoint() {
            keepFullCheckpoint = true;
            return this;
        }

        /** The host writes the images itself, to this absolute folder of its own. */
        public Builder push(String hostFolder) {
            mode = Mode.PUSH;
            pushFolder = requireNonNull(hostFolder, "hostFolder");
            return this;
        }

        /**
         * The host's absolute folder for scratch files, which grow with what the guest overwrites during a pull, and
         * for the export's socket. Default: each disk's own folder, {@code /var/tmp} for disks without one and for the
         * socket.
         */
        public Builder scratchFolder(String hostFolder) {
            scratchFolder = requireNonNull(hostFolder, "hostFolder");
            return this;
        }

        /**
         * Ends the backup before its scratch files take more than this together: where QEMU can no longer write them, it
         * fails the guest's own writes, or stops the guest. So that they stay below it, the backup is ended 64 MiB
         * earlier, or a twentieth where that is more, but not before half of it is taken. What is free in folders of this
         * machine is such a limit too; folders of another host have none but this.
         *
         * @param bytes more than 0
         */
        public Builder scratchLimit(long bytes) {
            if (bytes <= 0) {
                throw new BackupException("a scratch limit of " + bytes + " bytes is none");
            }
            scratchLimit = bytes;
            return this;
        }

        /** Where the host's NBD export listens, for hosts reached by TCP. Default: loopback, ports 10809 to 10872. */
        public Builder nbd(NbdListen listen) {
            nbd = requireNonNull(listen, "listen");
            return this;
        }

        /**
         * Allows an unencrypted export to another host: everybody who can reach its port can read the disks meanwhile.
         */
        public Builder insecureNbd() {
            insecureNbd = true;
            return this;
        }

        /** How to compress the images of a pull. Default: not at all. */
        public Builder compression(ImageCompression newCompression) {
            compression = requireNonNull(newCompression, "compression");
            return this;
        }

        /**
         * Freezes the guest's file systems by its agent just before the backup begins, and thaws them right after: what a
         * restore finds needs no repair. Without it, it is as after a power cut. A guest whose agent does not answer is
         * not backed up then.
         */
        public Builder quiesce() {
            quiesce = true;
            return this;
        }

        /**
         * Where an earlier run of the same plan died and its job still runs on the host, goes on with that: the point then
         * holds the disks as they were when that run began, and what it has copied is not read again. Where there is no
         * such job, or anything is not as that run left it, what it left is cleared and a new backup made, as without this.
         */
        public Builder resume() {
            resume = true;
            return this;
        }

        /** Who is told of the progress. */
        public Builder listener(ProgressListener newListener) {
            listener = requireNonNull(newListener, "listener");
            return this;
        }

        /**
         * The plan.
         *
         * @throws BackupException where two choices contradict each other
         */
        public BackupPlan build() {
            for (String target : disks) {
                if (excluded.contains(target)) {
                    throw new BackupException("disk " + target + " is both chosen and excluded");
                }
            }
            requireFitting();
            requireAbsolute(scratchFolder, "scratch folder");
            requireAbsolute(pushFolder, "target folder");
            if (mode == Mode.PUSH && resume) {
                throw new BackupException("a push cannot be resumed: it goes on by itself on the host");
            }
            if (mode == Mode.PUSH && compression != ImageCompression.NONE) {
                throw new BackupException("a push cannot be compressed: the host writes the images");
            }
            return new BackupPlan(this);
        }

        private void requireFitting() {
            if (since != null && level == BackupLevel.FULL) {
                throw new BackupException("a full backup copies everything, not what changed since point " + since);
            }
            if (mode == Mode.PUSH && (since != null || level == BackupLevel.INCREMENTAL)) {
                throw new BackupException("a push is always full: what it builds on would have to lie in the"
                        + " repository, and a push leaves nothing there. Use pull mode for increments");
            }
        }

        private static void requireAbsolute(@Nullable String folder, String what) {
            if (folder != null && !folder.startsWith("/")) {
                throw new BackupException("the " + what + " is on the host and must be absolute: " + folder);
            }
        }
    }
}
