// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.remote.ConnectStoragePoolEventDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectStoragePoolEventRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectStoragePoolEventRegisterAnyResult;
import dev.virtwire.protocol.remote.StoragePoolEventId;
import dev.virtwire.protocol.remote.StoragePoolEventLifecycleMessage;
import dev.virtwire.protocol.remote.StoragePoolEventRefreshMessage;
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
            StoragePoolEventId.LIFECYCLE,
            new Wire<>(
                    StoragePoolProcedures.STORAGE_POOL_EVENT_LIFECYCLE,
                    StoragePoolEventLifecycleMessage::callbackId,
                    (libvirt, body) -> new StoragePoolEvent.Lifecycle(
                            StoragePool.of(libvirt, body.pool()), body.event(), body.detail()),
                    registry(StoragePoolEventId.LIFECYCLE)));

    /** A pool's list of volumes was refreshed. */
    public static final StoragePoolEventKind<StoragePoolEvent.Refresh> REFRESH = new StoragePoolEventKind<>(
            StoragePoolEventId.REFRESH,
            new Wire<>(
                    StoragePoolProcedures.STORAGE_POOL_EVENT_REFRESH,
                    StoragePoolEventRefreshMessage::callbackId,
                    (libvirt, body) -> new StoragePoolEvent.Refresh(StoragePool.of(libvirt, body.pool())),
                    registry(StoragePoolEventId.REFRESH)));

    private StoragePoolEventKind(StoragePoolEventId id, Wire<StoragePool, ?, E> wire) {
        super("pool-" + word(id), wire);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<StoragePoolEventKind<?>> all() {
        return List.of(LIFECYCLE, REFRESH);
    }

    private static Registry<StoragePool> registry(StoragePoolEventId id) {
        return new Calls<>(
                StoragePoolProcedures.CONNECT_STORAGE_POOL_EVENT_REGISTER_ANY,
                of -> new ConnectStoragePoolEventRegisterAnyArgs(id.value(), of == null ? null : of.ref()),
                ConnectStoragePoolEventRegisterAnyResult::callbackId,
                StoragePoolProcedures.CONNECT_STORAGE_POOL_EVENT_DEREGISTER_ANY,
                ConnectStoragePoolEventDeregisterAnyArgs::new,
                StoragePool::uuid,
                "all storage pools",
                StoragePool::name);
    }
}
