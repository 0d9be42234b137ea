// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.backup.internal.host.HostFiles;
import dev.virtwire.client.Libvirt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** How much room folders of a host have. Each is asked for once, however many guests have disks there. */
final class HostRooms {
    private final Libvirt libvirt;
    private final Map<String, Optional<Room>> known = new ConcurrentHashMap<>();

    HostRooms(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /**
     * How much room there is.
     *
     * @param measured whether it was measured now, and is not what libvirt knows of a pool from earlier
     */
    record Room(long free, boolean measured) {}

    /** Null if nobody can tell without a change of the host. */
    @Nullable
    Room of(String folder) throws IOException {
        Optional<Room> room = known.get(folder);
        if (room == null) {
            room = Optional.ofNullable(ask(folder));
            known.put(folder, room);
        }
        return room.orElse(null);
    }

    private @Nullable Room ask(String folder) throws IOException {
        if (HostFacts.isHere(libvirt) && Files.isDirectory(Path.of(folder))) {
            return new Room(Files.getFileStore(Path.of(folder)).getUsableSpace(), true);
        }
        Long available = HostFiles.availableIfPool(libvirt, folder);
        return available == null ? null : new Room(available, false);
    }
}
