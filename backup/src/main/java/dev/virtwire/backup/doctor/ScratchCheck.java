// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.backup.internal.job.ChosenDisk;
import dev.virtwire.backup.internal.job.ScratchGuard;
import dev.virtwire.backup.internal.job.TransferPlan;
import dev.virtwire.client.RemoteException;
import dev.virtwire.protocol.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether what a guest overwrites during its backup has room. */
record ScratchCheck(Questions questions, HostFacts facts, BackupRequest backup) {
    /** A guest rarely overwrites more of its disks than that part in the time of a backup. */
    private static final int LIKELY = 10;

    private static final long MUCH = 10L << 30;

    /** Asks for each folder that scratch files would lie in; {@code sizes} are of the disks, 0 if nobody knows. */
    void ask(Map<ChosenDisk, Long> sizes) {
        Map<String, Long> folders = new TreeMap<>();
        sizes.forEach((disk, size) -> folders.merge(TransferPlan.scratchFolder(backup, disk), size, Long::sum));
        folders.forEach((folder, size) ->
                questions.ask(facts.identity().name(), "scratch room", () -> answer(folder, size, free(folder))));
    }

    static Answer answer(String folder, long size, @Nullable Long free) {
        if (free == null) {
            return Answer.note(
                    "no storage pool of the host tells how much room " + folder
                            + " has: the backup asks for it when it begins",
                    "limit the scratch files by --scratch-limit if the room is scarce");
        }
        String found = folder + " has " + size(free) + " free, and the disks have " + size(size)
                + ", which is the most that scratch files can need";
        long usable = free - ScratchGuard.Room.reserve(free);
        if (usable >= size) {
            return Answer.ok(found);
        }
        String ends = ": a guest that overwrites more than " + size(usable) + " meanwhile has its backup ended";
        String remedy = "make room there, or name a folder with more of it by --scratch";
        if (usable <= 0) {
            return Answer.fails(folder + " of the host is full", remedy);
        }
        return usable >= size / LIKELY ? Answer.note(found + ends, null) : Answer.warning(found + ends, remedy);
    }

    /** Null if nobody can tell without a change of the host. */
    private @Nullable Long free(String folder) throws IOException {
        if (facts.isHere() && Files.isDirectory(Path.of(folder))) {
            return Files.getFileStore(Path.of(folder)).getUsableSpace();
        }
        try {
            return Waiting.await(
                            Waiting.await(facts.domain().libvirt().storage().poolAt(folder))
                                    .info())
                    .available();
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_STORAGE_POOL)) {
                return null;
            }
            throw e;
        }
    }

    /** Bytes, for a sentence. */
    static String size(long bytes) {
        if (bytes >= MUCH) {
            return (bytes >> 30) + " GiB";
        }
        return bytes == 0 || bytes >= 1 << 20 ? (bytes >> 20) + " MiB" : "less than 1 MiB";
    }
}
