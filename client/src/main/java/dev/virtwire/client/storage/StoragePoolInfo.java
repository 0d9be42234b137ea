// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.protocol.remote.StoragePoolState;
import java.util.Optional;

/**
 * A pool's basic figures ({@code virStoragePoolInfo}); all but the state are 0 of one that is not active.
 *
 * @param stateNumber how it stands, as libvirt's number
 * @param capacity what it can hold, in bytes
 * @param allocation what is taken of that, in bytes
 * @param available what is free, in bytes
 * @since 0.1
 */
public record StoragePoolInfo(int stateNumber, long capacity, long allocation, long available) {
    /** How it stands; empty if a newer server has a state that this client does not know. */
    public Optional<StoragePoolState> state() {
        return StoragePoolState.of(stateNumber);
    }

    /** With the names of its numbers. */
    @Override
    public String toString() {
        return RecordText.of("StoragePoolInfo")
                .with("state", state(), stateNumber)
                .with("capacity", capacity)
                .with("allocation", allocation)
                .with("available", available)
                .toString();
    }
}
