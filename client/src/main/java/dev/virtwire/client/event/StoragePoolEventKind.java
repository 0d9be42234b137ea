// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.remote.StoragePoolEventId;
import dev.virtwire.protocol.remote.StoragePoolProcedures;
import java.util.List;

/**
 * A kind of event of storage pools, by libvirt's names ({@code VIR_STORAGE_POOL_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class StoragePoolEventKind<E extends StoragePoolEvent> extends EventKind<StoragePool, E> {
    /** A pool was defined, started, built and the like. */
    public static final StoragePoolEventKind<StoragePoolEvent.Lifecycle> LIFECYCLE = new StoragePoolEventKind<>(
            StoragePoolEventId.LIFECYCLE, StoragePoolProcedures.STORAGE_POOL_EVENT_LIFECYCLE);

    /** A pool's list of volumes was refreshed. */
    public static final StoragePoolEventKind<StoragePoolEvent.Refresh> REFRESH =
            new StoragePoolEventKind<>(StoragePoolEventId.REFRESH, StoragePoolProcedures.STORAGE_POOL_EVENT_REFRESH);

    private StoragePoolEventKind(StoragePoolEventId id, EventMessage<?> message) {
        super("pool-" + word(id), id.value(), message);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<StoragePoolEventKind<?>> all() {
        return List.of(LIFECYCLE, REFRESH);
    }
}
