// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.Amounts;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.job.ChosenDisk;
import dev.virtwire.backup.internal.job.ScratchGuard;
import dev.virtwire.backup.internal.job.TransferPlan;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether what a guest overwrites during its backup has room. */
record ScratchCheck(Questions questions, HostFacts facts, BackupRequest backup, HostRooms rooms) {
    /** A guest rarely overwrites more of its disks than that part in the time of a backup. */
    private static final int LIKELY = 10;

    /**
     * How much may be overwritten.
     *
     * @param bytes of the disks whose size is known
     * @param unknown how many more disks there are
     */
    record Need(long bytes, int unknown) {
        Need plus(Need other) {
            return new Need(bytes + other.bytes, unknown + other.unknown);
        }
    }

    /** Asks for each folder that scratch files would lie in; {@code sizes} are of the disks, 0 if nobody knows. */
    void ask(Map<ChosenDisk, Long> sizes) {
        String name = facts.identity().name();
        if (facts.isOff()) {
            questions.add(
                    name,
                    "scratch room",
                    Answer.note("it is off, so nothing is overwritten during a backup: ask again when it runs", null));
            return;
        }
        Map<String, Need> folders = new TreeMap<>();
        sizes.forEach((disk, size) ->
                folders.merge(TransferPlan.scratchFolder(backup, disk), new Need(size, size == 0 ? 1 : 0), Need::plus));
        folders.keySet()
                .forEach(folder -> questions.ask(
                        name, "scratch room", () -> answer(folder, together(folder, folders), rooms.of(folder))));
    }

    /** What a folder needs, and each other folder on the same file system as far as that can be seen from here. */
    private Need together(String folder, Map<String, Need> folders) throws IOException {
        return facts.isHere() ? sharing(folder, folders) : folders.getOrDefault(folder, new Need(0, 0));
    }

    static Need sharing(String folder, Map<String, Need> folders) throws IOException {
        FileStore files = store(folder);
        Need all = new Need(0, 0);
        for (Map.Entry<String, Need> other : folders.entrySet()) {
            if (other.getKey().equals(folder) || (files != null && files.equals(store(other.getKey())))) {
                all = all.plus(other.getValue());
            }
        }
        return all;
    }

    private static @Nullable FileStore store(String folder) throws IOException {
        return Files.isDirectory(Path.of(folder)) ? Files.getFileStore(Path.of(folder)) : null;
    }

    static Answer answer(String folder, Need need, HostRooms.@Nullable Room room) {
        if (room == null) {
            return Answer.note(
                    "no storage pool of the host tells how much room " + folder
                            + " has: the backup asks for it when it begins",
                    "limit the scratch files by --scratch-limit if the room is scarce");
        }
        long free = room.free();
        long size = need.bytes();
        String found = folder + " has " + Amounts.bytes(free) + " free"
                + (room.measured() ? "" : " as libvirt knew it when its pool was refreshed last")
                + ", and the disks that write there have " + Amounts.bytes(size)
                + (need.unknown() == 0
                        ? ", which is the most that scratch files can need"
                        : ", beside " + Amounts.count(need.unknown(), "disk") + " whose size nobody knows");
        long usable = free - ScratchGuard.Room.reserve(free);
        if (usable >= size) {
            return need.unknown() == 0 ? Answer.ok(found) : Answer.note(found, null);
        }
        String ends =
                ": a guest that overwrites more than " + Amounts.bytes(usable) + " meanwhile has its backup ended";
        String remedy = "make room there, or name a folder with more of it by --scratch";
        if (usable <= 0) {
            return room.measured()
                    ? Answer.fails(folder + " of the host is full", remedy)
                    : Answer.warning(folder + " of the host was full when its pool was refreshed last", remedy);
        }
        return usable >= size / LIKELY ? Answer.note(found + ends, null) : Answer.warning(found + ends, remedy);
    }
}
