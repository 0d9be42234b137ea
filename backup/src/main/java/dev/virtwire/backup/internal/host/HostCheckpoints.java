// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.remote.CheckpointCreateFlags;
import dev.virtwire.protocol.remote.CheckpointXmlFlags;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.SmallFiles;
import dev.virtwire.repository.manifest.PointFile;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The checkpoints that a host knows of a domain, and those that it can be reminded of. */
public final class HostCheckpoints {
    private final Domain domain;
    private final boolean off;
    private final Set<String> names = new TreeSet<>();

    private HostCheckpoints(Domain domain, boolean off) {
        this.domain = domain;
        this.off = off;
        Waiting.await(domain.checkpoints().list()).stream()
                .map(Checkpoint::name)
                .forEach(names::add);
    }

    /** Asks the host of a domain that runs, or takes checkpoints of one that does not. */
    public static HostCheckpoints of(Domain domain) {
        return new HostCheckpoints(domain, false);
    }

    /** Asks the host. */
    public static HostCheckpoints of(HostFacts facts) {
        return new HostCheckpoints(facts.domain(), facts.isOff());
    }

    /** Whether the host knows a checkpoint of that name. */
    public boolean has(String checkpoint) {
        return names.contains(checkpoint);
    }

    /**
     * Makes the host know a point's checkpoint. It forgets all of them when a domain is undefined, while the bitmaps
     * stay in the images: then the saved description brings it back, if the host finds every bitmap in order. Nobody
     * looks for bitmaps of a domain that is off; its clone does when it serves the disks.
     *
     * @return why the checkpoint is of no use, or null if it can be used
     */
    @Nullable
    public String bringBack(Point point) {
        String name = requireNonNull(point.manifest().checkpoint());
        if (has(name)) {
            return null;
        }
        String gone = "its checkpoint " + name + " is not on the host any more";
        if (point.manifest().file(PointFile.CHECKPOINT) == null) {
            return gone;
        }
        if (off) {
            return null;
        }
        try {
            defineAgain(point);
            return null;
        } catch (DamagedException | RemoteException e) {
            return gone + ", and cannot be defined again: " + e.getMessage();
        }
    }

    /**
     * Makes the host know a point's checkpoint, whose description the point has.
     *
     * @throws DamagedException if that cannot be read
     * @throws RemoteException if the host refuses it: {@link
     *     dev.virtwire.protocol.error.ErrorCode#CHECKPOINT_INCONSISTENT} if not every bitmap is in order
     */
    void defineAgain(Point point) {
        PointFile file = requireNonNull(point.manifest().file(PointFile.CHECKPOINT));
        String xml = new String(SmallFiles.read(point.folder(), file), StandardCharsets.UTF_8);
        Waiting.await(domain.checkpoints()
                .create(redefinition(xml), CheckpointCreateFlags.REDEFINE, CheckpointCreateFlags.REDEFINE_VALIDATE));
        names.add(requireNonNull(point.manifest().checkpoint()));
    }

    /** Makes the host know a checkpoint that another domain of these disks has: a clone, or the one that it is of. */
    public void take(Checkpoint checkpoint) {
        String xml = Waiting.await(checkpoint.xml(CheckpointXmlFlags.NO_DOMAIN));
        Waiting.await(domain.checkpoints().create(redefinition(xml), CheckpointCreateFlags.REDEFINE));
        names.add(checkpoint.name());
    }

    /** The host refuses a parent that it does not know, and the description of another domain. */
    private String redefinition(String xml) {
        try {
            String parent = CheckpointSpec.parse(xml).parent();
            XmlElement checkpoint = XmlElement.parse("checkpoint XML", "domaincheckpoint", xml);
            if (parent != null && !has(parent)) {
                checkpoint.removeChildren("parent");
            }
            String uuid = checkpoint.childText("domain", "uuid");
            if (uuid != null && !uuid.equals(domain.uuid().toString())) {
                checkpoint.removeChildren("domain");
            }
            return checkpoint.toXml();
        } catch (IllegalArgumentException e) {
            throw new BackupException("the saved description of a checkpoint is not readable: " + e.getMessage(), e);
        }
    }
}
