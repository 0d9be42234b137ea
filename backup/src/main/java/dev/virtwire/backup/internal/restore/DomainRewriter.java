// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import static dev.virtwire.backup.internal.Dom.child;
import static dev.virtwire.backup.internal.Dom.children;

import dev.virtwire.backup.internal.Dom;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.ImageFormat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.xml.XMLConstants;
import javax.xml.transform.OutputKeys;
import javax.xml.transform.Transformer;
import javax.xml.transform.TransformerException;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * Makes of a saved domain XML the one to define: with the restored files, and where it gets a new name, with nothing that
 * only one domain may have. Everything else stays as it was.
 */
final class DomainRewriter {
    /** What only describes where a disk's image lay before, or how it was opened there. */
    private static final List<String> OF_THE_OLD_IMAGE = List.of("auth", "backingStore", "encryption", "mirror");

    private final Document document;
    private final Element domain;
    private final @Nullable String newName;
    private final List<String> notices = new ArrayList<>();
    private boolean onDevices;

    /**
     * Reads the XML.
     *
     * @param newName the name of a second domain, or null for the very one that was saved
     * @throws DamagedException where {@code file} is no domain XML
     */
    DomainRewriter(Path file, byte[] xml, @Nullable String newName) {
        this.newName = newName;
        try {
            document = Dom.parse(new InputSource(new ByteArrayInputStream(xml)));
            domain = document.getDocumentElement();
        } catch (SAXException | IOException e) {
            throw new DamagedException(Finding.of(file, "is not readable as XML: " + e.getMessage()));
        }
        if (!domain.getTagName().equals("domain")) {
            throw new DamagedException(Finding.of(file, "describes a <" + domain.getTagName() + ">, not a domain"));
        }
    }

    /** The restored disks are devices, not files. */
    void withDevices() {
        onDevices = true;
    }

    /** What the user should know, each one sentence. */
    List<String> notices() {
        return List.copyOf(notices);
    }

    /**
     * Rewrites it.
     *
     * @param uuid the domain's UUID
     * @param disks the restored images by target
     * @param nvram the restored UEFI variables, or null where none were restored
     */
    String rewrite(UUID uuid, Map<String, Path> disks, ImageFormat format, @Nullable Path nvram) {
        Element devices = child(domain, "devices");
        if (devices != null) {
            for (Element disk : children(devices, "disk")) {
                rewriteDisk(devices, disk, disks, format);
            }
        }
        rewriteNvram(nvram);
        // A generation id tells the guest that it goes on from another moment than it last saw.
        Element generation = child(domain, "genid");
        if (generation != null) {
            generation.setTextContent("");
        }
        if (newName != null) {
            makeAnother(newName, uuid, devices);
        }
        return text();
    }

    private void makeAnother(String name, UUID uuid, @Nullable Element devices) {
        setText("name", name);
        setText("uuid", uuid.toString());
        for (Element sysinfo : children(domain, "sysinfo")) {
            for (Element system : children(sysinfo, "system")) {
                children(system, "entry").stream()
                        .filter(entry -> entry.getAttribute("name").equals("uuid"))
                        .forEach(entry -> entry.setTextContent(uuid.toString()));
            }
        }
        if (devices == null) {
            return;
        }
        for (Element device : children(devices, "interface")) {
            children(device, "mac").forEach(DomainRewriter::remove);
        }
        for (Element tpm : children(devices, "tpm")) {
            Element backend = child(tpm, "backend");
            if (backend != null && backend.getAttribute("type").equals("emulator")) {
                notices.add("the TPM of " + name + " begins empty: its state is not part of a backup");
            }
        }
    }

    private void setText(String name, String value) {
        Element element = child(domain, name);
        if (element == null) {
            element = document.createElement(name);
            domain.insertBefore(element, domain.getFirstChild());
        }
        element.setTextContent(value);
    }

    private void rewriteDisk(Element devices, Element disk, Map<String, Path> disks, ImageFormat format) {
        Element target = child(disk, "target");
        String name = target == null ? "" : target.getAttribute("dev");
        Path file = disks.get(name);
        if (file == null) {
            keepOrDrop(devices, disk, name);
            return;
        }
        disk.setAttribute("type", onDevices ? "block" : "file");
        Element driver = child(disk, "driver");
        if (driver == null) {
            driver = document.createElement("driver");
            driver.setAttribute("name", "qemu");
            disk.insertBefore(driver, disk.getFirstChild());
        }
        driver.setAttribute("type", format.toString());
        Element source = document.createElement("source");
        source.setAttribute(onDevices ? "dev" : "file", file.toString());
        Element old = child(disk, "source");
        if (old == null) {
            disk.insertBefore(source, target);
        } else {
            children(old, "seclabel").forEach(source::appendChild);
            disk.replaceChild(source, old);
        }
        OF_THE_OLD_IMAGE.forEach(what -> children(disk, what).forEach(DomainRewriter::remove));
    }

    /** A second domain must not write to the first one's disks; the domain itself keeps what it had. */
    private void keepOrDrop(Element devices, Element disk, String name) {
        String device = disk.getAttribute("device");
        boolean medium = device.equals("cdrom") || device.equals("floppy");
        boolean shared = child(disk, "readonly") != null || child(disk, "shareable") != null;
        if (medium || shared || child(disk, "source") == null) {
            return;
        }
        if (newName == null) {
            notices.add("disk " + name + " is not restored: the domain has it where it was before");
        } else {
            devices.removeChild(disk);
            notices.add("disk " + name + " is not restored, and " + newName + " does not have it");
        }
    }

    private void rewriteNvram(@Nullable Path file) {
        Element os = child(domain, "os");
        Element nvram = os == null ? null : child(os, "nvram");
        if (nvram == null) {
            return;
        }
        if (file == null && newName == null) {
            notices.add("the UEFI variables are not restored: the domain has those that are there, or fresh ones");
            return;
        }
        // Without a path libvirt makes a file of its own, from the template.
        nvram.setTextContent(file == null ? "" : file.toString());
        nvram.removeAttribute("type");
        if (file == null) {
            notices.add("the UEFI variables were not saved: " + newName + " begins with fresh ones");
        }
    }

    private static void remove(Element element) {
        Node parent = element.getParentNode();
        if (parent != null) {
            parent.removeChild(element);
        }
    }

    private String text() {
        try {
            TransformerFactory factory = TransformerFactory.newDefaultInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            Transformer transformer = factory.newTransformer();
            transformer.setOutputProperty(OutputKeys.OMIT_XML_DECLARATION, "yes");
            StringWriter text = new StringWriter();
            transformer.transform(new DOMSource(domain), new StreamResult(text));
            return text.toString();
        } catch (TransformerException e) {
            throw new IllegalStateException("every Java writes XML", e);
        }
    }
}
