// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.restore.HostDefinition.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription.Disk;
import dev.virtwire.client.xml.DomainDescription.Place;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.PointFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The disks and media that a defined domain has and the restore did not write. The host may not have them, and then the
 * domain does not start.
 */
final class KeptDisks {
    private static final Logger LOG = LoggerFactory.getLogger(KeptDisks.class);

    /** ENOENT: what a host says of a file that is not there. */
    private static final int NO_SUCH_FILE = 2;

    private final List<Notice> notices = new ArrayList<>();
    private final Point point;
    private final XmlElement definition;
    private boolean changed;

    /**
     * Looks for them.
     *
     * @param domain the domain, which is defined
     * @param xml what it was defined with
     * @param restored the targets of what was restored
     * @param point what it was restored from
     */
    KeptDisks(Domain domain, String xml, Set<String> restored, Point point) {
        this.point = point;
        definition = XmlElement.parse("domain XML", "domain", xml);
        for (XmlElement element : definition.children("devices", "disk")) {
            Disk disk = Disk.of(element);
            if (!restored.contains(disk.target())
                    && !disk.isEmpty()
                    && !isOptional(element)
                    && isMissing(domain, disk)) {
                tell(domain, element, disk);
            }
        }
    }

    private void tell(Domain domain, XmlElement element, Disk disk) {
        String host = domain.libvirt().uri().where();
        if (disk.isRemovable()) {
            element.removeChildren("source");
            changed = true;
            PointFile stored = point.manifest().file(PointFile.medium(disk.target()));
            notices.add(Notice.warning("drive " + disk.target() + " of domain " + domain.name()
                    + " is empty, since its medium " + disk.place().name() + " is not "
                    + (stored == null
                            ? "in the point, and not on " + host
                            : "on " + host + ": the point has it, as "
                                    + point.folder().resolve(stored.file()))));
        } else {
            notices.add(
                    Notice.warning("disk " + disk.target() + " of domain " + domain.name() + " is not restored, and "
                            + disk.place().name() + " is not on " + host + ": the domain does not start without it"));
        }
    }

    /** The definition with empty drives, or null if the host has all media. */
    @Nullable
    String ejected() {
        return changed ? definition.toXml() : null;
    }

    /** What is missing, a sentence each. */
    List<Notice> notices() {
        return notices;
    }

    /** libvirt itself leaves a drive empty whose medium is missing, if it may. */
    private static boolean isOptional(XmlElement disk) {
        return disk.child("source")
                .map(source -> source.attribute("startupPolicy"))
                .filter(policy -> !policy.equals("mandatory"))
                .isPresent();
    }

    private static boolean isMissing(Domain domain, Disk disk) {
        Place place = disk.place();
        return switch (place.type()) {
            case "file", "block" -> !isSeen(domain, disk.target());
            case "volume" -> !isVolume(domain.libvirt(), String.valueOf(place.name()));
            // What is on the network is not asked for: that may take long, and says little of the next start.
            default -> false;
        };
    }

    /** A pool that is not started does not say, and is named elsewhere. */
    private static boolean isVolume(Libvirt libvirt, String name) {
        try {
            return VolumePlace.find(libvirt, name) != null;
        } catch (RemoteException e) {
            LOG.debug("{} does not say whether it has volume {}", libvirt.uri().where(), name, e);
            return true;
        }
    }

    private static boolean isSeen(Domain domain, String target) {
        try {
            await(domain.disk(target).info());
            return true;
        } catch (RemoteException e) {
            return !(e.is(ErrorCode.SYSTEM_ERROR) && e.details().int1() == NO_SUCH_FILE);
        }
    }
}
