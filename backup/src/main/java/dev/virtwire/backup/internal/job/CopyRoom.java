// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.source.NbdDisk;
import dev.virtwire.image.Compression;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * Refuses a copy that surely has no room, before hours have gone into it. How well data compresses, how many blocks of
 * a compared disk differ, and what another backup writes meanwhile, is not known before.
 *
 * @param attempt the backup
 */
public record CopyRoom(Attempt attempt) {
    /** File systems that may compress by themselves. */
    private static final Set<String> COMPRESSING = Set.of("btrfs", "zfs", "bcachefs");

    /** Whether a file system of that type may need less room than what is written to it. */
    public static boolean mayCompress(String type) {
        return COMPRESSING.contains(type);
    }

    /**
     * Compares what the disks hold with what is free.
     *
     * @param sizes the disks with their virtual sizes in bytes
     * @param source opens the disk of a target
     * @throws BackupException if there is no room
     */
    void require(Map<ChosenDisk, Long> sizes, Function<String, NbdDisk> source) throws IOException {
        FileStore store = Files.getFileStore(attempt.unfinished().folder());
        long free = store.getUsableSpace();
        ParentChoice choice = attempt.plan().choice();
        boolean known = attempt.request().compression() == Compression.NONE
                && !attempt.job().resumed()
                && !choice.isRebased()
                && !mayCompress(store.type());
        if (!known || sizes.values().stream().mapToLong(Long::longValue).sum() <= free) {
            return;
        }
        long needed = 0;
        for (ChosenDisk disk : sizes.keySet()) {
            // Of other formats the host takes zeros for data, if somebody has ever written there.
            if (disk.keepsBitmaps() && !choice.compared().contains(disk.target())) {
                try (NbdDisk open = source.apply(disk.target())) {
                    needed += open.dataBytes();
                }
            }
        }
        if (needed > free) {
            throw new BackupException("the disks have about " + (needed >> 20) + " MiB to copy, and the file system of "
                    + attempt.store().folder() + " has room for " + (free >> 20)
                    + " MiB: 'virtwire prune' makes room, or --compress needs less of it");
        }
    }
}
