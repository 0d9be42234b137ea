// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import dev.virtwire.client.Libvirt;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.StoragePoolBuildFlags;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StoragePoolCreateFlags;
import dev.virtwire.protocol.remote.StoragePoolDeleteFlags;
import dev.virtwire.protocol.remote.StoragePoolGetXmlDescResult;
import dev.virtwire.protocol.remote.StoragePoolRef;
import dev.virtwire.protocol.remote.StorageVolCalls;
import dev.virtwire.protocol.remote.StorageVolCreateFlags;
import dev.virtwire.protocol.remote.StorageXmlFlags;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A storage pool, a place of volumes. Its identity is its UUID: two of these are equal if connection and UUID are.
 * The object holds no state of the pool; every call asks the server.
 *
 * @since 0.1
 */
public final class StoragePool {
    private final Libvirt libvirt;
    private final StoragePoolRef ref;

    private StoragePool(Libvirt libvirt, StoragePoolRef ref) {
        this.libvirt = libvirt;
        this.ref = ref;
    }

    /** The pool that a reference of the protocol names, on this connection; nothing is asked. */
    public static StoragePool of(Libvirt libvirt, StoragePoolRef ref) {
        return new StoragePool(libvirt, ref);
    }

    /** The connection. */
    public Libvirt libvirt() {
        return libvirt;
    }

    /** The reference that names the pool in the protocol. */
    public StoragePoolRef ref() {
        return ref;
    }

    /** The name. */
    public String name() {
        return ref.name();
    }

    /** The UUID. */
    public UUID uuid() {
        return ref.uuid();
    }

    /**
     * The configuration, as XML ({@code virStoragePoolGetXMLDesc}): of the active pool, or with
     * {@link StorageXmlFlags#INACTIVE} as it will be at the next start.
     */
    public CompletableFuture<String> xml(StorageXmlFlags... flags) {
        return calls().storagePoolGetXmlDesc(ref, Set.of(flags)).thenApply(StoragePoolGetXmlDescResult::xml);
    }

    /** State and room ({@code virStoragePoolGetInfo}). */
    public CompletableFuture<StoragePoolInfo> info() {
        return calls().storagePoolGetInfo(ref)
                .thenApply(info ->
                        new StoragePoolInfo(info.state(), info.capacity(), info.allocation(), info.available()));
    }

    /** Whether the pool is started ({@code virStoragePoolIsActive}). */
    public CompletableFuture<Boolean> isActive() {
        return calls().storagePoolIsActive(ref).thenApply(result -> result.active() != 0);
    }

    /** Whether the pool has a stored configuration ({@code virStoragePoolIsPersistent}). */
    public CompletableFuture<Boolean> isPersistent() {
        return calls().storagePoolIsPersistent(ref).thenApply(result -> result.persistent() != 0);
    }

    /** Whether the pool is started with the daemon ({@code virStoragePoolGetAutostart}). */
    public CompletableFuture<Boolean> autostart() {
        return calls().storagePoolGetAutostart(ref).thenApply(result -> result.autostart() != 0);
    }

    /** Says whether the pool is started with the daemon ({@code virStoragePoolSetAutostart}). */
    public CompletableFuture<Void> setAutostart(boolean autostart) {
        return calls().storagePoolSetAutostart(ref, autostart ? 1 : 0);
    }

    /** Makes what lies beneath an inactive pool, such as its folder ({@code virStoragePoolBuild}). */
    public CompletableFuture<Void> build(StoragePoolBuildFlags... flags) {
        return calls().storagePoolBuild(ref, Set.of(flags));
    }

    /** Starts a defined pool ({@code virStoragePoolCreate}). */
    public CompletableFuture<Void> start(StoragePoolCreateFlags... flags) {
        return calls().storagePoolCreate(ref, Set.of(flags));
    }

    /** Looks for volumes that came or went behind libvirt's back ({@code virStoragePoolRefresh}). */
    public CompletableFuture<Void> refresh() {
        return calls().storagePoolRefresh(ref);
    }

    /** Stops the pool ({@code virStoragePoolDestroy}); its volumes stay. */
    public CompletableFuture<Void> destroy() {
        return calls().storagePoolDestroy(ref);
    }

    /** Removes what lies beneath an inactive pool ({@code virStoragePoolDelete}) for good. */
    public CompletableFuture<Void> delete(StoragePoolDeleteFlags... flags) {
        return calls().storagePoolDelete(ref, Set.of(flags));
    }

    /** Removes the stored configuration ({@code virStoragePoolUndefine}). */
    public CompletableFuture<Void> undefine() {
        return calls().storagePoolUndefine(ref);
    }

    /**
     * The volumes of the active pool ({@code virStoragePoolListAllVolumes}). A name that is not UTF-8 has U+FFFD for
     * what cannot be read, so such a volume is listed, but not found by its name.
     */
    public CompletableFuture<List<StorageVolume>> volumes() {
        return calls().storagePoolListAllVolumes(ref, 1)
                .thenApply(result -> result.volumes().stream()
                        .map(found -> StorageVolume.of(libvirt, found))
                        .toList());
    }

    /**
     * The volume of that name ({@code virStorageVolLookupByName}); fails with {@link ErrorCode#NO_STORAGE_VOL} if
     * the pool has no such volume.
     */
    public CompletableFuture<StorageVolume> volume(String name) {
        return volumeCalls()
                .storageVolLookupByName(ref, name)
                .thenApply(result -> StorageVolume.of(libvirt, result.volume()));
    }

    /** Makes a volume ({@code virStorageVolCreateXML}). */
    public CompletableFuture<StorageVolume> createVolume(String xml, StorageVolCreateFlags... flags) {
        return volumeCalls()
                .storageVolCreateXml(ref, xml, Set.of(flags))
                .thenApply(result -> StorageVolume.of(libvirt, result.volume()));
    }

    /**
     * Makes a volume with the contents of another ({@code virStorageVolCreateXMLFrom}).
     *
     * @param xml the volume to make
     * @param source what is copied, of this pool or another one
     */
    public CompletableFuture<StorageVolume> createVolumeFrom(
            String xml, StorageVolume source, StorageVolCreateFlags... flags) {
        return volumeCalls()
                .storageVolCreateXmlFrom(ref, xml, source.ref(), Set.of(flags))
                .thenApply(result -> StorageVolume.of(libvirt, result.volume()));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StoragePool pool
                && pool.libvirt.equals(libvirt)
                && pool.uuid().equals(uuid());
    }

    @Override
    public int hashCode() {
        return Objects.hash(uuid());
    }

    /** Name and UUID. */
    @Override
    public String toString() {
        return name() + " (" + uuid() + ")";
    }

    private StoragePoolCalls calls() {
        return new StoragePoolCalls(libvirt);
    }

    private StorageVolCalls volumeCalls() {
        return new StorageVolCalls(libvirt);
    }
}
