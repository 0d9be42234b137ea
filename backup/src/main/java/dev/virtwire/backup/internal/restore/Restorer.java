// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
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
import dev.virtwire.backup.internal.verify.DiskChain;
import dev.virtwire.backup.internal.verify.SmallFiles;
import dev.virtwire.backup.manifest.Manifest;
import dev.virtwire.backup.manifest.ManifestDisk;
import dev.virtwire.backup.manifest.PointFile;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.ImageWriter;
import dev.virtwire.image.Qcow2Options;
import dev.virtwire.image.Qcow2Writer;
import dev.virtwire.image.RawWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Restores a point to files. All of them are made under temporary names and get their own only when all are whole and
 * durable; on any failure none is left.
 */
public final class Restorer {
    private final DomainStore domain;
    private final DurableFiles files;
    private final RestoreRequest request;
    private final Point point;
    private final Map<Path, Path> finalNames = new LinkedHashMap<>();
    private final List<Path> committed = new ArrayList<>();
    private boolean destinationCreated;

    /** Restores what {@code request} says out of {@code domain}. */
    public Restorer(DomainStore domain, RestoreRequest request) {
        this.domain = domain;
        this.files = domain.repository().files();
        this.request = request;
        // Read again: whoever asks may have held on to it for long.
        this.point = domain.point(request.point().id());
    }

    /** Restores; see {@link dev.virtwire.backup.Repository#restore}. */
    public RestoreResult run(ProgressListener listener) {
        long begin = System.nanoTime();
        Manifest manifest = point.manifest();
        List<ManifestDisk> disks = chosen(manifest);
        long total = disks.stream().mapToLong(ManifestDisk::virtualSize).sum();
        ProgressMeter meter = new ProgressMeter(listener, disks.size(), total);
        prepareDestination();
        requireFree(disks, manifest);
        try (Workers workers = new Workers("restore", new RateLimit(request.bytesPerSecond()))) {
            meter.phase(Progress.Phase.COPYING);
            for (ManifestDisk disk : disks) {
                meter.disk(disk.target());
                restore(disk, workers, meter);
                meter.diskDone();
            }
            for (PointFile file : wanted(manifest)) {
                copy(file);
            }
            meter.phase(Progress.Phase.COMMITTING);
            commit();
        } catch (IOException | RuntimeException | Error e) {
            // A thread that is interrupted could not clean up: it cannot wait until a folder is on disk.
            boolean interrupted = Thread.interrupted();
            BackupException failure = failure(e, interrupted);
            removeAll(failure);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            throw failure;
        }
        meter.phase(Progress.Phase.DONE);
        return new RestoreResult(
                List.copyOf(finalNames.values()), meter.movedBytes(), Duration.ofNanos(System.nanoTime() - begin));
    }

    private BackupException failure(Throwable e, boolean interrupted) {
        if (interrupted) {
            return new BackupCancelledException("the restore to " + request.destination() + " was interrupted", e);
        }
        return e instanceof BackupException known
                ? known
                : new BackupException("cannot restore to " + request.destination() + ": " + reason(e), e);
    }

    private static String reason(Throwable e) {
        return e instanceof IOException io ? Problems.reason(io) : e.toString();
    }

    private List<ManifestDisk> chosen(Manifest manifest) {
        TreeSet<String> unknown = new TreeSet<>(request.disks());
        List<ManifestDisk> disks = new ArrayList<>();
        for (ManifestDisk disk : manifest.disks()) {
            if (unknown.remove(disk.target()) || request.disks().isEmpty()) {
                disks.add(disk);
            }
        }
        if (!unknown.isEmpty()) {
            throw new BackupException("point " + manifest.point() + " has no disk " + unknown.first() + "; it has "
                    + String.join(
                            ", ",
                            manifest.disks().stream().map(ManifestDisk::target).toList()));
        }
        for (ManifestDisk disk : disks) {
            if (disk.pushed() != null) {
                throw new BackupException("disk " + disk.target() + " of point " + manifest.point()
                        + " is not in the repository: the hypervisor wrote it to "
                        + disk.pushed().path() + " on host " + disk.pushed().host());
            }
        }
        return disks;
    }

    private void prepareDestination() {
        Path destination = request.destination();
        try {
            if (!Files.isDirectory(destination)) {
                files.createFolder(destination);
                destinationCreated = true;
            }
        } catch (IOException e) {
            throw Problems.with("create", destination, e);
        }
    }

    private void requireFree(List<ManifestDisk> disks, Manifest manifest) {
        List<String> names = new ArrayList<>();
        disks.forEach(disk -> names.add(imageName(disk)));
        wanted(manifest).forEach(file -> names.add(file.file()));
        for (String name : names) {
            Path file = request.destination().resolve(name);
            if (!request.replace() && Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new BackupException(file + " exists already: choose another folder, or allow replacing");
            }
        }
    }

    private String imageName(ManifestDisk disk) {
        return disk.target() + "." + request.format();
    }

    /** A temporary name beside the final one; what an earlier run left under it is removed. */
    private Path temporary(String name) throws IOException {
        Path temporary = request.destination().resolve("." + name + ".partial");
        files.delete(temporary);
        finalNames.put(temporary, request.destination().resolve(name));
        return temporary;
    }

    private void restore(ManifestDisk disk, Workers workers, ProgressMeter meter) throws IOException {
        Path image = temporary(imageName(disk));
        try (DiskChain chain = DiskChain.open(domain, point, disk);
                ImageWriter writer = writer(image, disk.virtualSize())) {
            DiskRestore.run(chain, writer, workers, meter);
            writer.finish();
        }
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
                temporary(stored.file()), Files.readAllBytes(point.folder().resolve(stored.file())));
    }

    private void commit() throws IOException {
        for (Map.Entry<Path, Path> file : finalNames.entrySet()) {
            files.rename(file.getKey(), file.getValue());
            committed.add(file.getValue());
        }
    }

    /** What was renamed already goes too: some of the files without the others are not what was asked for. */
    private void removeAll(BackupException failure) {
        finalNames.keySet().forEach(path -> remove(path, failure));
        committed.forEach(path -> remove(path, failure));
        if (destinationCreated) {
            remove(request.destination(), failure);
        }
    }

    private void remove(Path path, BackupException failure) {
        try {
            files.delete(path);
        } catch (IOException e) {
            failure.addSuppressed(new BackupException("left behind: " + path + ": " + Problems.reason(e), e));
        }
    }
}
