// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.ConnectFindStoragePoolSourcesResult;
import dev.virtwire.protocol.remote.ConnectGetStoragePoolCapabilitiesResult;
import dev.virtwire.protocol.remote.ConnectListAllStoragePoolsFlags;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StoragePoolCreateFlags;
import dev.virtwire.protocol.remote.StoragePoolDefineFlags;
import dev.virtwire.protocol.remote.StorageVolCalls;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The storage of a host: its pools, and volumes by what is unique on the host. {@link Libvirt#storage()} gives it; it
 * holds no state.
 *
 * @since 0.1
 */
public final class Storage {
    private final Libvirt libvirt;

    private Storage(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /** The storage of this connection's host; nothing is asked. */
    public static Storage of(Libvirt libvirt) {
        return new Storage(libvirt);
    }

    /**
     * The pools of these kinds ({@code virConnectListAllStoragePools}); no kind of a group stands for all of it, and no
     * kind at all for every pool, active or not.
     */
    public CompletableFuture<List<StoragePool>> pools(ConnectListAllStoragePoolsFlags... kinds) {
        return poolCalls()
                .connectListAllStoragePools(1, Set.of(kinds))
                .thenApply(result -> result.pools().stream()
                        .map(found -> StoragePool.of(libvirt, found))
                        .toList());
    }

    /**
     * The pool of that name ({@code virStoragePoolLookupByName}); fails with {@link ErrorCode#NO_STORAGE_POOL} if
     * the host has no such pool.
     */
    public CompletableFuture<StoragePool> pool(String name) {
        return poolCalls().storagePoolLookupByName(name).thenApply(result -> StoragePool.of(libvirt, result.pool()));
    }

    /**
     * The pool of that UUID ({@code virStoragePoolLookupByUUID}); fails with {@link ErrorCode#NO_STORAGE_POOL} if
     * the host has no such pool.
     */
    public CompletableFuture<StoragePool> pool(UUID uuid) {
        return poolCalls().storagePoolLookupByUuid(uuid).thenApply(result -> StoragePool.of(libvirt, result.pool()));
    }

    /**
     * The pool whose target is that path of the host ({@code virStoragePoolLookupByTargetPath}); fails with
     * {@link ErrorCode#NO_STORAGE_POOL} if the host has no such pool.
     */
    public CompletableFuture<StoragePool> poolAt(String targetPath) {
        return poolCalls()
                .storagePoolLookupByTargetPath(targetPath)
                .thenApply(result -> StoragePool.of(libvirt, result.pool()));
    }

    /** Defines a pool, or redefines it ({@code virStoragePoolDefineXML}); {@link StoragePool#start} starts it. */
    public CompletableFuture<StoragePool> definePool(String xml, StoragePoolDefineFlags... flags) {
        return poolCalls()
                .storagePoolDefineXml(xml, Set.of(flags))
                .thenApply(result -> StoragePool.of(libvirt, result.pool()));
    }

    /** Starts a pool that is gone when it ends ({@code virStoragePoolCreateXML}). */
    public CompletableFuture<StoragePool> createPool(String xml, StoragePoolCreateFlags... flags) {
        return poolCalls()
                .storagePoolCreateXml(xml, Set.of(flags))
                .thenApply(result -> StoragePool.of(libvirt, result.pool()));
    }

    /**
     * What could become a pool of this type, as XML ({@code virConnectFindStoragePoolSources}).
     *
     * @param type such as {@code logical}
     * @param sourceSpec where to look, as XML, if the type needs that; or null
     */
    public CompletableFuture<String> findPoolSources(String type, @Nullable String sourceSpec) {
        return poolCalls()
                .connectFindStoragePoolSources(type, sourceSpec)
                .thenApply(ConnectFindStoragePoolSourcesResult::xml);
    }

    /** Which types of pools the host can have, as XML ({@code virConnectGetStoragePoolCapabilities}). */
    public CompletableFuture<String> poolCapabilities() {
        return poolCalls()
                .connectGetStoragePoolCapabilities()
                .thenApply(ConnectGetStoragePoolCapabilitiesResult::capabilities);
    }

    /**
     * The volume of that key, which is unique on the host ({@code virStorageVolLookupByKey}); fails with
     * {@link ErrorCode#NO_STORAGE_VOL} if the host has no such volume.
     */
    public CompletableFuture<StorageVolume> volumeByKey(String key) {
        return volumeCalls().storageVolLookupByKey(key).thenApply(result -> StorageVolume.of(libvirt, result.volume()));
    }

    /**
     * The volume at that path of the host ({@code virStorageVolLookupByPath}); fails with {@link
     * ErrorCode#NO_STORAGE_VOL} if the host has no such volume.
     */
    public CompletableFuture<StorageVolume> volumeByPath(String path) {
        return volumeCalls()
                .storageVolLookupByPath(path)
                .thenApply(result -> StorageVolume.of(libvirt, result.volume()));
    }

    private StoragePoolCalls poolCalls() {
        return new StoragePoolCalls(libvirt);
    }

    private StorageVolCalls volumeCalls() {
        return new StorageVolCalls(libvirt);
    }
}
