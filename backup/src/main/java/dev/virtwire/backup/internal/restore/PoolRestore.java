// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.restore.HostDefinition.await;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.backup.internal.restore.DomainRewriter.Restored;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.client.xml.XmlWriter;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.StorageVolType;
import dev.virtwire.protocol.remote.StorageVolUploadFlags;
import dev.virtwire.protocol.stream.WritableStream;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.restore.ChosenDisks;
import dev.virtwire.repository.internal.restore.DiskRestore;
import dev.virtwire.repository.internal.restore.Losses;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Restores a point into volumes of a storage pool, by upload streams. Volumes are made for it, and deleted again if
 * anything fails; the domain is defined last.
 */
final class PoolRestore {
    private final Libvirt libvirt;
    private final DomainStore domain;
    private final HostRestoreRequest request;
    private final RestoreTarget.Pool target;
    private final ProgressListener listener;
    private final Point point;
    private final @Nullable HostDefinition definition;
    private final List<StorageVolume> made = new ArrayList<>();
    private final List<Notice> notices = new ArrayList<>();
    private final List<Finding> damage = new ArrayList<>();
    private final Losses losses;
    private boolean devices;
    /** What the host was asked to make and gave no answer for, or null. */
    private @Nullable String unanswered;

    PoolRestore(
            Libvirt libvirt,
            DomainStore domain,
            HostRestoreRequest request,
            RestoreTarget.Pool target,
            ProgressListener listener) {
        this.libvirt = libvirt;
        this.domain = domain;
        this.request = request;
        this.target = target;
        this.listener = listener;
        this.losses = new Losses(domain, request.salvage());
        // Read again: whoever asks may have held on to it for long.
        this.point = domain.ownPoint(request.point().id());
        this.definition = request.define() ? new HostDefinition(libvirt, request, domain, point, damage) : null;
    }

    HostRestoreResult run() {
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
            DomainRewriter rewriter = definition == null ? null : HostRestore.rewriter(domain, point, request, damage);
            StoragePool pool = pool();
            meter.phase(Progress.Phase.COPYING);
            Map<String, Path> places = new LinkedHashMap<>();
            for (ManifestDisk disk : disks) {
                meter.disk(disk.target());
                places.put(disk.target(), restore(disk, pool, workers, meter));
                meter.diskDone();
            }
            Path nvram = send(point.manifest().file(PointFile.NVRAM), pool);
            Map<String, Path> media = media(pool);
            if (target.format() == ImageFormat.QCOW2) {
                refresh(pool);
            }
            Workers.refuseInterrupted();
            meter.phase(Progress.Phase.COMMITTING);
            if (definition != null && rewriter != null) {
                Restored restored = new Restored(places, target.format(), nvram, media, definition.hasTpmState());
                if (devices) {
                    rewriter.withDevices(restored.targets());
                }
                definition.define(rewriter.rewrite(definition.identity().uuid(), restored), restored.targets());
                definition.settle();
                notices.addAll(rewriter.notices());
            }
        } catch (IOException | RuntimeException | Error e) {
            throw cleanUp(e);
        }
        if (definition != null) {
            definition.finish();
            notices.addAll(definition.notices());
        }
        meter.phase(Progress.Phase.DONE);
        notices.addAll(ChosenDisks.notices(disks));
        notices.addAll(losses.notices());
        damage.addAll(losses.damage());
        return new HostRestoreResult(
                List.of(),
                made,
                meter.movedBytes(),
                Duration.ofNanos(System.nanoTime() - begin),
                definition == null ? null : definition.identity(),
                losses.lost(),
                damage,
                notices.stream().distinct().toList());
    }

    private StoragePool pool() {
        try {
            return await(libvirt.storage().pool(target.name()));
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_STORAGE_POOL)) {
                throw new BackupException(
                        "there is no storage pool '" + target.name() + "' on "
                                + libvirt.uri().where(),
                        e);
            }
            throw e;
        }
    }

    private Path restore(ManifestDisk disk, StoragePool pool, Workers workers, ProgressMeter meter) throws IOException {
        long size = disk.virtualSize();
        boolean qcow2 = target.format() == ImageFormat.QCOW2;
        // As a raw volume: one that the host makes as qcow2 has a header of its own, and a size that we do not know.
        StorageVolume volume = create(
                pool, disk.target() + "." + target.format(), qcow2 ? Qcow2VolumeTarget.lengthWithoutData(size) : size);
        try (TargetDisk writer = qcow2 ? qcow2Writer(volume, size) : writer(volume, size)) {
            DiskRestore.run(domain, point, disk, writer, workers, meter, losses);
            writer.finish();
        }
        return Path.of(await(volume.path()));
    }

    /** Only then the pool knows what it has. Complete disks are worth more, and it refuses while it has other work. */
    private void refresh(StoragePool pool) {
        try {
            await(pool.refresh());
        } catch (RemoteException e) {
            notices.add(Notice.warning("storage pool " + pool.name() + " does not know the size of its new volumes:"
                    + " refresh it (virsh pool-refresh): " + e.getMessage()));
        }
    }

    private Qcow2VolumeTarget qcow2Writer(StorageVolume volume, long size) {
        if (await(volume.info()).type().orElse(null) != StorageVolType.FILE) {
            throw new BackupException("storage pool " + volume.poolName()
                    + " has no files, and its volumes cannot be qcow2: leave out the format");
        }
        return Qcow2VolumeTarget.open(volume, size);
    }

    /** Where a small file of the point is restored to, or null if the point has none or it is left out. */
    private @Nullable Path send(@Nullable PointFile stored, StoragePool pool) throws IOException {
        if (stored == null) {
            return null;
        }
        byte[] content;
        try {
            content = SmallFiles.read(point.folder(), stored);
        } catch (DamagedException e) {
            losses.leftOut(point, stored.file(), e.findings());
            if (!request.salvage()) {
                throw e;
            }
            return null;
        }
        StorageVolume volume = create(pool, stored.file(), content.length);
        try (VolumeTarget writer = writer(volume, content.length)) {
            writer.write(0, ByteBuffer.wrap(content));
            writer.finish();
        }
        return Path.of(await(volume.path()));
    }

    private Map<String, Path> media(StoragePool pool) throws IOException {
        Map<String, Path> media = new LinkedHashMap<>();
        for (PointFile stored : point.manifest().files()) {
            String drive = stored.drive();
            Path place = drive == null ? null : sendMedium(drive, stored, pool);
            if (drive != null && place != null) {
                media.put(drive, place);
            }
        }
        return media;
    }

    /** The disks, which took hours, are worth more than a medium for which there is no room. */
    private @Nullable Path sendMedium(String drive, PointFile stored, StoragePool pool) throws IOException {
        int before = made.size();
        try {
            return send(stored, pool);
        } catch (BackupException | RemoteException e) {
            notices.add(Notice.warning("the medium of drive " + drive + " is not restored: " + e.getMessage()));
        }
        while (made.size() > before) {
            StorageVolume torn = made.remove(made.size() - 1);
            try {
                await(torn.delete());
            } catch (RemoteException e) {
                notices.add(Notice.warning("left behind: volume " + torn + ": " + e.getMessage()));
            }
        }
        return null;
    }

    private StorageVolume create(StoragePool pool, String what, long size) {
        String owner = request.name() == null ? point.manifest().domain().name() : request.name();
        String name = owner + "-" + what;
        try {
            StorageVolume volume = await(pool.createVolume(description(name, size)));
            made.add(volume);
            return volume;
        } catch (RemoteException e) {
            throw new BackupException(
                    "cannot make volume %s of %d bytes in storage pool %s on %s: %s"
                            .formatted(name, size, pool.name(), libvirt.uri().where(), e.getMessage()),
                    e);
        } catch (LibvirtException e) {
            unanswered = "volume " + name + " in storage pool " + pool.name();
            throw e;
        }
    }

    private static String description(String name, long size) {
        return XmlWriter.document(
                "volume",
                volume -> volume.textElement("name", name)
                        .textElement("capacity", String.valueOf(size))
                        .textElement("allocation", "0")
                        .element(
                                "target",
                                target -> target.element("format", format -> format.attribute("type", "raw"))));
    }

    /** A new file is zeros where nothing is written; a device is what its last owner left. */
    private VolumeTarget writer(StorageVolume volume, long size) {
        StorageVolType type = await(volume.info()).type().orElse(null);
        boolean file = type == StorageVolType.FILE;
        devices = type == StorageVolType.BLOCK;
        if (definition != null && !file && !devices) {
            throw new BackupException("storage pool " + volume.poolName()
                    + " has neither files nor devices that a domain can be defined with: restore without defining it");
        }
        WritableStream stream = await(
                file ? volume.openUpload(0, size, StorageVolUploadFlags.SPARSE_STREAM) : volume.openUpload(0, size));
        return new VolumeTarget(stream, size, file);
    }

    private RuntimeException cleanUp(Throwable e) {
        // A thread that is interrupted could not wait for the host.
        boolean interrupted = Thread.interrupted();
        RuntimeException failure = HostRestore.failure(e, domain, point, "storage pool " + target.name(), interrupted);
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
        if (unanswered != null) {
            // It is not deleted: somebody else may have had one of that name before.
            failure.addSuppressed(new BackupException("perhaps left behind: " + unanswered));
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }
}
