// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.remote.StoragePoolEventType;
import java.util.Optional;

/**
 * Something that happened to a storage pool.
 *
 * @since 0.1
 */
public sealed interface StoragePoolEvent extends Event {
    /** The pool. */
    StoragePool pool();

    /**
     * A pool was defined, started, built and the like ({@code VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE}).
     *
     * @param typeNumber what happened
     * @param detail 0; libvirt has no others
     * @since 0.1
     */
    record Lifecycle(StoragePool pool, int typeNumber, int detail) implements StoragePoolEvent {
        /** What happened. */
        public Optional<StoragePoolEventType> type() {
            return StoragePoolEventType.of(typeNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("Lifecycle")
                    .with("pool", pool)
                    .with("type", type(), typeNumber)
                    .with("detail", detail)
                    .toString();
        }
    }

    /**
     * A pool's list of volumes was refreshed ({@code VIR_STORAGE_POOL_EVENT_ID_REFRESH}).
     *
     * @since 0.1
     */
    record Refresh(StoragePool pool) implements StoragePoolEvent {}
}
