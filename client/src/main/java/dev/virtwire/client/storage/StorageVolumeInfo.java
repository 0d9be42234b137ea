// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.protocol.remote.StorageVolType;
import java.util.Optional;

/**
 * A volume's basic figures ({@code virStorageVolInfo}).
 *
 * @param typeNumber what it is, as libvirt's number
 * @param capacity what a guest can see of it, in bytes
 * @param allocation what it takes of its pool, in bytes
 * @since 0.1
 */
public record StorageVolumeInfo(int typeNumber, long capacity, long allocation) {
    /** What it is; empty if a newer server has a type that this client does not know. */
    public Optional<StorageVolType> type() {
        return StorageVolType.of(typeNumber);
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("StorageVolumeInfo")
                .with("type", type(), typeNumber)
                .with("capacity", capacity)
                .with("allocation", allocation)
                .toString();
    }
}
