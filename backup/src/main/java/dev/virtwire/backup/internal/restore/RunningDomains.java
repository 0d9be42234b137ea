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
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.PlacedRestore.Device;
import dev.virtwire.repository.internal.restore.PlacedRestore.Place;
import dev.virtwire.repository.internal.restore.PlacedRestore.Replaced;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the running domains of a host have as their disks, and what these build on or are copied to. */
final class RunningDomains {
    private static final Logger LOG = LoggerFactory.getLogger(RunningDomains.class);

    private final Libvirt libvirt;

    RunningDomains(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /**
     * Refuses places that a running domain uses for a disk.
     *
     * @throws BackupException if one does
     */
    void refuse(Collection<? extends Place> places) {
        for (Domain domain : await(libvirt.domains())) {
            for (XmlElement disk : disks(domain)) {
                for (String used : used(disk)) {
                    places.stream()
                            .filter(place -> identity(place).equals(used))
                            .findFirst()
                            .ifPresent(place -> {
                                throw new BackupException(place.name() + " is in use for disk "
                                        + Disk.of(disk).target() + " of domain " + domain.name()
                                        + ", which is running: shut it down");
                            });
                }
            }
        }
    }

    private static List<XmlElement> disks(Domain domain) {
        try {
            return await(domain.isActive())
                    ? XmlElement.parse("domain XML", "domain", await(domain.xml()))
                            .children("devices", "disk")
                    : List.of();
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN)) {
                return List.of();
            }
            throw e;
        }
    }

    /** What a disk has, however deep below it: its own place, what that builds on, and what it is copied to. */
    private List<String> used(XmlElement disk) {
        List<String> used = new ArrayList<>();
        Stream.concat(disk.descendants("source").stream(), disk.descendants("mirror").stream())
                .forEach(source -> {
                    Stream.of("file", "dev")
                            .flatMap(name -> Stream.ofNullable(source.attribute(name)))
                            .forEach(path -> used.add(identity(libvirt, path)));
                    String pool = source.attribute("pool");
                    String volume = source.attribute("volume");
                    StorageVolume found =
                            pool == null || volume == null ? null : VolumePlace.find(libvirt, pool + "/" + volume);
                    if (found != null) {
                        used.add(identity(libvirt, await(found.path())));
                    }
                });
        return used;
    }

    /** The same for all names of one place. */
    static String identity(Place place) {
        if (place instanceof Device device) {
            return device.device().number();
        }
        if (place instanceof Replaced replaced) {
            return identity(replaced.file().toString());
        }
        return place instanceof VolumePlace volume ? identity(volume.volume().libvirt(), volume.path()) : place.name();
    }

    /** Of a path of a host, which is one of this machine if the host is. */
    private static String identity(Libvirt libvirt, String path) {
        return libvirt.uri().transport() == LibvirtUri.Transport.UNIX ? identity(path) : path;
    }

    private static String identity(String path) {
        try {
            Path real = Path.of(path).toRealPath();
            String number = BlockDevice.numberOf(real);
            Object file = Files.readAttributes(real, BasicFileAttributes.class).fileKey();
            return number != null ? number : file != null ? file.toString() : real.toString();
        } catch (IOException | InvalidPathException e) {
            LOG.debug("{} is not known here", path, e);
            return path;
        }
    }
}
