// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.protocol.remote.StoragePoolCalls;
import dev.virtwire.client.protocol.remote.StorageVolCalls;
import dev.virtwire.client.protocol.remote.StorageVolDeleteFlags;
import dev.virtwire.client.protocol.remote.StorageVolGetPathResult;
import dev.virtwire.client.protocol.remote.StorageVolGetXmlDescResult;
import dev.virtwire.client.protocol.remote.StorageVolInfoFlags;
import dev.virtwire.client.protocol.remote.StorageVolRef;
import dev.virtwire.client.protocol.remote.StorageVolResizeFlags;
import dev.virtwire.client.protocol.remote.StorageVolWipeAlgorithm;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A storage volume, a disk in a pool. Volumes have no UUID; their identity is the key, which is unique on the host: two of
 * these are equal where connection and key are. The object holds no state of the volume; every call asks the server.
 *
 * @since 0.1
 */
public final class StorageVolume {
    private final Libvirt libvirt;
    private final StorageVolRef ref;

    private StorageVolume(Libvirt libvirt, StorageVolRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The volume that a reference of the protocol names, on this connection; nothing is asked. */
    public static StorageVolume of(Libvirt libvirt, StorageVolRef ref) {
        return new StorageVolume(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the volume in the protocol. */
    public StorageVolRef ref() {
        return ref;
    }

    /** The name, unique in the pool. */
    public String name() {
        return ref.name();
    }

    /** The key, unique on the host; often the path. */
    public String key() {
        return ref.key();
    }

    /** The name of the pool. */
    public String poolName() {
        return ref.pool();
    }

    /** The pool ({@code virStoragePoolLookupByVolume}). */
    public CompletableFuture<StoragePool> pool() {
        return new StoragePoolCalls(libvirt)
                .storagePoolLookupByVolume(ref)
                .thenApply(result -> StoragePool.of(libvirt, result.pool()));
    }

    /** Where it is on the host ({@code virStorageVolGetPath}). */
    public CompletableFuture<String> path() {
        return calls().storageVolGetPath(ref).thenApply(StorageVolGetPathResult::name);
    }

    /** The description, as XML ({@code virStorageVolGetXMLDesc}). */
    public CompletableFuture<String> xml() {
        return calls().storageVolGetXmlDesc(ref, 0).thenApply(StorageVolGetXmlDescResult::xml);
    }

    /** Type and size ({@code virStorageVolGetInfo}). */
    public CompletableFuture<StorageVolumeInfo> info() {
        return calls().storageVolGetInfo(ref)
                .thenApply(info -> new StorageVolumeInfo(info.type(), info.capacity(), info.allocation()));
    }

    /**
     * Type and size ({@code virStorageVolGetInfoFlags}), with {@link StorageVolInfoFlags#GET_PHYSICAL} the length of the
     * file or device in place of the allocation.
     */
    public CompletableFuture<StorageVolumeInfo> info(Set<StorageVolInfoFlags> flags) {
        return calls().storageVolGetInfoFlags(ref, flags)
                .thenApply(info -> new StorageVolumeInfo(info.type(), info.capacity(), info.allocation()));
    }

    /** Deletes the volume ({@code virStorageVolDelete}), for ever. */
    public CompletableFuture<Void> delete(StorageVolDeleteFlags... flags) {
        return calls().storageVolDelete(ref, Set.of(flags));
    }

    /** Overwrites its contents with zeros ({@code virStorageVolWipe}). It takes as long as writing all of it does. */
    public CompletableFuture<Void> wipe() {
        return calls().storageVolWipe(ref, 0);
    }

    /** Overwrites its contents by a recipe ({@code virStorageVolWipePattern}). */
    public CompletableFuture<Void> wipe(StorageVolWipeAlgorithm algorithm) {
        return calls().storageVolWipePattern(ref, algorithm.value(), 0);
    }

    /**
     * Changes its capacity ({@code virStorageVolResize}). Without {@link StorageVolResizeFlags#SHRINK} it can only grow.
     *
     * @param capacity bytes; with {@link StorageVolResizeFlags#DELTA} by so many
     */
    public CompletableFuture<Void> resize(long capacity, StorageVolResizeFlags... flags) {
        return calls().storageVolResize(ref, capacity, Set.of(flags));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StorageVolume volume
                && volume.libvirt == libvirt
                && volume.key().equals(key());
    }

    @Override
    public int hashCode() {
        return key().hashCode();
    }

    /** Name and pool. */
    @Override
    public String toString() {
        return name() + " in " + poolName();
    }

    private StorageVolCalls calls() {
        return new StorageVolCalls(libvirt);
    }
}
