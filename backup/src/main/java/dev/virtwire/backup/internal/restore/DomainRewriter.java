// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.internal.restore.ChosenDisks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a saved domain XML the one to define: with the restored files and, if it gets a new name, without what only
 * one domain may have. Everything else stays as it was.
 */
final class DomainRewriter {
    /** What only describes where a disk's image lay before, or how it was opened there. */
    private static final String[] OF_THE_OLD_IMAGE = {"auth", "backingStore", "encryption", "mirror"};

    private final XmlElement domain;
    private final @Nullable XmlElement live;
    private final @Nullable String newName;
    private final List<Notice> notices = new ArrayList<>();
    private final Set<String> plainAllowed = new HashSet<>();
    private final Set<String> onDevices = new HashSet<>();

    /**
     * Reads the XML.
     *
     * @param live the XML of the domain as it ran, or null if that is not known
     * @param newName the name of a second domain, or null for the very one that was saved
     * @throws DamagedException if {@code saved} or {@code live} is no domain XML
     */
    DomainRewriter(SavedXml saved, @Nullable SavedXml live, @Nullable String newName) {
        this.newName = newName;
        this.domain = saved.parse();
        this.live = live == null ? null : live.parse();
    }

    /** A domain XML in a point. */
    static final class SavedXml {
        private final Path file;
        private final byte[] content;

        /**
         * Its bytes.
         *
         * @param file where it lies
         */
        SavedXml(Path file, byte[] content) {
            this.file = file;
            this.content = content;
        }

        private XmlElement parse() {
            try {
                return XmlElement.parse("domain XML", "domain", content);
            } catch (IllegalArgumentException e) {
                throw new DamagedException(Finding.of(file, "is not readable: " + e.getMessage()));
            }
        }
    }

    /**
     * What was restored.
     *
     * @param disks the disks' images by target
     * @param format their format
     * @param nvram the UEFI variables, or null if they were not restored
     * @param media media of drives, by target
     * @param tpm whether the state of an emulated TPM is restored
     */
    record Restored(
            Map<String, Path> disks,
            ImageFormat format,
            @Nullable Path nvram,
            Map<String, Path> media,
            boolean tpm) {
        /** The targets of all disks and drives that have something restored. */
        Set<String> targets() {
            Set<String> targets = new HashSet<>(disks.keySet());
            targets.addAll(media.keySet());
            return targets;
        }
    }

    /** Somebody took it as known that the copy of that disk is not encrypted. */
    void allowPlain(String disk) {
        plainAllowed.add(disk);
    }

    /** These restored disks and media are devices, not files. */
    void withDevices(Set<String> targets) {
        onDevices.addAll(targets);
    }

    /** What the user should know, each one sentence. */
    List<Notice> notices() {
        return List.copyOf(notices);
    }

    private void inform(String notice) {
        notices.add(Notice.information(notice));
    }

    private void warn(String notice) {
        notices.add(Notice.warning(notice));
    }

    /**
     * Rewrites it.
     *
     * @param uuid the domain's UUID
     */
    String rewrite(UUID uuid, Restored restored) {
        Map<String, Path> missing = new TreeMap<>(restored.disks);
        for (XmlElement disk : domain.children("devices", "disk")) {
            DomainDescription.Disk saved = DomainDescription.Disk.of(disk);
            Path file = missing.remove(saved.target());
            Path medium = restored.media.get(saved.target());
            if (file != null) {
                rewriteDisk(disk, file, restored.format);
            } else if (medium != null && saved.isRemovable()) {
                place(disk, medium);
            } else {
                keepOrDrop(disk, saved);
            }
        }
        missing.forEach((target, file) -> attach(target, file, restored.format));
        rewriteNvram(restored.nvram);
        rewriteVarstore(restored.nvram);
        // A generation id tells the guest that it continues from another moment than it last saw.
        domain.child("genid").ifPresent(generation -> generation.setText(""));
        if (newName != null) {
            makeAnother(newName, uuid, restored.tpm);
        }
        return domain.toXml();
    }

    private void makeAnother(String name, UUID uuid, boolean tpm) {
        new SecondDomain(domain, name, this::inform, this::warn).free();
        domain.childOrNew("name").setText(name);
        domain.childOrNew("uuid").setText(uuid.toString());
        domain.children("sysinfo", "system", "entry").stream()
                .filter(entry -> "uuid".equals(entry.attribute("name")))
                .forEach(entry -> entry.setText(uuid.toString()));
        if (!tpm && DomainDescription.of(domain).keepsTpmState()) {
            warn("the TPM of " + name + " begins empty: the point does not have its state");
        }
    }

    private void rewriteDisk(XmlElement disk, Path file, ImageFormat format) {
        DomainDescription.Disk saved = DomainDescription.Disk.of(disk);
        if (saved.isEncrypted()) {
            notices.add(ChosenDisks.wasEncrypted(saved.target(), plainAllowed.contains(saved.target())));
        }
        if ("lun".equals(disk.attribute("device"))) {
            disk.set("device", "disk");
            disk.unset("sgio");
            disk.unset("rawio");
            inform("disk " + saved.target()
                    + " was a device that the guest sent SCSI commands to (lun), and is a plain disk now");
        }
        place(disk, file);
        XmlElement driver = disk.childOrNew("driver");
        driver.set("type", format.toString());
        if (format != ImageFormat.QCOW2) {
            // The host refuses the domain that has options of qcow2 with another format.
            driver.removeChildren("metadata_cache");
            driver.unset("discard_no_unref");
        }
    }

    private void place(XmlElement disk, Path file) {
        boolean device = onDevices.contains(DomainDescription.Disk.of(disk).target());
        disk.set("type", device ? "block" : "file");
        XmlElement source = disk.childOrNew("source");
        source.clearExcept("seclabel");
        source.set(device ? "dev" : "file", file.toString());
        if (!disk.has("driver")) {
            disk.childOrNew("driver").set("name", "qemu");
        }
        disk.removeChildren(OF_THE_OLD_IMAGE);
    }

    /** A disk that the running domain had, and would not have had after its next start. */
    private void attach(String target, Path file, ImageFormat format) {
        XmlElement attached = live == null
                ? null
                : live.children("devices", "disk").stream()
                        .filter(disk -> DomainDescription.Disk.of(disk).target().equals(target))
                        .findFirst()
                        .orElse(null);
        if (live == null || attached == null) {
            warn("disk " + target + " is restored to " + file
                    + ", but the saved definition does not have it: it was attached to the running domain only");
            return;
        }
        XmlElement devices = domain.childOrNew("devices");
        XmlElement disk = devices.append(attached);
        // Names and addresses are of the running domain, and may be taken in this one.
        disk.removeChildren("address", "alias", "boot");
        disk.child("driver").ifPresent(driver -> driver.unset("iothread"));
        rewriteDisk(disk, file, format);
        String bus = disk.child("target").map(it -> it.attribute("bus")).orElse("");
        for (XmlElement controller : live.children("devices", "controller")) {
            boolean missing = devices.children("controller").stream()
                    .noneMatch(known -> Objects.equals(known.attribute("type"), controller.attribute("type"))
                            && Objects.equals(known.attribute("index"), controller.attribute("index")));
            if (missing && bus.equals(controller.attribute("type"))) {
                devices.append(controller).removeChildren("address", "alias");
            }
        }
        inform("disk " + target + " was attached to the running domain only, and the restored definition has it");
    }

    /** A second domain must not write to the first one's disks; the domain itself keeps what it had. */
    private void keepOrDrop(XmlElement element, DomainDescription.Disk disk) {
        if (disk.isReadOnly() || disk.isShareable() || disk.isEmpty()) {
            return;
        }
        if (disk.isRemovable()) {
            if (newName != null && disk.device().equals("floppy")) {
                element.removeChildren("source");
                warn("drive " + disk.target() + " of " + newName + " is empty: only one domain can write to "
                        + disk.place().name());
            }
            return;
        }
        if (newName == null) {
            inform("disk " + disk.target() + " is not restored: the domain has it where it was before");
        } else {
            element.remove();
            warn("disk " + disk.target() + " is not restored, and " + newName + " does not have it");
        }
    }

    private void rewriteVarstore(@Nullable Path file) {
        domain.child("os", "varstore").ifPresent(store -> {
            if (file != null) {
                store.set("path", file.toString());
                return;
            }
            if (newName != null) {
                // Two domains must not write one.
                store.unset("path");
            }
            warn(withoutVariables());
        });
    }

    private void rewriteNvram(@Nullable Path file) {
        XmlElement os = domain.child("os").orElse(null);
        if (os == null || os.has("varstore")) {
            return;
        }
        XmlElement nvram = os.child("nvram").orElse(null);
        if (nvram == null) {
            if (file != null) {
                // An older libvirt chooses firmware and variables at each start, and writes neither down.
                os.append("nvram").setText(file.toString());
            } else if (live != null && live.child("os", "nvram").isPresent()) {
                warn(withoutVariables());
            }
            return;
        }
        if (file == null && newName == null) {
            warn(withoutVariables());
            return;
        }
        // Without a path libvirt makes a file of its own, from the template.
        nvram.setText(file == null ? "" : file.toString());
        nvram.unset("type");
        if (file == null) {
            warn(withoutVariables());
        }
    }

    private String withoutVariables() {
        return newName == null
                ? "the UEFI variables are not restored: the domain has those that are there, or fresh ones"
                : "the UEFI variables were not saved: " + newName + " begins with fresh ones";
    }
}
