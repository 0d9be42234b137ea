// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.OverwrittenPlace;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.PlacedRestore;
import dev.virtwire.repository.internal.restore.PlacedRestore.Device;
import dev.virtwire.repository.internal.restore.PlacedRestore.Place;
import dev.virtwire.repository.internal.restore.PlacedRestore.Replaced;
import dev.virtwire.repository.internal.store.DomainStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Restores disks to where something is already: devices, volumes, or where the domain has its disks now. */
public final class OverwritingRestore {
    private final PlacedRestore restore;
    private final List<Notice> notices;

    private OverwritingRestore(PlacedRestore restore, List<Notice> notices) {
        this.restore = restore;
        this.notices = notices;
    }

    /**
     * Looks at all places.
     *
     * @param libvirt the host, or null if only devices of this machine are written to and no host is asked about them
     * @throws RepositoryException if a place is too small, in use, or cannot be written
     * @throws BackupException the same of what the host has
     */
    public static OverwritingRestore of(
            @Nullable Libvirt libvirt, DomainStore domain, HostRestoreRequest request, ProgressListener listener) {
        Point point = domain.ownPoint(request.point().id());
        Map<String, Place> places;
        List<Notice> notices = List.of();
        Runnable unchanged = () -> {};
        if (request.target() instanceof RestoreTarget.Existing existing) {
            places = existing(libvirt, existing);
        } else if (libvirt != null) {
            DomainPlaces ofDomain = new DomainPlaces(libvirt, point);
            places = ofDomain.of(request.disks());
            notices = ofDomain.notices();
            unchanged = () -> ofDomain.requireStill(places);
        } else {
            throw new IllegalArgumentException("a host has the places of a domain's disks");
        }
        requireDifferent(places);
        Runnable before = unchanged;
        if (libvirt != null) {
            RunningDomains running = new RunningDomains(libvirt);
            running.refuse(places.values());
            Runnable same = unchanged;
            before = () -> {
                same.run();
                running.refuse(places.values());
            };
        }
        return new OverwritingRestore(
                new PlacedRestore(domain, point, places, before, request.salvage(), request.bytesPerSecond(), listener),
                notices);
    }

    private static Map<String, Place> existing(@Nullable Libvirt libvirt, RestoreTarget.Existing target) {
        Map<String, Place> places = new LinkedHashMap<>();
        target.places().forEach((disk, place) -> {
            if (!RestoreTarget.Existing.isVolume(place)) {
                places.put(disk, new Device(BlockDevice.of(Path.of(place))));
            } else if (libvirt != null) {
                places.put(disk, VolumePlace.of(libvirt, place));
            } else {
                throw new IllegalArgumentException("volume " + place + " is on a host");
            }
        });
        return places;
    }

    /** Two names may lead to one device. */
    private static void requireDifferent(Map<String, Place> places) {
        Map<String, String> taken = new HashMap<>();
        places.forEach((disk, place) -> {
            String other = taken.putIfAbsent(RunningDomains.identity(place), disk);
            if (other != null) {
                throw new BackupException(place.name() + " is the place of disk " + other + " as well as of " + disk);
            }
        });
    }

    /** What is lost by it. */
    public List<OverwrittenPlace> overwritten() {
        List<OverwrittenPlace> all = new ArrayList<>();
        restore.places()
                .forEach((disk, place) ->
                        all.add(new OverwrittenPlace(disk.target(), disk.virtualSize(), place.name(), size(place))));
        return all;
    }

    private static long size(Place place) {
        if (place instanceof Replaced replaced) {
            try {
                return Files.exists(replaced.file()) ? Files.size(replaced.file()) : -1;
            } catch (IOException e) {
                throw Problems.with("read", replaced.file(), e);
            }
        }
        return place.room();
    }

    /** Restores. */
    public HostRestoreResult run() {
        RestoreResult done;
        try {
            done = restore.run();
        } catch (OperationCancelledException e) {
            BackupCancelledException cancelled = new BackupCancelledException(String.valueOf(e.getMessage()), e);
            for (Throwable left : e.getSuppressed()) {
                cancelled.addSuppressed(left);
            }
            throw cancelled;
        }
        List<Path> files = new ArrayList<>();
        List<StorageVolume> volumes = new ArrayList<>();
        for (Place place : restore.places().values()) {
            if (place instanceof Device device) {
                files.add(device.device().path());
            } else if (place instanceof Replaced replaced) {
                files.add(replaced.file());
            } else if (place instanceof VolumePlace volume) {
                volumes.add(volume.volume());
            }
        }
        List<Notice> all = new ArrayList<>(done.notices());
        all.addAll(notices);
        return new HostRestoreResult(
                files, volumes, done.bytesWritten(), done.duration(), null, done.lost(), done.damage(), all);
    }
}
