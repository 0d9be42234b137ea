// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.BackupCancelledException;
import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.HostRestoreRequest;
import dev.virtwire.backup.HostRestoreResult;
import dev.virtwire.backup.OverwrittenPlace;
import dev.virtwire.backup.RestoreTarget;
import dev.virtwire.backup.internal.restore.DomainRewriter.Restored;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreResult;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.PlacedRestore;
import dev.virtwire.repository.internal.restore.PlacedRestore.Device;
import dev.virtwire.repository.internal.restore.PlacedRestore.Place;
import dev.virtwire.repository.internal.restore.PlacedRestore.Replaced;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.PointFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Restores disks to where something is already: devices, volumes, or where the domain has its disks now. */
public final class OverwritingRestore {
    private final PlacedRestore restore;
    private final List<Notice> notices;
    private final @Nullable Definition definition;

    /** What defines the domain with the places, when all are written. */
    private static final class Definition {
        private final DomainStore domain;
        private final HostRestoreRequest request;
        private final Point point;
        private final Map<String, Place> places;
        private final List<Finding> damage = new ArrayList<>();
        private final HostDefinition host;

        /** Where UEFI variables get their place on the host, or null. Media get none. */
        private final @Nullable Path nvram;

        Definition(
                Libvirt libvirt,
                DomainStore domain,
                HostRestoreRequest request,
                Point point,
                Map<String, Place> places) {
            this.domain = domain;
            this.request = request;
            this.point = point;
            this.places = places;
            this.host = new HostDefinition(libvirt, request, domain, point, damage);
            if (places.values().stream().anyMatch(Device.class::isInstance)) {
                host.requireHere();
            }
            host.requirePossible();
            host.requireUnused(places.values());
            // Before anything is overwritten: it may be damaged.
            PointFile stored = point.manifest().file(PointFile.NVRAM);
            byte[] variables = HostRestore.extra(domain, point, PointFile.NVRAM, request, damage);
            this.nvram = stored == null || variables == null || stored.file().equals(Names.VARSTORE)
                    ? null
                    : host.placeFor(variables);
        }

        private Map<String, Path> paths() {
            Map<String, Path> paths = new LinkedHashMap<>();
            places.forEach((target, place) -> {
                if (place instanceof Device device) {
                    paths.put(target, device.device().path());
                } else if (place instanceof VolumePlace volume) {
                    paths.put(target, Path.of(volume.path()));
                }
            });
            return paths;
        }

        private Set<String> devices() {
            Set<String> devices = new HashSet<>();
            places.forEach((target, place) -> {
                if (place instanceof Device || (place instanceof VolumePlace volume && volume.isDevice())) {
                    devices.add(target);
                }
            });
            return devices;
        }

        private Map<String, BlockDevice> blockDevices() {
            Map<String, BlockDevice> devices = new LinkedHashMap<>();
            places.forEach((target, place) -> {
                if (place instanceof Device device) {
                    devices.put(target, device.device());
                }
            });
            return devices;
        }

        /** Defines it, and returns what the user should know. */
        List<Notice> define(DomainRewriter rewriter) {
            try {
                rewriter.withDevices(devices());
                Restored restored = new Restored(paths(), ImageFormat.RAW, nvram, Map.of(), host.hasTpmState());
                host.define(rewriter.rewrite(host.identity().uuid(), restored), restored.targets());
                host.requireSeenDevices(blockDevices());
                host.settle();
            } catch (RuntimeException | Error e) {
                boolean interrupted = Thread.interrupted();
                RuntimeException failure = HostRestore.failure(e, domain, point, "what was there", interrupted);
                host.undo(failure);
                places.forEach((target, place) -> failure.addSuppressed(
                        new BackupException("left behind: " + place.name() + " holds disk " + target + ", complete")));
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
                throw failure;
            }
            host.finish();
            List<Notice> all = new ArrayList<>(rewriter.notices());
            all.addAll(host.notices());
            return all;
        }
    }

    private OverwritingRestore(PlacedRestore restore, List<Notice> notices, @Nullable Definition definition) {
        this.restore = restore;
        this.notices = notices;
        this.definition = definition;
    }

    /**
     * Looks at all places, and whether the domain can be defined with them if that is asked for.
     *
     * @param libvirt the host, or null if only devices of this machine are written to and no host is asked about them
     * @throws RepositoryException if a place is too small, in use, or cannot be written
     * @throws BackupException the same of what the host has, or if the domain cannot be defined
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
        Definition definition = null;
        Runnable before = unchanged;
        if (libvirt != null) {
            HostDomains running = new HostDomains(libvirt);
            running.refuse(places.values());
            Runnable same = unchanged;
            before = () -> {
                same.run();
                running.refuse(places.values());
            };
            definition = request.define() ? new Definition(libvirt, domain, request, point, places) : null;
        } else if (request.define()) {
            throw new IllegalArgumentException("a host defines a domain");
        }
        return new OverwritingRestore(
                new PlacedRestore(domain, point, places, before, request.salvage(), request.bytesPerSecond(), listener),
                notices,
                definition);
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
            String other = taken.putIfAbsent(HostDomains.identity(place), disk);
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
        DomainRewriter rewriter = definition == null
                ? null
                : HostRestore.rewriter(definition.domain, definition.point, definition.request, definition.damage);
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
        List<Finding> damage = new ArrayList<>(done.damage());
        if (definition != null && rewriter != null) {
            all.addAll(definition.define(rewriter));
            damage.addAll(definition.damage);
        }
        return new HostRestoreResult(
                files,
                volumes,
                done.bytesWritten(),
                done.duration(),
                definition == null ? null : definition.host.identity(),
                done.lost(),
                damage.stream().distinct().toList(),
                all.stream().distinct().toList());
    }
}
