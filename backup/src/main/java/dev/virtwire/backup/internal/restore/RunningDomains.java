// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.restore.HostDefinition.await;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.DomainDescription.Disk;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.restore.BlockDevice;
import dev.virtwire.repository.internal.restore.PlacedRestore.Device;
import dev.virtwire.repository.internal.restore.PlacedRestore.Place;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the running domains of a host have as their disks. */
final class RunningDomains {
    private static final Logger LOG = LoggerFactory.getLogger(RunningDomains.class);

    private final Libvirt libvirt;

    RunningDomains(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /**
     * Refuses places that a running domain has as a disk.
     *
     * @throws BackupException if one has
     */
    void refuse(Collection<? extends Place> places) {
        for (Domain domain : await(libvirt.domains())) {
            for (Disk disk : disks(domain)) {
                for (Place place : places) {
                    if (isSame(place, disk)) {
                        throw new BackupException(place.name() + " is disk " + disk.target() + " of domain "
                                + domain.name() + ", which is running: shut it down");
                    }
                }
            }
        }
    }

    private static List<Disk> disks(Domain domain) {
        try {
            return await(domain.isActive())
                    ? DomainDescription.parse(await(domain.xml())).disks()
                    : List.of();
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN)) {
                return List.of();
            }
            throw e;
        }
    }

    private boolean isSame(Place place, Disk disk) {
        String name = disk.place().name();
        if (name == null) {
            return false;
        }
        if (place instanceof VolumePlace volume) {
            return name.equals(volume.path())
                    || name.equals(
                            volume.volume().poolName() + "/" + volume.volume().name());
        }
        return place instanceof Device device
                && libvirt.uri().transport() == LibvirtUri.Transport.UNIX
                && Objects.equals(device.device().number(), numberOf(name));
    }

    private static @Nullable String numberOf(String path) {
        try {
            return path.startsWith("/dev/") ? BlockDevice.of(Path.of(path)).number() : null;
        } catch (RepositoryException e) {
            LOG.debug("{} is no device here", path, e);
            return null;
        }
    }
}
