// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupLevel;
import dev.virtwire.backup.BackupPlan;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.DomainBackup;
import dev.virtwire.backup.ImageCompression;
import dev.virtwire.backup.NbdListen;
import dev.virtwire.backup.ProgressListener;
import dev.virtwire.backup.Repository;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.backup.manifest.Mode;
import dev.virtwire.cli.command.ConnectedCommand;
import dev.virtwire.cli.output.Amounts;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.cli.output.ExitCode;
import dev.virtwire.cli.output.ProgressView;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** {@code virtwire backup}: a new point of a running domain. */
@Command(
        name = "backup",
        description = {
            "Back up the disks of a running domain into a repository, as they are at the moment when the backup begins.",
            "What did not change since an earlier point is not copied again. Ctrl-C ends the backup, on the host too, and leaves nothing unfinished."
        },
        sortOptions = false)
public final class BackupCommand extends ConnectedCommand {
    private static final long CANCEL_SECONDS = 120;

    /** Takes the words that manifests have. */
    static final class ModeConverter implements ITypeConverter<Mode> {
        @Override
        public Mode convert(String value) {
            return switch (value) {
                case "pull" -> Mode.PULL;
                case "push" -> Mode.PUSH;
                default -> throw new TypeConversionException("'" + value + "' is neither pull nor push");
            };
        }
    }

    /** Takes the words that manifests have. */
    static final class CompressionConverter implements ITypeConverter<ImageCompression> {
        @Override
        public ImageCompression convert(String value) {
            return switch (value) {
                case "none" -> ImageCompression.NONE;
                case "zstd" -> ImageCompression.ZSTD;
                case "deflate" -> ImageCompression.DEFLATE;
                default -> throw new TypeConversionException("'" + value + "' is neither none, zstd nor deflate");
            };
        }
    }

    /** Takes the levels as one writes them. */
    static final class LevelConverter implements ITypeConverter<BackupLevel> {
        @Override
        public BackupLevel convert(String value) {
            return switch (value) {
                case "auto" -> BackupLevel.AUTO;
                case "full" -> BackupLevel.FULL;
                case "incremental" -> BackupLevel.INCREMENTAL;
                default ->
                    throw new TypeConversionException("'" + value + "' is neither auto nor full nor incremental"
                            + (value.equals("differential") ? ": use --since POINT" : ""));
            };
        }
    }

    @Parameters(index = "0", paramLabel = "DOMAIN", description = "The domain's name or UUID.")
    private String name = "";

    @Parameters(index = "1", paramLabel = "DIR", description = "The repository; it is made if need be.")
    private Path folder = Path.of("");

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            converter = LevelConverter.class,
            description = "auto: of each disk what changed since the newest point that can serve, else all of it. full:"
                    + " all. incremental: as auto, but fail where no disk can build on a point. Default: auto.")
    private BackupLevel level = BackupLevel.AUTO;

    @Option(
            names = "--since",
            paramLabel = "POINT",
            description =
                    "Copy what changed since this point, not since the newest. Its checkpoint must still be on the"
                            + " host: see --keep-full-checkpoint.")
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
            description = "Only this disk, such as vda. May be given several times. Default: all.")
    private List<String> disks = new ArrayList<>();

    @Option(names = "--exclude", paramLabel = "TARGET", description = "Not this disk. May be given several times.")
    private List<String> excluded = new ArrayList<>();

    @Option(
            names = "--compress",
            paramLabel = "HOW",
            converter = CompressionConverter.class,
            description =
                    "For pull: none, zstd or deflate. Images stay ones that qemu-img opens: those with zstd by QEMU"
                            + " 5.1 or later, those with deflate by every QEMU. Default: none.")
    private ImageCompression compression = ImageCompression.NONE;

    @Option(
            names = "--scratch",
            paramLabel = "HOSTDIR",
            description = "For pull: the host's folder for scratch files, which grow with what the guest overwrites"
                    + " meanwhile. Default: beside each disk.")
    private @Nullable String scratch;

    @Option(
            names = "--nbd",
            paramLabel = "ADDR:PORTS",
            description =
                    "For pull from a host reached by TCP: where its export listens, such as 127.0.0.1:10809-10872,"
                            + " which is the default.")
    private @Nullable String nbd;

    @Option(
            names = "--insecure-nbd",
            description = "For pull: allow an unencrypted export on another address than loopback. Whoever reaches its"
                    + " port can read the disks meanwhile.")
    private boolean insecureNbd;

    @Override
    public Integer call() throws Exception {
        // What is wrong with the command line is said before anybody is connected to.
        plan(ProgressListener.NONE);
        return super.call();
    }

    @Override
    protected int run(Libvirt libvirt) throws Exception {
        // Asked before the repository is made, so that a misspelt name leaves no empty one.
        Domain domain = domain(libvirt, name);
        Repository repository = Repository.openOrCreate(folder);
        BackupResult result;
        try (ProgressView view = progressView("backup " + domain.name())) {
            DomainBackup backup = DomainBackup.start(libvirt, repository, plan(view));
            console().interruption().cleanUpBy(() -> cancel(backup, view));
            try {
                result = await(backup.result());
            } finally {
                console().interruption().awaitIfBegun();
                console().interruption().cleanUpBy(null);
            }
        }
        print(result);
        return ExitCode.DONE;
    }

    /** What the options ask for. */
    BackupPlan plan(ProgressListener listener) {
        requireMode();
        try {
            BackupPlan.Builder plan =
                    BackupPlan.builder(name).listener(listener).level(level).compression(compression);
            if (since != null) {
                plan.since(since);
            }
            if (keepFullCheckpoint) {
                plan.keepFullCheckpoint();
            }
            disks.forEach(plan::disk);
            excluded.forEach(plan::exclude);
            if (target != null) {
                plan.push(target);
            }
            if (scratch != null) {
                plan.scratchFolder(scratch);
            }
            if (nbd != null) {
                plan.nbd(listen(nbd));
            }
            if (insecureNbd) {
                plan.insecureNbd();
            }
            return plan.build();
        } catch (BackupException e) {
            throw CommandException.usage(String.valueOf(e.getMessage()), e);
        }
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
        String forPull = scratch != null
                ? "--scratch"
                : nbd != null
                        ? "--nbd"
                        : insecureNbd ? "--insecure-nbd" : compression != ImageCompression.NONE ? "--compress" : null;
        if (mode == Mode.PUSH && forPull != null) {
            throw CommandException.usage(forPull + " is for --mode pull", null);
        }
    }

    private static String cancel(DomainBackup backup, ProgressView view) throws Exception {
        try {
            backup.cancel().get(CANCEL_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            return "interrupted, and the clean-up is not done after " + CANCEL_SECONDS
                    + " s; 'virtwire recover' clears up the rest";
        } finally {
            view.close();
        }
        try {
            BackupResult done = await(backup.result());
            return "interrupted when the backup was complete: it stands as point "
                    + done.point().id();
        } catch (BackupCancelledException e) {
            String message = String.valueOf(e.getMessage());
            return message.contains("Left behind") ? message : message + ", and nothing of it is left";
        }
    }

    private void print(BackupResult result) {
        Manifest manifest = result.point().manifest();
        if (json()) {
            printJson(json -> {
                PointJson.write(json, result.point());
                json.writeNumberField("bytesRead", result.bytesRead());
                json.writeNumberField("bytesStored", result.bytesStored());
                json.writeNumberField("durationMillis", result.duration().toMillis());
                PointJson.writeStrings(json, "notices", result.notices());
            });
            return;
        }
        String moved = manifest.mode() == Mode.PULL
                ? Amounts.bytes(result.bytesRead()) + " read, " + Amounts.bytes(result.bytesStored()) + " stored"
                : "written by the host to " + target;
        say(result.outcome() + ": " + manifest.domain().name() + "@"
                + result.point().id() + ", "
                + Amounts.count(manifest.disks().size(), "disk") + " of "
                + Amounts.bytes(PointJson.virtualSize(manifest)) + "; " + moved + " in "
                + Amounts.duration(result.duration()));
        for (ManifestDisk disk : manifest.disks()) {
            say("  " + disk.target() + ": " + disk.level() + ", " + disk.reason());
        }
        result.notices().forEach(this::note);
    }
}
