// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.checkpoint.Checkpoint;
import dev.virtwire.client.checkpoint.CheckpointDisk;
import dev.virtwire.client.checkpoint.CheckpointSpec;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.image.ImageException;
import dev.virtwire.image.StoredBitmap;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.CheckpointCreateFlags;
import dev.virtwire.protocol.remote.CheckpointDeleteFlags;
import dev.virtwire.protocol.remote.CheckpointXmlFlags;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.PointFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of a domain, and the bitmaps in its images, also those that no checkpoint has: libvirt forgets a
 * checkpoint when the domain is undefined, and cannot list bitmaps. It deletes a bitmap, sound or not, with a
 * checkpoint of its name; so a bitmap without one gets one for that.
 *
 * <p>If the domain runs on this machine, the images themselves tell which bitmaps they keep. What a QEMU has made since
 * it started is written only when it ends; of that, libvirt's checkpoints tell.
 *
 * <p>libvirt deletes no bitmap of a domain that is off. If there is a clone for it, bitmaps are deleted there, and
 * libvirt is made to forget the checkpoint.
 */
public final class DomainBitmaps {
    private static final Logger LOG = LoggerFactory.getLogger(DomainBitmaps.class);

    private final Domain domain;
    private final boolean running;
    private final @Nullable GuestClone clone;
    /** Whether a QEMU may have bitmaps that it has not written yet. */
    private final boolean open;
    /** Where bitmaps are deleted: the domain, or its clone once that is needed. */
    private @Nullable Domain serving;

    private final Map<String, Checkpoint> known = new TreeMap<>();
    private final Map<String, Map<String, Path>> stored = new TreeMap<>();
    /** Disks that can have bitmaps, and where they lie. */
    private final Map<String, String> keepers = new LinkedHashMap<>();

    private final Set<String> looked = new HashSet<>();
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();

    private DomainBitmaps(Domain domain, @Nullable GuestClone clone) {
        this.domain = domain;
        this.running = Waiting.await(domain.isActive());
        this.clone = running ? null : clone;
        this.open = running || (clone != null && clone.find() != null);
        Waiting.await(domain.checkpoints().list()).forEach(checkpoint -> known.put(checkpoint.name(), checkpoint));
        // The socket may be forwarded from another machine. Then a file of the same name is another one, and libvirt
        // finds no bitmap to remove.
        boolean here = domain.libvirt().uri().transport() == LibvirtUri.Transport.UNIX;
        for (DomainDescription.Disk disk :
                HostFacts.description(Waiting.await(domain.xml())).disks()) {
            if (!"qcow2".equals(disk.format()) || disk.isEmpty() || disk.isReadOnly() || !isServed(disk.target())) {
                continue;
            }
            String name = disk.place().name();
            keepers.put(disk.target(), String.valueOf(disk.place().fullName()));
            if (here && disk.place().type().equals("file") && name != null) {
                look(disk.target(), Path.of(name));
            }
        }
    }

    private boolean isServed(String target) {
        return clone == null || clone.description().disks().contains(target);
    }

    private void look(String target, Path image) {
        try {
            for (StoredBitmap bitmap : StoredBitmap.of(image)) {
                stored.computeIfAbsent(bitmap.name(), any -> new LinkedHashMap<>())
                        .put(target, image);
            }
            looked.add(target);
        } catch (ImageException e) {
            LOG.debug("disk {} of {} does not say which bitmaps it keeps", target, domain.name(), e);
        }
    }

    /**
     * Asks the host.
     *
     * @throws LibvirtException if it cannot be asked
     */
    public static DomainBitmaps of(Domain domain) {
        return new DomainBitmaps(domain, null);
    }

    /**
     * As {@link #of(Domain)}.
     *
     * @param clone serves the disks if the domain is off, and is made if it is needed and not there; or null
     */
    public static DomainBitmaps of(Domain domain, @Nullable GuestClone clone) {
        return new DomainBitmaps(domain, clone);
    }

    /** What was removed, each one sentence. */
    public List<String> done() {
        return done;
    }

    /** What could not be removed, each with the reason. */
    public List<String> left() {
        return left;
    }

    /** Whether every image could be asked which bitmaps it keeps. */
    public boolean isAllSeen() {
        return HostFacts.isHere(domain.libvirt()) && looked.containsAll(keepers.keySet());
    }

    /** Whether the domain runs. Without a clone, libvirt deletes bitmaps only then. */
    public boolean isRunning() {
        return running;
    }

    /** The names of the checkpoints that libvirt knows and of the bitmaps that can be seen, of those that are meant. */
    public Set<String> names(Predicate<String> meant) {
        Set<String> names = new TreeSet<>(known.keySet());
        names.addAll(stored.keySet());
        names.removeIf(meant.negate());
        return names;
    }

    /**
     * Removes a checkpoint and all bitmaps of its name. If it is one that libvirt does not know, bitmaps that nobody
     * can see are looked for on all disks: for a new overlay, libvirt has QEMU keep each bitmap that the image below
     * has.
     */
    public void removeEverywhere(String name) {
        remove(name, keepers.keySet());
    }

    /** As {@link #removeEverywhere}; a bitmap that nobody can see is looked for on these disks only. */
    public void remove(String name, Collection<String> suspects) {
        String original = null;
        try {
            if (!running && clone == null) {
                leave(name);
                return;
            }
            Checkpoint checkpoint = known.get(name);
            original = checkpoint == null ? null : Waiting.await(checkpoint.xml(CheckpointXmlFlags.NO_DOMAIN));
            if (clone != null
                    && !keepers.keySet().containsAll(tracked(name, original).keySet())) {
                // It has other disks too, which the clone does not have: a later run has them.
                LOG.debug("checkpoint {} of {} stays until all of its disks are served", name, domain.name());
                return;
            }
            known.remove(name);
            Map<String, String> bitmaps = bitmaps(name, original, suspects);
            if (checkpoint != null && isDeleted(checkpoint, String.valueOf(original))) {
                done.add("deleted checkpoint " + name);
                bitmaps.keySet().removeAll(tracked(name, original).keySet());
                original = null;
            }
            List<String> removed = new ArrayList<>();
            for (Map.Entry<String, String> bitmap : bitmaps.entrySet()) {
                if (isRemoved(name, bitmap.getKey(), bitmap.getValue())) {
                    removed.add(bitmap.getKey());
                }
            }
            if (checkpoint != null && original != null && clone != null) {
                Waiting.await(checkpoint.delete(CheckpointDeleteFlags.METADATA_ONLY));
            }
            tell(name, original != null, removed);
        } catch (LibvirtException e) {
            left.add("checkpoint " + name + ": " + e.getMessage() + (clone == null ? putBack(original) : ""));
        }
    }

    /**
     * Makes libvirt know the checkpoint of a point that is still needed, if it has forgotten that: what has no
     * checkpoint is seen by nobody who looks after the domain. If a bitmap is missing or broken, no point can build on
     * the others, and they are removed. Nothing is done while the domain is off.
     *
     * @param suspects disks of the point that had a bitmap
     */
    public void bringBack(Point point, Collection<String> suspects) {
        String name = String.valueOf(point.manifest().checkpoint());
        if (!running || known.containsKey(name) || point.manifest().file(PointFile.CHECKPOINT) == null) {
            return;
        }
        try {
            HostCheckpoints.of(domain).defineAgain(point);
        } catch (DamagedException | RemoteException e) {
            LOG.debug("the checkpoint of point {} of {} cannot be defined again", point.id(), domain.name(), e);
            if (e instanceof RemoteException refused && refused.is(ErrorCode.CHECKPOINT_INCONSISTENT)) {
                remove(name, suspects);
            }
        }
    }

    /** A domain that runs, so that bitmaps can be deleted there. */
    private Domain serving() {
        if (serving == null) {
            serving = clone == null ? domain : clone.serving();
        }
        return serving;
    }

    private void tell(String name, boolean checkpoint, List<String> removed) {
        String disks = String.join(", ", removed);
        if (checkpoint && removed.isEmpty()) {
            done.add("forgot checkpoint " + name + ", whose bitmap is gone");
        } else if (checkpoint) {
            done.add("deleted checkpoint " + name + " with its bitmap on " + disks + ", the only one left");
        } else if (!removed.isEmpty()) {
            done.add("removed bitmap " + name + " of " + disks + ", which no checkpoint had");
        }
    }

    /** Where bitmaps of that name may be, by target. */
    private Map<String, String> bitmaps(String name, @Nullable String checkpoint, Collection<String> suspects) {
        Map<String, String> bitmaps = tracked(name, checkpoint);
        stored.getOrDefault(name, Map.of()).keySet().forEach(target -> bitmaps.putIfAbsent(target, name));
        if (checkpoint == null && (open || !isAllSeen())) {
            suspects.forEach(target -> bitmaps.putIfAbsent(target, name));
        }
        bitmaps.keySet().retainAll(keepers.keySet());
        return bitmaps;
    }

    private static Map<String, String> tracked(String name, @Nullable String checkpoint) {
        Map<String, String> bitmaps = new LinkedHashMap<>();
        if (checkpoint != null) {
            for (CheckpointDisk disk : parse(checkpoint).disks()) {
                if (disk.tracked()) {
                    bitmaps.put(disk.name(), disk.bitmap() == null ? name : disk.bitmap());
                }
            }
        }
        return bitmaps;
    }

    private static CheckpointSpec parse(String checkpoint) {
        try {
            return CheckpointSpec.parse(checkpoint);
        } catch (IllegalArgumentException e) {
            throw new BackupException("the host's checkpoint XML is not readable: " + e.getMessage(), e);
        }
    }

    /** libvirt deletes no bitmap of a checkpoint of which one is missing, and does not say which one by a code. */
    private boolean isDeleted(Checkpoint checkpoint, String xml) {
        try {
            if (clone == null) {
                Waiting.await(checkpoint.delete());
                return true;
            }
            Waiting.await(Waiting.await(serving()
                            .checkpoints()
                            .create(CheckpointSpec.withoutParent(xml), CheckpointCreateFlags.REDEFINE))
                    .delete());
        } catch (RemoteException e) {
            requireNotBusy(e);
            LOG.debug("checkpoint {} cannot be deleted as it is", checkpoint, e);
            return false;
        }
        Waiting.await(checkpoint.delete(CheckpointDeleteFlags.METADATA_ONLY));
        return true;
    }

    /** Another job holds the domain; it can be asked nothing. */
    private static void requireNotBusy(RemoteException e) {
        if (e.is(ErrorCode.OPERATION_TIMEOUT)) {
            throw e;
        }
    }

    /** Removes one disk's bitmap, in whatever state it is; false if it is not there. */
    private boolean isRemoved(String name, String target, String bitmap) {
        CheckpointSpec alone = new CheckpointSpec(
                name, null, null, Instant.now(), List.of(new CheckpointDisk(target, true, bitmap, null)));
        Checkpoint defined = Waiting.await(serving().checkpoints().create(alone, CheckpointCreateFlags.REDEFINE));
        try {
            Waiting.await(defined.delete());
            return true;
        } catch (RemoteException e) {
            requireNotBusy(e);
            boolean there = isSound(alone) || isStored(name, target);
            Waiting.await(defined.delete(CheckpointDeleteFlags.METADATA_ONLY));
            if (there) {
                throw e;
            }
            return false;
        }
    }

    private boolean isSound(CheckpointSpec alone) {
        try {
            Waiting.await(serving()
                    .checkpoints()
                    .create(alone, CheckpointCreateFlags.REDEFINE, CheckpointCreateFlags.REDEFINE_VALIDATE));
            return true;
        } catch (RemoteException e) {
            if (e.is(ErrorCode.CHECKPOINT_INCONSISTENT)) {
                return false;
            }
            throw e;
        }
    }

    private boolean isStored(String name, String target) {
        Path image = stored.getOrDefault(name, Map.of()).get(target);
        try {
            return image != null
                    && StoredBitmap.of(image).stream()
                            .anyMatch(bitmap -> bitmap.name().equals(name));
        } catch (ImageException e) {
            LOG.debug("{} does not say which bitmaps it keeps", image, e);
            return false;
        }
    }

    /** What could not be deleted is to be known by the next who tries. */
    private String putBack(@Nullable String checkpoint) {
        if (checkpoint == null) {
            return "";
        }
        try {
            Waiting.await(domain.checkpoints().create(checkpoint, CheckpointCreateFlags.REDEFINE));
            return "";
        } catch (LibvirtException e) {
            return ", and it cannot be defined again: " + e.getMessage();
        }
    }

    /**
     * Of a domain that is off: makes libvirt forget a checkpoint. What is left are its bitmaps, each with the command
     * that removes it.
     */
    public void forget(String name) {
        Checkpoint checkpoint = known.get(name);
        try {
            Map<String, String> bitmaps = new LinkedHashMap<>();
            stored.getOrDefault(name, Map.of()).keySet().forEach(target -> bitmaps.put(target, name));
            if (checkpoint != null) {
                String xml = Waiting.await(checkpoint.xml(CheckpointXmlFlags.NO_DOMAIN));
                tracked(name, xml).forEach((target, bitmap) -> {
                    if (keepers.containsKey(target) && !looked.contains(target)) {
                        bitmaps.put(target, bitmap);
                    }
                });
                Waiting.await(checkpoint.delete(CheckpointDeleteFlags.METADATA_ONLY));
                known.remove(name);
                done.add("forgot checkpoint " + name);
            }
            bitmaps.forEach((target, bitmap) -> left.add("bitmap " + bitmap + " of disk " + target + ": run '"
                    + command(String.valueOf(keepers.get(target)), bitmap) + "' on the host while the domain is off"));
        } catch (LibvirtException e) {
            left.add("checkpoint " + name + ": " + e.getMessage());
        }
    }

    private void leave(String name) {
        if (known.containsKey(name)) {
            left.add("checkpoint " + name + ": it can be deleted while domain " + domain.name() + " runs");
        } else {
            stored.getOrDefault(name, Map.of())
                    .forEach((target, image) -> left.add("bitmap " + name + " of disk " + target
                            + ", which no checkpoint has: it can be removed while domain " + domain.name()
                            + " runs, or by '" + command(image.toString(), name) + "' while it is off"));
        }
    }

    private static String command(String image, String bitmap) {
        return "qemu-img bitmap --remove -f qcow2 " + image + " " + bitmap;
    }
}
