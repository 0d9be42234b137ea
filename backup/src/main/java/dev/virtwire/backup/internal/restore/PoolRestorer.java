// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.restore.HostDefinition.await;
import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.DomainDefinition;
import dev.virtwire.backup.ImageFormat;
import dev.virtwire.backup.Point;
import dev.virtwire.backup.Progress;
import dev.virtwire.backup.ProgressListener;
import dev.virtwire.backup.internal.ProgressMeter;
import dev.virtwire.backup.internal.RateLimit;
import dev.virtwire.backup.internal.Workers;
import dev.virtwire.backup.internal.repository.DomainStore;
import dev.virtwire.backup.internal.verify.DiskChain;
import dev.virtwire.backup.internal.verify.SmallFiles;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.backup.manifest.PointFile;
import dev.virtwire.backup.pool.PoolRestore;
import dev.virtwire.backup.pool.PoolRestoreResult;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.StorageVolType;
import dev.virtwire.protocol.remote.StorageVolUploadFlags;
import dev.virtwire.protocol.stream.WritableStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Restores a point into volumes of a storage pool, by upload streams. Volumes are made for it, and deleted again where
 * anything fails; the domain is defined last.
 */
public final class PoolRestorer {
    private final DomainStore domain;
    private final PoolRestore request;
    private final Point point;
    private final @Nullable HostDefinition definition;
    private final List<StorageVolume> made = new ArrayList<>();
    private final List<String> notices = new ArrayList<>();
    private boolean devices;

    /** Restores what {@code request} says out of {@code domain}. */
    public PoolRestorer(DomainStore domain, PoolRestore request) {
        this.domain = domain;
        this.request = request;
        // Read again: whoever asks may have held on to it for long.
        this.point = domain.point(request.point().id());
        this.definition = request.define()
                ? new HostDefinition(
                        new DomainDefinition(request.libvirt(), request.name()),
                        point.manifest().domain(),
                        request.replace())
                : null;
    }

    /** Restores; see {@link dev.virtwire.backup.Repository#restore(PoolRestore, ProgressListener)}. */
    public PoolRestoreResult run(ProgressListener listener) {
        long begin = System.nanoTime();
        List<ManifestDisk> disks = ChosenDisks.of(point.manifest(), request.disks());
        ProgressMeter meter = new ProgressMeter(
                listener,
                disks.size(),
                disks.stream().mapToLong(ManifestDisk::virtualSize).sum());
        if (definition != null) {
            definition.requirePossible();
        }
        // A stream has an order, and so one thread reads for it.
        try (Workers workers = new Workers("restore", new RateLimit(request.bytesPerSecond()), 1)) {
            StoragePool pool = pool();
            meter.phase(Progress.Phase.COPYING);
            Map<String, Path> places = new LinkedHashMap<>();
            for (ManifestDisk disk : disks) {
                meter.disk(disk.target());
                places.put(disk.target(), restore(disk, pool, workers, meter));
                meter.diskDone();
            }
            Path nvram = nvram(pool);
            Workers.refuseInterrupted();
            meter.phase(Progress.Phase.COMMITTING);
            if (definition != null) {
                definition.define(xml(definition, places, nvram));
            }
        } catch (IOException | RuntimeException | Error e) {
            throw cleanUp(e);
        }
        meter.phase(Progress.Phase.DONE);
        return new PoolRestoreResult(
                made,
                meter.movedBytes(),
                Duration.ofNanos(System.nanoTime() - begin),
                definition == null ? null : definition.identity(),
                notices);
    }

    private StoragePool pool() {
        try {
            return await(request.libvirt().storage().pool(request.pool()));
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_STORAGE_POOL)) {
                throw new BackupException(
                        "there is no storage pool '" + request.pool() + "' on "
                                + request.libvirt().uri().where(),
                        e);
            }
            throw e;
        }
    }

    private Path restore(ManifestDisk disk, StoragePool pool, Workers workers, ProgressMeter meter) throws IOException {
        StorageVolume volume = create(pool, disk.target() + ".raw", disk.virtualSize());
        try (DiskChain chain = DiskChain.open(domain, point, disk);
                VolumeWriter writer = writer(volume, disk.virtualSize())) {
            DiskRestore.run(chain, writer, workers, meter);
            writer.finish();
        }
        return Path.of(await(volume.path()));
    }

    /** The restored UEFI variables, or null where the point has none. */
    private @Nullable Path nvram(StoragePool pool) throws IOException {
        PointFile stored = point.manifest().file(PointFile.NVRAM);
        if (stored == null) {
            return null;
        }
        SmallFiles.require(point.folder(), stored);
        byte[] content = Files.readAllBytes(point.folder().resolve(stored.file()));
        StorageVolume volume = create(pool, "nvram.fd", content.length);
        try (VolumeWriter writer = writer(volume, content.length)) {
            writer.write(0, ByteBuffer.wrap(content));
            writer.finish();
        }
        return Path.of(await(volume.path()));
    }

    private StorageVolume create(StoragePool pool, String what, long size) {
        String owner = request.name() == null ? point.manifest().domain().name() : request.name();
        String name = owner + "-" + what;
        try {
            StorageVolume volume = await(pool.createVolume(("<volume><name>%s</name><capacity>%d</capacity>"
                            + "<allocation>0</allocation><target><format type='raw'/></target></volume>")
                    .formatted(name.replace("&", "&amp;").replace("<", "&lt;"), size)));
            made.add(volume);
            return volume;
        } catch (RemoteException e) {
            throw new BackupException(
                    "cannot make volume %s of %d bytes in storage pool %s on %s: %s"
                            .formatted(
                                    name,
                                    size,
                                    pool.name(),
                                    request.libvirt().uri().where(),
                                    e.getMessage()),
                    e);
        }
    }

    /** A new file is zeros where nothing is written; a device is what its last owner left. */
    private VolumeWriter writer(StorageVolume volume, long size) {
        StorageVolType type = await(volume.info()).type().orElse(null);
        boolean file = type == StorageVolType.FILE;
        devices = type == StorageVolType.BLOCK;
        if (definition != null && !file && !devices) {
            throw new BackupException("storage pool " + volume.poolName()
                    + " has neither files nor devices that a domain can be defined with: restore without defining it");
        }
        WritableStream stream = await(
                file ? volume.openUpload(0, size, StorageVolUploadFlags.SPARSE_STREAM) : volume.openUpload(0, size));
        return new VolumeWriter(stream, size, file);
    }

    private String xml(HostDefinition asked, Map<String, Path> places, @Nullable Path nvram) throws IOException {
        // Whoever reads a manifest makes sure that it has this role.
        PointFile description = requireNonNull(point.manifest().file(PointFile.DOMAIN));
        Path saved = point.folder().resolve(description.file());
        SmallFiles.require(point.folder(), description);
        DomainRewriter rewriter = new DomainRewriter(saved, Files.readAllBytes(saved), request.name());
        if (devices) {
            rewriter.withDevices();
        }
        String xml = rewriter.rewrite(asked.identity().uuid(), places, ImageFormat.RAW, nvram);
        notices.addAll(rewriter.notices());
        return xml;
    }

    private BackupException cleanUp(Throwable e) {
        // A thread that is interrupted could not wait for the host.
        boolean interrupted = Thread.interrupted();
        String where = "storage pool " + request.pool();
        BackupException failure;
        if (interrupted) {
            failure = new BackupCancelledException("the restore to " + where + " was interrupted", e);
        } else {
            failure = e instanceof BackupException known
                    ? known
                    : new BackupException("cannot restore to " + where + ": " + Restorer.reason(e), e);
        }
        if (definition != null) {
            definition.undo(failure);
        }
        for (StorageVolume volume : made) {
            try {
                await(volume.delete());
            } catch (LibvirtException left) {
                failure.addSuppressed(
                        new BackupException("left behind: volume " + volume + ": " + left.getMessage(), left));
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }
}
