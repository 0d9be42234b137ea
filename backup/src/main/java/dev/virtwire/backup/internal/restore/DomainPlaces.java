// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.restore.HostDefinition.await;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StorageVolume;
import dev.virtwire.client.xml.DomainDescription.Disk;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.StorageVolType;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.ChosenDisks;
import dev.virtwire.repository.internal.restore.PlacedRestore.Device;
import dev.virtwire.repository.internal.restore.PlacedRestore.Place;
import dev.virtwire.repository.internal.restore.PlacedRestore.Replaced;
import dev.virtwire.repository.manifest.DomainIdentity;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where a domain that is off has its disks, for who puts others in their places. */
final class DomainPlaces {
    private final Libvirt libvirt;
    private final Point point;
    private final Domain domain;

    /**
     * Of the domain that a point is of.
     *
     * @throws BackupException if it is not there, not off, or the host may be another machine
     */
    DomainPlaces(Libvirt libvirt, Point point) {
        this.libvirt = libvirt;
        this.point = point;
        if (libvirt.uri().transport() != LibvirtUri.Transport.UNIX) {
            throw new BackupException("the disks of a domain are replaced by who sees them, and "
                    + libvirt.uri().where() + " may be another machine: restore on that host, by a local URI");
        }
        this.domain = find(point.manifest().domain());
        requireOff();
    }

    private void requireOff() {
        if (await(domain.isActive())) {
            throw new BackupException("domain " + domain.name() + " is running: shut it down");
        }
        if (await(domain.saved().isManaged())) {
            throw new BackupException(
                    "domain " + domain.name() + " has a saved memory (managed save), and its next start"
                            + " would continue that with other disks than it knew: discard it, or start and shut down the"
                            + " domain");
        }
    }

    /**
     * Asks again.
     *
     * @param places those that it had
     * @throws BackupException if the domain is not off any more, or has its disks in other places
     */
    void requireStill(Map<String, Place> places) {
        requireOff();
        if (!of(places.keySet()).equals(places)) {
            throw new BackupException(
                    "domain " + domain.name() + " has its disks in other places than when the restore" + " began");
        }
    }

    private Domain find(DomainIdentity saved) {
        try {
            return await(libvirt.domain(saved.uuid()));
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN)) {
                throw new BackupException(
                        "there is no domain " + saved.name() + " with UUID " + saved.uuid() + " on "
                                + libvirt.uri().where() + ": restore it to a folder or a pool, and define it",
                        e);
            }
            throw e;
        }
    }

    /** The places of these disks, or of all disks of the point. */
    Map<String, Place> of(Set<String> targets) {
        XmlElement xml = XmlElement.parse("domain XML", "domain", await(domain.xml(DomainXmlFlags.INACTIVE)));
        Map<String, Place> places = new LinkedHashMap<>();
        for (ManifestDisk disk : ChosenDisks.of(point.manifest(), targets)) {
            XmlElement now = xml.children("devices", "disk").stream()
                    .filter(element -> Disk.of(element).target().equals(disk.target()))
                    .findFirst()
                    .orElseThrow(() -> new BackupException("domain " + domain.name() + " has no disk " + disk.target()
                            + " now: restore it to a folder or a pool"));
            places.put(disk.target(), place(now, Disk.of(now)));
        }
        return places;
    }

    /** What the user should know when the places have other images. */
    List<Notice> notices() {
        int snapshots = await(domain.snapshots().list()).size();
        return snapshots == 0
                ? List.of()
                : List.of(Notice.warning("domain " + domain.name() + " has snapshots, of which the restored disks hold"
                        + " nothing: delete them (virsh snapshot-delete --metadata)"));
    }

    private Place place(XmlElement element, Disk disk) {
        String what = "disk " + disk.target() + " of domain " + domain.name();
        if (element.child("backingStore", "source").isPresent()) {
            throw new BackupException("the definition says what " + what
                    + " builds on, and what is restored builds on nothing: restore it to a folder or a pool");
        }
        if (element.child("source", "slices").isPresent()) {
            throw new BackupException(what + " is a slice of " + disk.place().name()
                    + ", and the rest of that would be lost: restore it to a folder or a pool");
        }
        if (disk.isEncrypted()) {
            throw new BackupException(what + " is encrypted, and what is restored is not: restore it to a folder");
        }
        Used used = used(disk);
        if (used == null) {
            throw new BackupException(what + " is of type " + disk.place().type()
                    + ", and only files and devices are restored in place: restore it to a folder or a pool");
        }
        Path path = Path.of(used.path);
        String format = disk.format() == null ? "raw" : disk.format();
        if (used.device || isDevice(path)) {
            if (!format.equals("raw")) {
                throw new BackupException(what + " is an image of format " + format + " on device " + path
                        + ", and only raw ones are restored in place: restore it to a folder or a pool");
            }
            return new Device(BlockDevice.of(path));
        }
        if (!format.equals("raw") && !format.equals("qcow2")) {
            throw new BackupException(what + " is of format " + format
                    + ", and only qcow2 and raw are restored in place: restore it to a folder or a pool");
        }
        Path file = real(path);
        requireSame(file, disk.target());
        return new Replaced(file, format.equals("raw") ? ImageFormat.RAW : ImageFormat.QCOW2);
    }

    /** A path on the host, and whether it is known to be a device's, even if there is nothing now. */
    private record Used(String path, boolean device) {}

    private @Nullable Used used(Disk disk) {
        String name = disk.place().name();
        if (name == null) {
            return null;
        }
        return switch (disk.place().type()) {
            case "file" -> new Used(name, false);
            case "block" -> new Used(name, true);
            case "volume" -> volume(name);
            default -> null;
        };
    }

    private @Nullable Used volume(String name) {
        StorageVolume volume = VolumePlace.find(libvirt, name);
        if (volume == null) {
            throw new BackupException("there is no volume " + name + " on "
                    + libvirt.uri().where() + ", which domain " + domain.name() + " has");
        }
        StorageVolType type = await(volume.info()).type().orElse(null);
        return type == StorageVolType.FILE || type == StorageVolType.BLOCK
                ? new Used(await(volume.path()), type == StorageVolType.BLOCK)
                : null;
    }

    /** Nobody wants a file where a device is missing. */
    private static boolean isDevice(Path path) {
        return Files.exists(path) ? !Files.isRegularFile(path) : path.startsWith("/dev");
    }

    /** A link stays one: what it leads to is replaced. */
    private static Path real(Path path) {
        try {
            return Files.exists(path) ? path.toRealPath() : path;
        } catch (IOException e) {
            throw Problems.with("read", path, e);
        }
    }

    /** Finds out a host that sees other files than this machine. */
    private void requireSame(Path file, String target) {
        long here;
        try {
            here = Files.exists(file) ? Files.size(file) : -1;
        } catch (IOException e) {
            throw Problems.with("read", file, e);
        }
        long there;
        try {
            there = await(domain.disk(target).info()).physical();
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.SYSTEM_ERROR)) {
                throw e;
            }
            there = -1;
        }
        if (here != there) {
            throw new BackupException(libvirt.uri().where() + " does not see " + file
                    + " as this machine does: restore to a folder that both see");
        }
    }
}
