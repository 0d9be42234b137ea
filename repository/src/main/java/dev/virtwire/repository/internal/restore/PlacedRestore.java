// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.restore;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.disk.TargetDisk;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Restores disks to where something is already. Files are written beside the old ones and take their names together,
 * when all else is done. Nothing brings back what a device held: a restore that fails says which holds what.
 */
public final class PlacedRestore {
    /** Where one disk goes. */
    public sealed interface Place permits Replaced, Overwritten {
        /** What it is, in words. */
        String name();

        /** How many bytes a disk there can have. */
        long room();

        /**
         * Refuses a place that somebody uses.
         *
         * @throws RepositoryException if somebody does
         */
        void requireUnused();
    }

    /**
     * A file that a new one takes the place of. The new one has its owner, permissions, access lists and labels.
     *
     * @param file its name, which leads through no link; it need not be there
     * @param format of the new one
     */
    public record Replaced(Path file, ImageFormat format) implements Place {
        @Override
        public String name() {
            return "file " + file;
        }

        @Override
        public long room() {
            return Long.MAX_VALUE;
        }

        @Override
        public void requireUnused() {
            ImageUse.refuse(file);
        }
    }

    /** Something whose content is overwritten. */
    public non-sealed interface Overwritten extends Place {
        /** Opens it for a disk of {@code size} bytes, which it has room for; one thread writes, from front to end. */
        TargetDisk open(long size) throws IOException;
    }

    /** A block device of this machine. */
    public record Device(BlockDevice device) implements Overwritten {
        @Override
        public String name() {
            return "device " + device;
        }

        @Override
        public long room() {
            return device.size();
        }

        @Override
        public void requireUnused() {
            DeviceUse.refuse(device);
        }

        @Override
        public TargetDisk open(long size) throws IOException {
            return DeviceTarget.open(device, size);
        }
    }

    private final long begin = System.nanoTime();
    private final DomainStore domain;
    private final Point point;
    private final Map<ManifestDisk, Place> places = new LinkedHashMap<>();
    private final long bytesPerSecond;
    private final Runnable before;
    private final FileSet files;
    private final ProgressMeter meter;
    private final Losses losses;
    private final List<Notice> notices = new ArrayList<>();

    /** What places hold that were written to. */
    private final Map<String, String> held = new LinkedHashMap<>();

    /**
     * Restores disks of a point of {@code domain}.
     *
     * @param places a place for each, by target
     * @param before run before each place is overwritten, and before files get their names: throws if what is known
     *     of the places does not hold any more
     * @throws RepositoryException if there is no such disk, or a place is too small, in use or given twice
     * @throws DamagedException if it is known that a disk that is to be overwritten cannot be given back
     */
    public PlacedRestore(
            DomainStore domain,
            Point point,
            Map<String, Place> places,
            Runnable before,
            boolean salvage,
            long bytesPerSecond,
            ProgressListener listener) {
        this.domain = domain;
        this.point = domain.ownPoint(point.id());
        for (ManifestDisk disk : ChosenDisks.of(this.point.manifest(), places.keySet())) {
            this.places.put(disk, requireNonNull(places.get(disk.target()), disk.target()));
        }
        this.before = before;
        this.bytesPerSecond = bytesPerSecond;
        this.losses = new Losses(domain, salvage);
        this.files = new FileSet(domain.files(), true);
        this.meter = new ProgressMeter(
                listener,
                places.size(),
                this.places.keySet().stream()
                        .mapToLong(ManifestDisk::virtualSize)
                        .sum());
        this.places.forEach(this::require);
        if (!salvage) {
            requireNoKnownDamage();
        }
    }

    /** What is overwritten would be lost for a restore that is known to fail. */
    private void requireNoKnownDamage() {
        DamageRecord known = DamageRecord.of(domain);
        places.forEach((disk, place) -> {
            String problem = known.doubt() == null ? known.problem(point, disk.target()) : null;
            if (place instanceof Overwritten && problem != null) {
                throw new DamagedException(Finding.of(
                        point.folder(),
                        "cannot give back disk " + disk.target() + ", so that " + place.name() + " stays as it is: "
                                + problem));
            }
        });
    }

    private void require(ManifestDisk disk, Place place) {
        if (place.room() < disk.virtualSize()) {
            throw new RepositoryException(place.name() + " has " + place.room() + " bytes, and disk " + disk.target()
                    + " of " + point.id() + " has " + disk.virtualSize());
        }
        place.requireUnused();
    }

    /** The disks and their places. */
    public Map<ManifestDisk, Place> places() {
        return places;
    }

    /** Restores. */
    public RestoreResult run() {
        try (Workers workers = new Workers("restore", new RateLimit(bytesPerSecond), 1)) {
            meter.phase(Progress.Phase.COPYING);
            for (Map.Entry<ManifestDisk, Place> each : places.entrySet()) {
                if (each.getValue() instanceof Replaced replaced) {
                    replace(each.getKey(), replaced, workers);
                }
            }
            for (Map.Entry<ManifestDisk, Place> each : places.entrySet()) {
                if (each.getValue() instanceof Overwritten overwritten) {
                    overwrite(each.getKey(), overwritten, workers);
                }
            }
            Workers.refuseInterrupted();
            meter.phase(Progress.Phase.COMMITTING);
            before.run();
            files.commit();
            files.finish();
        } catch (IOException | RuntimeException | Error e) {
            throw cleanUp(e);
        }
        meter.phase(Progress.Phase.DONE);
        notices.addAll(ChosenDisks.notices(List.copyOf(places.keySet())));
        notices.addAll(losses.notices());
        return new RestoreResult(
                files.names(),
                meter.movedBytes(),
                Duration.ofNanos(System.nanoTime() - begin),
                losses.lost(),
                losses.damage(),
                notices);
    }

    private void replace(ManifestDisk disk, Replaced place, Workers workers) throws IOException {
        meter.disk(disk.target());
        files.requireFree(place.file());
        Path temporary = files.add(place.file());
        try (TargetDisk target = TargetDisk.create(temporary, place.format(), disk.virtualSize())) {
            // Before hours of copying, which may be in vain.
            takeAfter(place.file(), temporary);
            DiskRestore.run(domain, point, disk, target, workers, meter, losses);
            target.finish();
        }
        meter.diskDone();
    }

    private void takeAfter(Path old, Path made) throws IOException {
        String missing = Files.exists(old) ? FileAttributes.copy(old, made) : null;
        if (missing != null) {
            notices.add(Notice.information("file " + old + " has the owner and permissions that it had, and not the"
                    + " access lists and security labels: " + missing));
        }
    }

    private void overwrite(ManifestDisk disk, Overwritten place, Workers workers) throws IOException {
        meter.disk(disk.target());
        // Asked again: the disks before this one may have taken hours.
        before.run();
        place.requireUnused();
        try (TargetDisk target = place.open(disk.virtualSize())) {
            held.put(place.name(), "a part of disk " + disk.target());
            DiskRestore.run(domain, point, disk, target, workers, meter, losses);
            target.finish();
        }
        held.put(place.name(), "disk " + disk.target() + ", complete");
        if (place.room() > disk.virtualSize()) {
            notices.add(Notice.information(place.name() + " is larger than disk " + disk.target()
                    + ": what it held in its last " + (place.room() - disk.virtualSize()) + " bytes is still there"));
        }
        meter.diskDone();
    }

    private RuntimeException cleanUp(Throwable e) {
        // A thread that is interrupted could not clean up: it cannot wait until a folder is on disk.
        boolean interrupted = Thread.interrupted();
        RuntimeException failure = failure(e, interrupted);
        held.forEach((place, what) ->
                failure.addSuppressed(new RepositoryException("left behind: " + place + " holds " + what)));
        files.remove(failure);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return failure;
    }

    private RuntimeException failure(Throwable e, boolean interrupted) {
        String what = "the restore of " + domain.name() + "@" + point.id();
        if (interrupted) {
            return new OperationCancelledException(what + " was interrupted", e);
        }
        if (!domain.hasPoint(point.id())) {
            return domain.removedMeanwhile(point.id(), e);
        }
        return e instanceof RepositoryException known
                ? known
                : new RepositoryException(
                        what + " failed: " + (e instanceof IOException io ? Problems.reason(io) : e.getMessage()), e);
    }
}
