// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.storage;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.internal.access.LibvirtAccess;
import dev.virtwire.client.internal.stream.FileDownload;
import dev.virtwire.client.internal.stream.FileUpload;
import dev.virtwire.client.internal.stream.StreamWork;
import dev.virtwire.protocol.remote.StoragePoolCalls;
import dev.virtwire.protocol.remote.StorageVolCalls;
import dev.virtwire.protocol.remote.StorageVolDeleteFlags;
import dev.virtwire.protocol.remote.StorageVolDownloadArgs;
import dev.virtwire.protocol.remote.StorageVolDownloadFlags;
import dev.virtwire.protocol.remote.StorageVolGetPathResult;
import dev.virtwire.protocol.remote.StorageVolGetXmlDescResult;
import dev.virtwire.protocol.remote.StorageVolInfoFlags;
import dev.virtwire.protocol.remote.StorageVolProcedures;
import dev.virtwire.protocol.remote.StorageVolRef;
import dev.virtwire.protocol.remote.StorageVolResizeFlags;
import dev.virtwire.protocol.remote.StorageVolUploadArgs;
import dev.virtwire.protocol.remote.StorageVolUploadFlags;
import dev.virtwire.protocol.remote.StorageVolWipeAlgorithm;
import dev.virtwire.protocol.stream.ReadableStream;
import dev.virtwire.protocol.stream.WritableStream;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A storage volume, a disk in a pool. Volumes have no UUID; their identity is the key, which is unique on the host: two
 * of these are equal if connection and key are. The object holds no state of the volume; every call asks the server.
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

    /** Its path on the host ({@code virStorageVolGetPath}). */
    public CompletableFuture<String> path() {
        return calls().storageVolGetPath(ref).thenApply(StorageVolGetPathResult::name);
    }

    /** The description, as XML ({@code virStorageVolGetXMLDesc}). */
    public CompletableFuture<String> xml() {
        return calls().storageVolGetXmlDesc(ref).thenApply(StorageVolGetXmlDescResult::xml);
    }

    /** Type and size ({@code virStorageVolGetInfo}). */
    public CompletableFuture<StorageVolumeInfo> info() {
        return calls().storageVolGetInfo(ref)
                .thenApply(info -> new StorageVolumeInfo(info.type(), info.capacity(), info.allocation()));
    }

    /**
     * Type and size ({@code virStorageVolGetInfoFlags}), with {@link StorageVolInfoFlags#GET_PHYSICAL} the length of
     * the file or device in place of the allocation.
     */
    public CompletableFuture<StorageVolumeInfo> info(Set<StorageVolInfoFlags> flags) {
        return calls().storageVolGetInfoFlags(ref, flags)
                .thenApply(info -> new StorageVolumeInfo(info.type(), info.capacity(), info.allocation()));
    }

    /** As {@link #info(Set)}. */
    public CompletableFuture<StorageVolumeInfo> info(StorageVolInfoFlags... flags) {
        return info(Set.of(flags));
    }

    /** Deletes the volume ({@code virStorageVolDelete}) for good. */
    public CompletableFuture<Void> delete(StorageVolDeleteFlags... flags) {
        return calls().storageVolDelete(ref, Set.of(flags));
    }

    /** Overwrites its contents with zeros ({@code virStorageVolWipe}). It takes as long as writing all of it does. */
    public CompletableFuture<Void> wipe() {
        return calls().storageVolWipe(ref);
    }

    /** Overwrites its contents by a recipe ({@code virStorageVolWipePattern}). */
    public CompletableFuture<Void> wipe(StorageVolWipeAlgorithm algorithm) {
        return calls().storageVolWipePattern(ref, algorithm);
    }

    /**
     * Changes its capacity ({@code virStorageVolResize}). Without {@link StorageVolResizeFlags#SHRINK} it can only
     * grow.
     *
     * @param capacity bytes; with {@link StorageVolResizeFlags#DELTA} by so many
     */
    public CompletableFuture<Void> resize(long capacity, StorageVolResizeFlags... flags) {
        return calls().storageVolResize(ref, capacity, Set.of(flags));
    }

    // ---- content

    /**
     * Opens a stream that writes to the volume ({@code virStorageVolUpload}), over a connection of its own. The content
     * is there when {@link WritableStream#finish()} has completed.
     *
     * @param offset where the first byte goes
     * @param length how many bytes will come at most; 0 for any number
     * @param flags {@link StorageVolUploadFlags#SPARSE_STREAM} allows holes: the volume keeps what it has there
     * @since 0.1
     */
    public CompletableFuture<WritableStream> openUpload(long offset, long length, StorageVolUploadFlags... flags) {
        return StreamWork.stream(LibvirtAccess.to(libvirt)
                .openApart(
                        StorageVolProcedures.STORAGE_VOL_UPLOAD,
                        new StorageVolUploadArgs(ref, offset, length, Set.of(flags))));
    }

    /**
     * Opens a stream that reads the volume ({@code virStorageVolDownload}), over a connection of its own.
     *
     * @param offset the first byte
     * @param length how many bytes; 0 for all that there are
     * @param flags {@link StorageVolDownloadFlags#SPARSE_STREAM} brings holes as holes
     * @since 0.1
     */
    public CompletableFuture<ReadableStream> openDownload(long offset, long length, StorageVolDownloadFlags... flags) {
        return StreamWork.stream(LibvirtAccess.to(libvirt)
                .openApart(
                        StorageVolProcedures.STORAGE_VOL_DOWNLOAD,
                        new StorageVolDownloadArgs(ref, offset, length, Set.of(flags))));
    }

    /**
     * Writes a file's content to the volume, from the file's beginning on. Cancelling it gives it up; what was sent
     * stays written.
     *
     * @return completes with the number of bytes, holes included, when the server has confirmed all of them; fails with
     *     an {@link java.io.IOException} if the file cannot be read
     * @since 0.1
     */
    public CompletableFuture<Long> upload(Path file, VolumeTransfer transfer) {
        StorageVolUploadFlags[] flags = transfer.sparse()
                ? new StorageVolUploadFlags[] {StorageVolUploadFlags.SPARSE_STREAM}
                : new StorageVolUploadFlags[0];
        return StreamWork.run(
                openUpload(transfer.offset(), transfer.length(), flags),
                LibvirtAccess.to(libvirt).newFuture(),
                new FileUpload(file, transfer.length(), transfer.sparse(), transfer.progress()));
    }

    /**
     * Writes the volume's content to a new file. It has another name until it is complete and on disk; if it fails
     * or is cancelled, nothing is left.
     *
     * @param file must not exist; its folder must
     * @return completes with the file's length; fails with an {@link java.io.IOException} if it cannot be written, a
     *     {@link java.nio.file.FileAlreadyExistsException} if it exists
     * @since 0.1
     */
    public CompletableFuture<Long> download(Path file, VolumeTransfer transfer) {
        StorageVolDownloadFlags[] flags = transfer.sparse()
                ? new StorageVolDownloadFlags[] {StorageVolDownloadFlags.SPARSE_STREAM}
                : new StorageVolDownloadFlags[0];
        return StreamWork.run(
                openDownload(transfer.offset(), transfer.length(), flags),
                LibvirtAccess.to(libvirt).newFuture(),
                new FileDownload(file, transfer.progress()));
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof StorageVolume volume
                && volume.libvirt.equals(libvirt)
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
