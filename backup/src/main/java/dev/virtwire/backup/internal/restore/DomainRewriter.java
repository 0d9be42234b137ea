// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.client.xml.DomainDescription;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Notice;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    private final @Nullable String newName;
    private final List<Notice> notices = new ArrayList<>();
    private boolean onDevices;

    /**
     * Reads the XML.
     *
     * @param newName the name of a second domain, or null for the very one that was saved
     * @throws DamagedException if {@code file} is no domain XML
     */
    DomainRewriter(Path file, byte[] xml, @Nullable String newName) {
        this.newName = newName;
        try {
            domain = XmlElement.parse("domain XML", "domain", xml);
        } catch (IllegalArgumentException e) {
            throw new DamagedException(Finding.of(file, "is not readable: " + e.getMessage()));
        }
    }

    /** The restored disks are devices, not files. */
    void withDevices() {
        onDevices = true;
    }

    /** What the user should know, each one sentence. */
    List<Notice> notices() {
        return List.copyOf(notices);
    }

    /**
     * Rewrites it.
     *
     * @param uuid the domain's UUID
     * @param disks the restored images by target
     * @param nvram the restored UEFI variables, or null if none were restored
     */
    String rewrite(UUID uuid, Map<String, Path> disks, ImageFormat format, @Nullable Path nvram) {
        Map<String, Path> missing = new TreeMap<>(disks);
        for (XmlElement disk : domain.children("devices", "disk")) {
            DomainDescription.Disk saved = DomainDescription.Disk.of(disk);
            Path file = missing.remove(saved.target());
            if (file == null) {
                keepOrDrop(disk, saved);
            } else {
                rewriteDisk(disk, file, format);
            }
        }
        missing.forEach((target, file) -> notices.add(Notice.warning("disk " + target + " is restored to " + file
                + ", but the saved definition does not have it: it was attached to the running domain only")));
        rewriteNvram(nvram);
        rewriteVarstore();
        // A generation id tells the guest that it continues from another moment than it last saw.
        domain.child("genid").ifPresent(generation -> generation.setText(""));
        if (newName != null) {
            makeAnother(newName, uuid);
        }
        return domain.toXml();
    }

    private void makeAnother(String name, UUID uuid) {
        domain.childOrNew("name").setText(name);
        domain.childOrNew("uuid").setText(uuid.toString());
        domain.children("sysinfo", "system", "entry").stream()
                .filter(entry -> "uuid".equals(entry.attribute("name")))
                .forEach(entry -> entry.setText(uuid.toString()));
        domain.children("devices", "interface", "mac").forEach(XmlElement::remove);
        if (DomainDescription.of(domain).keepsTpmState()) {
            notices.add(Notice.warning("the TPM of " + name + " begins empty: its state is not part of a backup"));
        }
    }

    private void rewriteDisk(XmlElement disk, Path file, ImageFormat format) {
        disk.set("type", onDevices ? "block" : "file");
        XmlElement source = disk.childOrNew("source");
        source.clearExcept("seclabel");
        source.set(onDevices ? "dev" : "file", file.toString());
        if (!disk.has("driver")) {
            disk.childOrNew("driver").set("name", "qemu");
        }
        XmlElement driver = disk.childOrNew("driver");
        driver.set("type", format.toString());
        if (format != ImageFormat.QCOW2) {
            // The host refuses the domain that has options of qcow2 with another format.
            driver.removeChildren("metadata_cache");
            driver.unset("discard_no_unref");
        }
        disk.removeChildren(OF_THE_OLD_IMAGE);
    }

    /** A second domain must not write to the first one's disks; the domain itself keeps what it had. */
    private void keepOrDrop(XmlElement element, DomainDescription.Disk disk) {
        if (disk.isRemovable() || disk.isReadOnly() || disk.isShareable() || disk.isEmpty()) {
            return;
        }
        if (newName == null) {
            notices.add(Notice.information(
                    "disk " + disk.target() + " is not restored: the domain has it where it was before"));
        } else {
            element.remove();
            notices.add(
                    Notice.warning("disk " + disk.target() + " is not restored, and " + newName + " does not have it"));
        }
    }

    /** It is never saved, and two domains must not write one. */
    private void rewriteVarstore() {
        domain.child("os", "varstore").ifPresent(store -> {
            if (newName == null) {
                notices.add(Notice.warning(
                        "the UEFI variables are not restored: the domain has those that are there, or fresh ones"));
            } else {
                store.unset("path");
                notices.add(
                        Notice.warning("the UEFI variables were not saved: " + newName + " begins with fresh ones"));
            }
        });
    }

    private void rewriteNvram(@Nullable Path file) {
        XmlElement nvram = domain.child("os", "nvram").orElse(null);
        if (nvram == null) {
            return;
        }
        if (file == null && newName == null) {
            notices.add(Notice.warning(
                    "the UEFI variables are not restored: the domain has those that are there, or fresh ones"));
            return;
        }
        // Without a path libvirt makes a file of its own, from the template.
        nvram.setText(file == null ? "" : file.toString());
        nvram.unset("type");
        if (file == null) {
            notices.add(Notice.warning("the UEFI variables were not saved: " + newName + " begins with fresh ones"));
        }
    }
}
