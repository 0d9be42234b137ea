// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.cli.command.TimeConverter;
import dev.virtwire.cli.command.ValueConverter;
import dev.virtwire.cli.command.WordConverter;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.image.Compression;
import dev.virtwire.jobs.config.BackupSettings;
import dev.virtwire.jobs.config.Values;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code backup} does with each domain. */
final class BackupOptions {
    static final class ModeConverter extends WordConverter<Mode> {
        ModeConverter() {
            super(Mode::toString, Mode.PULL, Mode.PUSH);
        }
    }

    static final class CompressionConverter extends WordConverter<Compression> {
        CompressionConverter() {
            super(Compression::toString, Compression.NONE, Compression.ZSTD, Compression.DEFLATE);
        }
    }

    /** A level that was asked for, or null for auto. (Picocli would put an {@code Optional} into another one.) */
    record WantedLevel(@Nullable Level level) {}

    static final class LevelConverter extends WordConverter<WantedLevel> {
        LevelConverter() {
            super(
                    wanted -> wanted.level() == null ? "auto" : wanted.level().toString(),
                    new WantedLevel(null),
                    new WantedLevel(Level.FULL),
                    new WantedLevel(Level.INCREMENTAL));
        }

        @Override
        protected String hint(String text) {
            return text.equals("differential") ? ": use --since POINT" : "";
        }
    }

    /** A size that may be nothing at all. */
    static final class LimitConverter extends ValueConverter<Long> {
        LimitConverter() {
            super(Values::sizeOrNone);
        }
    }

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            converter = LevelConverter.class,
            completionCandidates = LevelConverter.class,
            description = "auto: copy of each disk what changed since the newest point that can serve, else all of it."
                    + " full: copy all. incremental: as auto, but fail if no disk can build on a point. Default: auto.")
    private WantedLevel wanted = new WantedLevel(null);

    @Option(
            names = "--since",
            paramLabel = "POINT",
            description =
                    "Copy what changed since this point, not since the newest. If its checkpoint is gone from the host"
                            + " (see --keep-full-checkpoint), all of each disk is read.")
    private @Nullable String since;

    @Option(
            names = "--keep-full-checkpoint",
            description = "Keep the checkpoint of the last full point on the host, for --since. A backup without this"
                    + " option deletes it.")
    private boolean keepFullCheckpoint;

    @Option(
            names = "--mode",
            paramLabel = "MODE",
            converter = ModeConverter.class,
            description =
                    "pull: read the disks and keep them in the repository. push: let the host write them to a folder"
                            + " of its own; the repository then keeps only their description. Default: pull.")
    private Mode mode = Mode.PULL;

    @Option(names = "--target", paramLabel = "HOSTDIR", description = "For push: the host's folder to write to.")
    private @Nullable String target;

    @Option(
            names = "--disk",
            paramLabel = "TARGET",
            description = "Back up only this disk, such as vda. May be given several times. Default: all.")
    private List<String> disks = new ArrayList<>();

    @Option(
            names = "--exclude",
            paramLabel = "[DOMAIN:]TARGET",
            description = "Leave this disk out, of this domain or of each. May be given several times.")
    private List<String> excluded = new ArrayList<>();

    @Option(
            names = "--compress",
            paramLabel = "HOW",
            converter = CompressionConverter.class,
            description =
                    "For pull: compress the images by none, zstd or deflate. qemu-img opens them: zstd from QEMU 5.1"
                            + " on, deflate in each version. Default: none.")
    private Compression compression = Compression.NONE;

    @Option(
            names = "--scratch",
            paramLabel = "HOSTDIR",
            description = "For pull: the host's folder for scratch files. They grow with what the guest overwrites."
                    + " Default: beside each disk.")
    private @Nullable String scratch;

    @Option(
            names = "--scratch-limit",
            paramLabel = "SIZE",
            converter = SizeConverter.class,
            description =
                    "For pull: end the backup before the scratch files together take more than this, such as 20G. If"
                            + " they could not grow, the guest's own writes would fail. Default: the free room of their"
                            + " folder, if that is on this machine.")
    private @Nullable Long scratchLimit;

    @Option(
            names = "--media-limit",
            paramLabel = "SIZE",
            converter = LimitConverter.class,
            description = "Save the medium of a CD-ROM or floppy drive if it is not larger, such as 64M; 0 saves none."
                    + " Default: 16M.")
    private @Nullable Long mediaLimit;

    @Option(
            names = "--quiesce",
            description =
                    "Freeze the guest's file systems by its agent while the backup begins. Restored file systems then"
                            + " need no repair. Fail if the agent does not answer.")
    private boolean quiesce;

    @Option(
            names = "--running-only",
            description =
                    "Back up running domains only. Without this, a domain that is off is backed up too, and cannot be"
                            + " started for that long.")
    private boolean runningOnly;

    @Option(
            names = "--own-storage",
            description =
                    "For domains that are off: say that no other host uses their disks, also those on block devices, on"
                            + " the network and on network file systems.")
    private boolean ownStorage;

    @Option(
            names = "--resume",
            description =
                    "For pull: if an earlier run with the same options died and its job still runs on the host, finish"
                            + " that point. It then has the time at which that run began. Otherwise make a new point. If no"
                            + " data comes for longer than --stall-timeout, leave the job and the copy for the next run.")
    private boolean resume;

    @Option(
            names = "--stall-timeout",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description = "How long to wait for a host that stands still or cannot be reached, such as 90s, 10m or 2h."
                    + " The copy then continues where it was. 0: fail at once. Default: 10m.")
    private Duration stallTimeout = BackupRequest.STALL_TIMEOUT;

    @Option(
            names = "--wait",
            paramLabel = "TIME",
            converter = TimeConverter.class,
            description =
                    "If another run writes the domain, or another job is active on it, wait for its end before anything"
                            + " is begun, at most for so long, such as 90s, 30m or 2h. Default: 0, fail at once.")
    private Duration wait = Duration.ZERO;

    @Option(
            names = "--nbd",
            paramLabel = "ADDR:PORTS",
            description =
                    "For pull over TCP or TLS: where the host's export listens, such as 127.0.0.1:10809-10872. Default:"
                            + " the host of the URI, with these ports.")
    private @Nullable String nbd;

    @Option(
            names = "--insecure-nbd",
            description = "For pull: allow an unencrypted export on an address other than loopback. Anybody who reaches"
                    + " its port can read the disks while the backup runs.")
    private boolean insecureNbd;

    @Option(
            names = "--allow-plain",
            description = "Take it as known that the copy of a disk that its host keeps encrypted is not encrypted."
                    + " Once is enough for a disk and its secret. Until then, a warning says so each time.")
    private boolean allowPlain;

    /** For how long a host that stands still or cannot be reached is waited for; 0 for not at all. */
    Duration stallTimeout() {
        return stallTimeout;
    }

    /** Whether an export may go over the network in clear text. */
    boolean insecureNbd() {
        return insecureNbd;
    }

    /** Who moves the data. */
    Mode mode() {
        return mode;
    }

    /** Whether domains that are off are left out. */
    boolean runningOnly() {
        return runningOnly;
    }

    /** Refuses what makes sense for one domain only. */
    void requireForSeveral() {
        if (since != null) {
            throw CommandException.usage("--since names a point of one domain: back up one domain at a time", null);
        }
    }

    /** What the options ask for, for the domain of this name. */
    BackupRequest request(String name) {
        requireMode();
        try {
            BackupRequest request = settings().request(name).runningOnly(runningOnly);
            if (since != null) {
                request = request.since(since);
            }
            if (keepFullCheckpoint) {
                request = request.keepingFullCheckpoint();
            }
            for (String disk : disks) {
                request = request.withDisk(disk);
            }
            if (target != null) {
                request = request.pushingTo(target);
            }
            if (nbd != null) {
                request = request.withNbd(listen(nbd));
            }
            return insecureNbd ? request.allowingInsecureNbd() : request;
        } catch (BackupException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()), e);
        }
    }

    /** What the jobs of a configuration file can ask for too. */
    private BackupSettings settings() {
        return new BackupSettings(
                wanted.level(),
                compression,
                excluded,
                TransferLimits.UNLIMITED,
                1,
                quiesce,
                allowPlain,
                ownStorage,
                resume,
                wait,
                stallTimeout,
                scratch,
                scratchLimit,
                mediaLimit);
    }

    private static NbdListen listen(String text) {
        try {
            return NbdListen.parse(text);
        } catch (BackupException e) {
            throw CommandException.usage("--nbd: " + e.getMessage(), e);
        }
    }

    private void requireMode() {
        if (mode == Mode.PUSH && target == null) {
            throw CommandException.usage("--mode push needs --target, the host's folder to write to", null);
        }
        if (mode == Mode.PULL && target != null) {
            throw CommandException.usage("--target is for --mode push", null);
        }
        Map<String, Boolean> forPull = new LinkedHashMap<>();
        forPull.put("--scratch", scratch != null);
        forPull.put("--scratch-limit", scratchLimit != null);
        forPull.put("--resume", resume);
        forPull.put("--nbd", nbd != null);
        forPull.put("--insecure-nbd", insecureNbd);
        forPull.put("--compress", compression != Compression.NONE);
        forPull.values().removeIf(given -> !given);
        if (mode == Mode.PUSH && !forPull.isEmpty()) {
            throw CommandException.usage(forPull.keySet().iterator().next() + " is for --mode pull", null);
        }
    }
}
