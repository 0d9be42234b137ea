// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.backup.LuksEncryption;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.manifest.Mode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the host is asked to do, with every name that it will leave traces under.
 *
 * @param mode pull or push
 * @param disks the disks to back up
 * @param path how the data comes here; null for a push
 * @param storage by disk target: the scratch file of a pull, the image of a push
 * @param exports by disk target: the NBD export of a pull
 * @param choice what it builds on
 * @param checkpoint the name of the checkpoint to make, or null for none
 * @param tracked the targets of the disks in that checkpoint
 * @param random the part of the names that nobody can foretell, or null in a plan of a program that gave none
 */
public record TransferPlan(
        Mode mode,
        List<ChosenDisk> disks,
        @Nullable DataPath path,
        Map<String, String> storage,
        Map<String, String> exports,
        ParentChoice choice,
        @Nullable String checkpoint,
        Set<String> tracked,
        @Nullable String random) {
    /** The kernel's limit for a UNIX socket's path, without its end. */
    private static final int SOCKET_PATH_MAX = 107;

    /** How a secret of a disk is named that libvirt finds by its usage. */
    private static final String BY_USAGE = "passphrase:";

    private static final String DEFAULT_FOLDER = "/var/tmp";

    static TransferPlan of(
            BackupRequest plan,
            LibvirtUri uri,
            String repository,
            UUID domain,
            String point,
            @Nullable String random,
            List<ChosenDisk> disks,
            ParentChoice choice) {
        String onHost = Names.onHost(repository, domain, point, random);
        Map<String, String> exports = new LinkedHashMap<>();
        Map<String, String> storage = new LinkedHashMap<>();
        String pushFolder = plan.pushFolder();
        DataPath path = null;
        if (pushFolder != null) {
            for (ChosenDisk disk : disks) {
                storage.put(disk.target(), inFolder(pushFolder, Names.pushed(onHost, disk.target())));
            }
        } else {
            for (ChosenDisk disk : disks) {
                String folder = scratchFolder(plan, disk);
                storage.put(disk.target(), inFolder(folder, Names.scratch(onHost, disk.target())));
                exports.put(disk.target(), Names.export(onHost, disk.target()));
            }
            path = DataPath.choose(uri, plan, socket(plan, Names.socket(repository, domain, point, random)));
        }
        Set<String> tracked = new LinkedHashSet<>();
        if (plan.mode() == Mode.PULL) {
            // Nothing can build on a push, so that its bitmaps would only cost.
            disks.stream()
                    .filter(ChosenDisk::keepsBitmaps)
                    .map(ChosenDisk::target)
                    .forEach(tracked::add);
        }
        String checkpoint = Names.checkpoint(repository, point);
        return new TransferPlan(plan.mode(), disks, path, storage, exports, choice, checkpoint, Set.of(), random)
                .tracking(tracked);
    }

    /** With the scratch files, unless the path would be too long there. */
    public static String socket(BackupRequest plan, String name) {
        String path = inFolder(plan.scratchFolder() == null ? DEFAULT_FOLDER : plan.scratchFolder(), name);
        return path.getBytes(StandardCharsets.UTF_8).length > SOCKET_PATH_MAX ? inFolder(DEFAULT_FOLDER, name) : path;
    }

    /** Beside the disk there is most likely room, and QEMU may write there. */
    public static String scratchFolder(BackupRequest plan, ChosenDisk disk) {
        if (plan.scratchFolder() != null) {
            return plan.scratchFolder();
        }
        String name = disk.source().name();
        int slash = name == null ? -1 : name.lastIndexOf('/');
        boolean file = disk.source().type().equals("file") && slash > 0;
        return file && name != null ? name.substring(0, slash) : DEFAULT_FOLDER;
    }

    private static String inFolder(String folder, String name) {
        return folder.endsWith("/") ? folder + name : folder + "/" + name;
    }

    /** The same with a checkpoint of these disks only, or without one if there are no such disks. */
    TransferPlan tracking(Set<String> targets) {
        String made = targets.isEmpty() ? null : checkpoint;
        return new TransferPlan(mode, disks, path, storage, exports, choice, made, Set.copyOf(targets), random);
    }

    /** The NBD socket on the host, or null. */
    @Nullable
    String socket() {
        return path instanceof DataPath.Socket socket ? socket.path() : null;
    }

    /** Scratch files on the host. */
    List<String> scratch() {
        return mode == Mode.PULL ? List.copyOf(storage.values()) : List.of();
    }

    /** Images that the host writes. */
    List<String> pushed() {
        return mode == Mode.PUSH ? List.copyOf(storage.values()) : List.of();
    }

    /** Of how many disks what the host writes is encrypted. */
    int encrypted() {
        return (int) disks.stream().filter(disk -> disk.secret() != null).count();
    }

    /** The host's path for a disk. */
    String storageOf(String target) {
        return known(storage, target);
    }

    /** The name that a pull's NBD server exports a disk under. */
    String exportOf(String target) {
        return known(exports, target);
    }

    /** The name that the export offers a disk's bitmap of changes under, or null if all of the disk is copied. */
    @Nullable
    String changesOf(String target) {
        return choice.checkpointOf(target) == null ? null : Names.changes(exportOf(target));
    }

    /** A disk's bitmap that a later increment starts from, or null if no bitmap is made. */
    @Nullable
    String bitmapOf(String target) {
        return tracked.contains(target) ? checkpoint : null;
    }

    private static String known(Map<String, String> names, String target) {
        String name = names.get(target);
        if (name == null) {
            throw new IllegalArgumentException("disk " + target + " is not part of the plan");
        }
        return name;
    }

    /** The backup as libvirt is told. */
    BackupSpec backup(@Nullable NbdServer server) {
        BackupSpec.Builder spec = server == null ? BackupSpec.push() : BackupSpec.pull(server);
        for (ChosenDisk disk : disks) {
            BackupStorage file = storage(disk);
            BackupDisk part = BackupDisk.of(disk.target()).on(file).inFormat("qcow2");
            spec.disk(server == null ? part : pulled(part, disk.target()));
        }
        return spec.build();
    }

    /**
     * Where the host writes what a disk holds. It is encrypted as the disk itself is: nothing of that comes out in
     * clear.
     */
    private BackupStorage storage(ChosenDisk disk) {
        BackupStorage file = BackupStorage.file(storageOf(disk.target()));
        String secret = disk.secret();
        if (secret == null) {
            return file;
        }
        return file.encrypted(
                secret.startsWith(BY_USAGE)
                        ? LuksEncryption.withSecretUsage(secret.substring(BY_USAGE.length()))
                        : LuksEncryption.withSecret(UUID.fromString(secret)));
    }

    private BackupDisk pulled(BackupDisk part, String target) {
        BackupDisk exported = part.exportedAs(exportOf(target));
        String since = choice.checkpointOf(target);
        String changes = changesOf(target);
        return since == null || changes == null
                ? exported.full()
                : exported.since(since).withBitmap(changes);
    }

    /** The checkpoint as libvirt is told, or null. */
    @Nullable
    CheckpointSpec checkpointSpec() {
        if (checkpoint == null) {
            return null;
        }
        List<CheckpointDisk> named = new ArrayList<>();
        for (ChosenDisk disk : disks) {
            named.add(
                    tracked.contains(disk.target())
                            ? CheckpointDisk.of(disk.target())
                            : CheckpointDisk.excluded(disk.target()));
        }
        return CheckpointSpec.of(checkpoint, named);
    }

    /** Why no checkpoint is made. */
    String noCheckpointReason() {
        if (mode == Mode.PUSH) {
            return "nothing can build on a push";
        }
        return disks.stream().anyMatch(ChosenDisk::keepsBitmaps)
                ? "the images cannot keep bitmaps"
                : "no disk has an image that keeps bitmaps: " + disks.get(0).target() + " is "
                        + disks.get(0).source().format();
    }

    /** Why a disk has no bitmap. */
    String noBitmapReason(String target) {
        return disks.stream()
                .filter(disk -> disk.target().equals(target) && !disk.keepsBitmaps())
                .findFirst()
                .map(disk -> "its format is " + disk.source().format())
                .orElse("its image cannot keep bitmaps");
    }
}
