// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Restores a point to files. First everything is made and durable under temporary names; then the files get their names
 * together. Whoever has something to do between these steps takes them one by one; {@link #run} takes all.
 */
public final class FileRestore {
    /** A checkpoint is of use on its own host only; the others serve who defines the domain. */
    private static final Set<String> OF_USE_IN_A_POINT_ONLY =
            Set.of(PointFile.CHECKPOINT, PointFile.LIVE, PointFile.REFERENCES);

    private final long begin = System.nanoTime();
    private final DomainStore domain;
    private final DurableFiles files;
    private final RestoreRequest request;
    private final Path destination;
    private final boolean passable;
    private final Point point;
    private final String owner;
    private final List<ManifestDisk> disks;
    private final FileSet made;
    private final ProgressMeter meter;
    private final Losses losses;
    private final ChainRestore chain;
    private final Set<String> leftOut = new HashSet<>();

    /**
     * Restores what {@code request} says out of {@code domain}.
     *
     * @param owner the domain whose name the files carry, or null for the one that was saved
     * @param passable whether others may reach the files, if these let them
     * @throws RepositoryException if there is no such disk, or its image is not here
     */
    public FileRestore(
            DomainStore domain,
            RestoreRequest request,
            @Nullable String owner,
            boolean passable,
            ProgressListener listener) {
        this.domain = domain;
        this.files = domain.files();
        this.request = request;
        this.destination = request.destination();
        this.passable = passable;
        // Read again: whoever asks may have held on to it for long.
        this.point = domain.ownPoint(request.point().id());
        this.owner = owner == null ? point.manifest().domain().name() : owner;
        this.disks = ChosenDisks.of(point.manifest(), request.disks());
        this.losses = new Losses(domain, request.salvage());
        this.made = new FileSet(files, request.replace());
        long total = 0;
        for (ManifestDisk disk : disks) {
            total += request.chained() ? DiskChain.fileSizes(domain, point, disk) : disk.virtualSize();
        }
        this.meter = new ProgressMeter(listener, disks.size(), total);
        this.chain = new ChainRestore(domain, point, chains(), passable, made, meter, losses);
    }

    /** Restores; see {@link dev.virtwire.repository.Repository#restore}. */
    public RestoreResult run() {
        try {
            write();
            place();
            finish();
        } catch (IOException | RuntimeException | Error e) {
            // A thread that is interrupted could not clean up: it cannot wait until a folder is on disk.
            boolean interrupted = Thread.interrupted();
            RepositoryException failure = failure(e, interrupted);
            remove(failure);
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            throw failure;
        }
        return result();
    }

    private RepositoryException failure(Throwable e, boolean interrupted) {
        if (interrupted) {
            return new OperationCancelledException("the restore to " + destination + " was interrupted", e);
        }
        if (!domain.hasPoint(point.id())) {
            return domain.removedMeanwhile(point.id(), e);
        }
        return e instanceof RepositoryException known
                ? known
                : new RepositoryException(
                        "cannot restore to " + destination + ": "
                                + (e instanceof IOException io ? Problems.reason(io) : e),
                        e);
    }

    /** The point, as its manifest is now. */
    public Point point() {
        return point;
    }

    /** The disks that are restored. */
    public List<ManifestDisk> disks() {
        return disks;
    }

    /** The names that the disks' images have in the end, by target; absolute. */
    public Map<String, Path> images() {
        Map<String, Path> images = new LinkedHashMap<>();
        disks.forEach(
                disk -> images.put(disk.target(), image(disk).toAbsolutePath().normalize()));
        return images;
    }

    /**
     * The name that the UEFI variables have in the end, absolute, or null if the point has none or they are left out.
     */
    public @Nullable Path nvram() {
        PointFile nvram = point.manifest().file(PointFile.NVRAM);
        return nvram == null || leftOut.contains(nvram.role())
                ? null
                : place(nvram).toAbsolutePath().normalize();
    }

    /** The names that media of drives have in the end, by the drive's target; absolute. */
    public Map<String, Path> media() {
        Map<String, Path> media = new LinkedHashMap<>();
        for (PointFile file : wanted()) {
            String drive = file.drive();
            if (drive != null && !leftOut.contains(file.role())) {
                media.put(drive, place(file).toAbsolutePath().normalize());
            }
        }
        return media;
    }

    /** Makes all files, under temporary names. */
    public void write() throws IOException {
        try (Workers workers = new Workers("restore", new RateLimit(request.bytesPerSecond()))) {
            made.folder(destination, passable);
            disks.forEach(disk -> made.requireFree(image(disk)));
            wanted().forEach(file -> made.requireFree(place(file)));
            meter.phase(Progress.Phase.COPYING);
            for (ManifestDisk disk : disks) {
                meter.disk(disk.target());
                restore(disk, workers);
                meter.diskDone();
            }
            for (PointFile file : wanted()) {
                copy(file);
            }
            Workers.refuseInterrupted();
            meter.phase(Progress.Phase.COMMITTING);
        }
    }

    /** Gives all files their names; what they replace is kept until {@link #finish}. */
    public void place() throws IOException {
        made.commit();
    }

    /** Nothing can fail any more: what was replaced goes. */
    public void finish() throws IOException {
        made.finish();
    }

    /** Removes everything again; what cannot be removed is suppressed in {@code failure}. */
    public void remove(RuntimeException failure) {
        made.remove(failure);
    }

    /** Says that all is done, and what that was. */
    public RestoreResult result() {
        meter.phase(Progress.Phase.DONE);
        List<Notice> notices = new ArrayList<>(ChosenDisks.notices(disks));
        notices.addAll(losses.notices());
        return new RestoreResult(
                made.names(),
                meter.movedBytes(),
                Duration.ofNanos(System.nanoTime() - begin),
                losses.lost(),
                losses.damage(),
                notices);
    }

    /** The name that a disk's image has in the end. */
    private Path image(ManifestDisk disk) {
        return request.chained() && disk.image() != null
                ? chains().resolve(point.id()).resolve(disk.image().file())
                : destination.resolve(Names.restored(owner, disk.target() + "." + request.format()));
    }

    /** Where the points of a chain go: below the domain's name, since two domains may have points of one id. */
    private Path chains() {
        return destination.resolve(Names.domainFolder(owner));
    }

    private Path place(PointFile file) {
        return destination.resolve(Names.restored(owner, file.file()));
    }

    private void restore(ManifestDisk disk, Workers workers) throws IOException {
        if (request.chained()) {
            chain.run(disk, workers);
            return;
        }
        Path file = made.add(image(disk));
        try (TargetDisk target = TargetDisk.create(file, request.format(), disk.virtualSize())) {
            DiskRestore.run(domain, point, disk, target, workers, meter, losses);
            target.finish();
        }
    }

    /** What a guest needs besides its disks. */
    private List<PointFile> wanted() {
        return point.manifest().files().stream()
                .filter(file -> !OF_USE_IN_A_POINT_ONLY.contains(file.role()))
                .toList();
    }

    private void copy(PointFile stored) throws IOException {
        byte[] content;
        try {
            content = SmallFiles.read(point.folder(), stored);
        } catch (DamagedException e) {
            losses.leftOut(point, stored.file(), e.findings());
            if (!request.salvage()) {
                throw e;
            }
            leftOut.add(stored.role());
            return;
        }
        files.writeNew(made.add(place(stored)), content);
    }
}
