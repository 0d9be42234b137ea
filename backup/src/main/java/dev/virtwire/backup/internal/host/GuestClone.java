// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.DomainCreateFlags;
import dev.virtwire.repository.internal.journal.DomainClone;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Serves the disks of a domain that is off: a transient domain of its own name and UUID that has the disks and nothing
 * else. It is made paused and stays so, and libvirt ends it with the connection that made it. While it is there, QEMU's
 * locks keep everybody else from these disks.
 */
public final class GuestClone {
    private static final Duration END = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(100);

    /** What of a disk is the guest's own, and not its image's. Nobody else writes while the clone has it. */
    private static final String[] OF_THE_GUEST = {
        "address",
        "alias",
        "blockio",
        "boot",
        "geometry",
        "iotune",
        "mirror",
        "product",
        "readonly",
        "serial",
        "shareable",
        "throttlefilters",
        "transient",
        "vendor",
        "wwn"
    };

    private final Libvirt libvirt;
    private final UUID guest;
    private final DomainClone clone;
    private final BooleanSupplier mayStart;

    /** Of the guest of this UUID, which need not be there any more, as the journal names it. */
    public GuestClone(Libvirt libvirt, UUID guest, DomainClone clone) {
        this(libvirt, guest, clone, () -> true);
    }

    /** The same, which is made only if {@code mayStart} says so then. */
    public GuestClone(Libvirt libvirt, UUID guest, DomainClone clone, BooleanSupplier mayStart) {
        this.libvirt = libvirt;
        this.guest = guest;
        this.clone = clone;
        this.mayStart = mayStart;
    }

    /** What the journal says of it. */
    public DomainClone description() {
        return clone;
    }

    /**
     * Makes it. Not every storage has locks that would refuse it beside the guest, so the guest is looked at last.
     *
     * @throws RemoteException if the host refuses it, as it does if anybody has the disks open
     * @throws BackupException if the guest runs, or somebody wants to start it
     */
    public Domain start() {
        Domain original = Waiting.await(libvirt.domain(guest));
        String xml = xml(Waiting.await(original.xml()), clone);
        if (!mayStart.getAsBoolean() || Waiting.await(original.isActive())) {
            throw new BackupException(
                    "domain " + original.name() + " was started meanwhile: nothing else may have its disks");
        }
        return Waiting.await(libvirt.createDomain(xml, DomainCreateFlags.PAUSED, DomainCreateFlags.AUTODESTROY));
    }

    /** It, if it is there, else null. */
    public @Nullable Domain find() {
        try {
            Domain found = Waiting.await(libvirt.domain(clone.uuid()));
            return found.name().equals(clone.name()) ? found : null;
        } catch (RemoteException e) {
            if (e.is(ErrorCode.NO_DOMAIN)) {
                return null;
            }
            throw e;
        }
    }

    /** It, made if it is not there. */
    public Domain serving() {
        Domain found = find();
        return found == null ? start() : found;
    }

    /**
     * Ends it, with its job if it has one, and returns when it is gone.
     *
     * @return whether it was there
     * @throws BackupException if it does not go
     */
    public boolean end() {
        long end = System.nanoTime() + END.toNanos();
        for (boolean there = false; ; there = true) {
            Domain found = find();
            if (found == null) {
                return there;
            }
            try {
                Waiting.await(found.destroy());
            } catch (RemoteException e) {
                // One whose connection was lost is about to go by itself.
                if (!e.is(ErrorCode.NO_DOMAIN) && !e.is(ErrorCode.OPERATION_INVALID)) {
                    throw e;
                }
                Waiting.pause(PAUSE);
            }
            if (System.nanoTime() - end > 0) {
                throw new BackupException("domain " + clone.name() + " does not end");
            }
        }
    }

    /** As libvirt is told. It has the guest's machine, for which there is a QEMU here, and the labels of its files. */
    static String xml(String guestXml, DomainClone clone) {
        XmlElement domain;
        try {
            domain = XmlElement.parse("domain XML", "domain", guestXml);
        } catch (IllegalArgumentException e) {
            throw new BackupException("the host's domain XML is not readable: " + e.getMessage(), e);
        }
        XmlElement serving = XmlElement.parse("domain XML", "domain", "<domain/>");
        serving.set("type", String.valueOf(domain.attribute("type")));
        serving.append("name").setText(clone.name());
        serving.append("uuid").setText(clone.uuid().toString());
        XmlElement memory = serving.append("memory");
        memory.set("unit", "MiB");
        memory.setText("16");
        serving.append("vcpu").setText("1");
        XmlElement os = serving.append("os");
        domain.child("os", "type").ifPresent(os::append);
        XmlElement devices = serving.append("devices");
        domain.child("devices", "emulator").ifPresent(devices::append);
        for (XmlElement disk : domain.children("devices", "disk")) {
            if (clone.disks().contains(DomainDescription.Disk.of(disk).target())) {
                serve(devices.append(disk));
            }
        }
        XmlElement usb = devices.append("controller");
        usb.set("type", "usb");
        usb.set("model", "none");
        devices.append("memballoon").set("model", "none");
        domain.children("seclabel").forEach(serving::append);
        return serving.toXml();
    }

    private static void serve(XmlElement disk) {
        disk.removeChildren(OF_THE_GUEST);
        disk.set("device", "disk");
        for (String attribute : new String[] {"model", "rawio", "sgio", "snapshot"}) {
            disk.unset(attribute);
        }
        XmlElement driver = disk.childOrNew("driver");
        Map<String, String> kept = new TreeMap<>();
        for (String attribute : new String[] {"cache", "io", "type"}) {
            String value = driver.attribute(attribute);
            if (value != null) {
                kept.put(attribute, value);
            }
        }
        driver.clearExcept("");
        driver.set("name", "qemu");
        kept.forEach(driver::set);
        disk.child("source").ifPresent(source -> source.removeChildren("reservations"));
        XmlElement target = disk.childOrNew("target");
        String name = target.required("dev");
        target.clearExcept("");
        target.set("dev", name);
        // It needs no controller of another kind, and the machine has a bus for it whatever the guest's is.
        target.set("bus", "virtio");
        // On one bus, libvirt would call both vda and sda its disk 0.
        disk.childOrNew("alias").set("name", "ua-" + name);
    }
}
