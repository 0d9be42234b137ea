// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.Amounts;
import dev.virtwire.backup.internal.host.FileSystemType;
import dev.virtwire.backup.internal.source.NbdDisk;
import dev.virtwire.image.Compression;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.util.Map;
import java.util.function.Function;

/**
 * Refuses a copy that surely has no room, before hours have gone into it. How well data compresses, how many blocks of
 * a compared disk differ, and what another backup writes meanwhile, is not known before.
 *
 * @param attempt the backup
 */
record CopyRoom(Attempt attempt) {
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
                && !new FileSystemType(store.type()).mayCompress();
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
            throw new BackupException(
                    "the disks have about " + Amounts.mebibytes(needed) + " to copy, and the file system of "
                            + attempt.store().folder() + " has room for " + Amounts.mebibytes(free)
                            + ": 'virtwire prune' makes room, or --compress needs less of it");
        }
    }
}
