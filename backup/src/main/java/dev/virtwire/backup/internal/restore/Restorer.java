// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.DomainDefinition;
import dev.virtwire.backup.ImageFormat;
import dev.virtwire.backup.Point;
import dev.virtwire.backup.Progress;
import dev.virtwire.backup.ProgressListener;
import dev.virtwire.backup.RestoreRequest;
import dev.virtwire.backup.RestoreResult;
import dev.virtwire.backup.internal.ProgressMeter;
import dev.virtwire.backup.internal.RateLimit;
import dev.virtwire.backup.internal.Workers;
import dev.virtwire.backup.internal.repository.DomainStore;
import dev.virtwire.backup.internal.repository.DurableFiles;
import dev.virtwire.backup.internal.repository.Problems;
import dev.virtwire.backup.internal.verify.BlockListener;
import dev.virtwire.backup.internal.verify.ContentCheck;
import dev.virtwire.backup.internal.verify.DiskChain;
import dev.virtwire.backup.internal.verify.DiskLayer;
import dev.virtwire.backup.internal.verify.Prefix;
import dev.virtwire.backup.internal.verify.SmallFiles;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.backup.manifest.PointFile;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageWriter;
import dev.virtwire.image.Qcow2Options;
import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.image.RawWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Restores a point to files, and defines its domain where that is asked for. First everything is made and durable under
 * temporary names; then the domain is defined, which is the last thing that is likely to fail; then the files get their
 * names.
 */
public final class Restorer {
    private final DomainStore domain;
    private final DurableFiles files;
    private final RestoreRequest request;
    private final Path destination;
    private final Point point;
    private final FileSet made;
    private final @Nullable HostDefinition definition;
    private final @Nullable String newName;
    private final List<String> notices = new ArrayList<>();

    /** Restores what {@code request} says out of {@code domain}, and defines it as {@code defined} says, if at all. */
    public Restorer(DomainStore domain, RestoreRequest request, @Nullable DomainDefinition defined) {
        this.domain = domain;
        this.files = domain.repository().files();
        this.request = request;
        this.destination = request.destination();
        // Read again: whoever asks may have held on to it for long.
        this.point = domain.point(request.point().id());
        this.made = new FileSet(files, request.replace());
        this.definition = defined == null
                ? null
                : new HostDefinition(defined, point.manifest().domain(), request.replace());
        this.newName = defined == null ? null : defined.name();
    }

    /** Restores; see {@link dev.virtwire.backup.Repository#restore}. */
    public RestoreResult run(ProgressListener listener) {
        long begin = System.nanoTime();
        Manifest manifest = point.manifest();
        List<ManifestDisk> disks = ChosenDisks.of(manifest, request.disks());
        long total = 0;
        for (ManifestDisk disk : disks) {
            total += request.chained() ? DiskChain.fileSizes(domain, point, disk) : disk.virtualSize();
        }
        ProgressMeter meter = new ProgressMeter(listener, disks.size(), total);
        if (definition != null) {
            definition.requireHere();
            definition.requirePossible();
        }
        try (Workers workers = new Workers("restore", new RateLimit(request.bytesPerSecond()))) {
            made.folder(destination, definition != null);
            disks.forEach(disk -> made.requireFree(image(disk)));
            wanted(manifest).forEach(file -> made.requireFree(destination.resolve(file.file())));
            meter.phase(Progress.Phase.COPYING);
            for (ManifestDisk disk : disks) {
                meter.disk(disk.target());
                restore(disk, workers, meter);
                meter.diskDone();
            }
            for (PointFile file : wanted(manifest)) {
                copy(file);
            }
            Workers.refuseInterrupted();
            meter.phase(Progress.Phase.COMMITTING);
            commit(disks);
        } catch (IOException | RuntimeException | Error e) {
            throw cleanUp(e);
        }
        meter.phase(Progress.Phase.DONE);
        return new RestoreResult(
                made.names(),
                meter.movedBytes(),
                Duration.ofNanos(System.nanoTime() - begin),
                definition == null ? null : definition.identity(),
                notices);
    }

    private BackupException cleanUp(Throwable e) {
        // A thread that is interrupted could not clean up: it cannot wait until a folder is on disk.
        boolean interrupted = Thread.interrupted();
        BackupException failure = failure(e, interrupted);
        if (definition != null) {
            definition.undo(failure);
        }
        made.remove(failure);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }

    private BackupException failure(Throwable e, boolean interrupted) {
        if (interrupted) {
            return new BackupCancelledException("the restore to " + destination + " was interrupted", e);
        }
        return e instanceof BackupException known
                ? known
                : new BackupException("cannot restore to " + destination + ": " + reason(e), e);
    }

    /** Why it failed, in words. */
    static String reason(Throwable e) {
        if (e instanceof IOException io) {
            return Problems.reason(io);
        }
        return e instanceof LibvirtException ? String.valueOf(e.getMessage()) : e.toString();
    }

    /** The name that a disk's image has in the end. */
    private Path image(ManifestDisk disk) {
        return request.chained() && disk.image() != null
                ? destination.resolve(point.id()).resolve(disk.image().file())
                : destination.resolve(disk.target() + "." + request.format());
    }

    private void restore(ManifestDisk disk, Workers workers, ProgressMeter meter) throws IOException {
        try (DiskChain chain = DiskChain.open(domain, point, disk)) {
            if (request.chained()) {
                restoreChain(chain, workers, meter);
                return;
            }
            Path file = made.add(image(disk));
            try (ImageWriter writer = writer(file, disk.virtualSize())) {
                DiskRestore.run(chain, writer, workers, meter);
                writer.finish();
            }
        }
    }

    /** The images as they are: their folders have the names that the images know each other by. */
    private void restoreChain(DiskChain chain, Workers workers, ProgressMeter meter) throws IOException {
        for (DiskLayer layer : chain.layers()) {
            Path folder = destination.resolve(layer.point().id());
            made.folder(folder, definition != null);
            Path file = folder.resolve(layer.image().file());
            made.requireFree(file);
            Path temporary = made.add(file);
            try (ImageWriter writer =
                    RawWriter.create(temporary, layer.image().size(), DurableFiles.privateFile(temporary))) {
                ImageCopy.run(layer, writer, workers, meter);
                writer.finish();
            }
        }
        ContentCheck.run(chain, false, new Prefix(0), workers, BlockListener.NONE);
    }

    private ImageWriter writer(Path image, long size) throws ImageException {
        return request.format() == ImageFormat.QCOW2
                ? Qcow2Writer.create(image, Qcow2Options.ofSize(size), DurableFiles.privateFile(image))
                : RawWriter.create(image, size, DurableFiles.privateFile(image));
    }

    /** What a guest needs besides its disks; the checkpoint is of use on its own host only. */
    private static List<PointFile> wanted(Manifest manifest) {
        return manifest.files().stream()
                .filter(file -> !file.role().equals(PointFile.CHECKPOINT))
                .toList();
    }

    private void copy(PointFile stored) throws IOException {
        SmallFiles.require(point.folder(), stored);
        files.writeNew(
                made.add(destination.resolve(stored.file())),
                Files.readAllBytes(point.folder().resolve(stored.file())));
    }

    private void commit(List<ManifestDisk> disks) throws IOException {
        if (definition == null) {
            made.commit();
        } else {
            Map<String, Path> images = new LinkedHashMap<>();
            Map<String, Long> sizes = new LinkedHashMap<>();
            for (ManifestDisk disk : disks) {
                images.put(disk.target(), image(disk).toAbsolutePath().normalize());
                sizes.put(disk.target(), disk.virtualSize());
            }
            definition.define(xml(definition, images));
            made.commit();
            definition.requireSeen(images, sizes);
        }
        made.finish();
    }

    private String xml(HostDefinition asked, Map<String, Path> images) throws IOException {
        // Whoever reads a manifest makes sure that it has this role.
        PointFile description = requireNonNull(point.manifest().file(PointFile.DOMAIN));
        Path saved = point.folder().resolve(description.file());
        PointFile nvram = point.manifest().file(PointFile.NVRAM);
        DomainRewriter rewriter = new DomainRewriter(saved, Files.readAllBytes(saved), newName);
        String xml = rewriter.rewrite(
                asked.identity().uuid(),
                images,
                request.format(),
                nvram == null
                        ? null
                        : destination.resolve(nvram.file()).toAbsolutePath().normalize());
        notices.addAll(rewriter.notices());
        return xml;
    }
}
