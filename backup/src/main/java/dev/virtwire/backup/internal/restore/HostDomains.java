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
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the domains of a host have as their disks, and what these build on or are copied to. */
final class HostDomains {
    private static final Logger LOG = LoggerFactory.getLogger(HostDomains.class);

    private static final String DEVICES = "/dev/";

    private final Libvirt libvirt;

    HostDomains(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /**
     * Refuses places that a running domain uses for a disk.
     *
     * @throws BackupException if one does
     */
    void refuse(Collection<? extends Place> places) {
        Map<String, Place> wanted = byIdentity(places);
        Map<String, String> identities = new HashMap<>();
        for (Domain domain : await(libvirt.domains())) {
            users(disks(domain, true), wanted, identities).forEach((target, place) -> {
                throw new BackupException(place.name() + " is in use for disk " + target + " of domain " + domain.name()
                        + ", which is running: shut it down");
            });
        }
    }

    /**
     * Refuses places that another domain is defined with: one that does not run locks nothing, and would have them
     * changed under it.
     *
     * @param own the domain that may have them
     * @throws BackupException if another one has
     */
    void refuseDefined(UUID own, Collection<? extends Place> places) {
        Map<String, Place> wanted = byIdentity(places);
        Map<String, String> identities = new HashMap<>();
        for (Domain domain : await(libvirt.domains())) {
            if (!domain.uuid().equals(own)) {
                users(disks(domain, false), wanted, identities).forEach((target, place) -> {
                    throw new BackupException("domain " + domain.name() + " has " + place.name() + " as its disk "
                            + target + ": choose another "
                            + (place instanceof Replaced ? "folder" : place instanceof Device ? "device" : "volume"));
                });
            }
        }
    }

    private static Map<String, Place> byIdentity(Collection<? extends Place> places) {
        Map<String, Place> all = new HashMap<>();
        places.forEach(place -> all.put(identity(place), place));
        return all;
    }

    /**
     * Which of these places some disks have, by the target of the disk.
     *
     * @param identities of paths that were asked for already, to which this adds
     */
    private Map<String, Place> users(
            List<XmlElement> disks, Map<String, Place> wanted, Map<String, String> identities) {
        Map<String, Place> found = new LinkedHashMap<>();
        for (XmlElement disk : disks) {
            for (String used : used(disk, identities)) {
                Place place = wanted.get(used);
                if (place != null) {
                    found.put(Disk.of(disk).target(), place);
                }
            }
        }
        return found;
    }

    private static List<XmlElement> disks(Domain domain, boolean running) {
        try {
            if (running && !await(domain.isActive())) {
                return List.of();
            }
            DomainXmlFlags[] flags = running ? new DomainXmlFlags[0] : new DomainXmlFlags[] {DomainXmlFlags.INACTIVE};
            return XmlElement.parse("domain XML", "domain", await(domain.xml(flags)))
                    .children("devices", "disk");
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN)) {
                return List.of();
            }
            throw e;
        }
    }

    /** What a disk has, however deep below it: its own place, what that builds on, and what it is copied to. */
    private List<String> used(XmlElement disk, Map<String, String> identities) {
        List<String> used = new ArrayList<>();
        Stream.concat(disk.descendants("source").stream(), disk.descendants("mirror").stream())
                .forEach(source -> {
                    Stream.of("file", "dev")
                            .flatMap(name -> Stream.ofNullable(source.attribute(name)))
                            .forEach(path -> used.add(identities.computeIfAbsent(path, any -> identity(libvirt, any))));
                    String pool = source.attribute("pool");
                    String volume = source.attribute("volume");
                    StorageVolume found =
                            pool == null || volume == null ? null : VolumePlace.find(libvirt, pool + "/" + volume);
                    if (found != null) {
                        used.add(identities.computeIfAbsent(await(found.path()), any -> identity(libvirt, any)));
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
            return local(replaced.file().toString());
        }
        return place instanceof VolumePlace volume ? identity(volume.volume().libvirt(), volume.path()) : place.name();
    }

    /**
     * Of a path of a host, which is one of this machine if the host is. Of a device that is a volume of a pool, libvirt
     * knows the other names too.
     */
    private static String identity(Libvirt libvirt, String path) {
        if (libvirt.uri().transport() == LibvirtUri.Transport.UNIX) {
            return local(path);
        }
        if (!path.startsWith(DEVICES)) {
            return path;
        }
        try {
            return await(libvirt.storage().volumeByPath(path)).key();
        } catch (RemoteException e) {
            if (!e.is(ErrorCode.NO_STORAGE_VOL) && !e.is(ErrorCode.NO_STORAGE_POOL)) {
                throw e;
            }
            LOG.debug("{} is no volume of {}", path, libvirt.uri().where(), e);
            return path;
        }
    }

    private static String local(String path) {
        try {
            Path real = real(Path.of(path));
            if (!Files.exists(real)) {
                return real.toString();
            }
            String number = BlockDevice.numberOf(real);
            Object file = Files.readAttributes(real, BasicFileAttributes.class).fileKey();
            return number != null ? number : file != null ? file.toString() : real.toString();
        } catch (IOException | InvalidPathException e) {
            LOG.debug("{} is not known here", path, e);
            return path;
        }
    }

    /** A file that is not there yet is where its folder is. */
    private static Path real(Path path) throws IOException {
        Path folder = path.getParent();
        return Files.exists(path) || folder == null
                ? path.toRealPath()
                : folder.toRealPath().resolve(path.getFileName());
    }
}
