// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static dev.virtwire.backup.internal.Dom.child;
import static dev.virtwire.backup.internal.Dom.children;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.Dom;
import dev.virtwire.repository.manifest.DiskSource;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * What a backup needs to know of a domain's XML.
 *
 * @param disks its disks, in order
 * @param nvram the path of its UEFI variables, or null
 * @param tpmState whether it has an emulated TPM, whose state is not in any disk
 * @param secrets the libvirt secrets that it refers to
 */
record DomainDescription(List<DomainDisk> disks, @Nullable String nvram, boolean tpmState, List<String> secrets) {
    /**
     * Reads domain XML.
     *
     * @throws BackupException where it is none
     */
    static DomainDescription parse(String xml) {
        Element domain = root(xml);
        List<DomainDisk> disks = new ArrayList<>();
        Element devices = child(domain, "devices");
        boolean tpm = false;
        if (devices != null) {
            children(devices, "disk").forEach(disk -> disks.add(disk(disk)));
            tpm = children(devices, "tpm").stream()
                    .map(element -> child(element, "backend"))
                    .anyMatch(backend ->
                            backend != null && backend.getAttribute("type").equals("emulator"));
        }
        TreeSet<String> secrets = new TreeSet<>();
        NodeList found = domain.getElementsByTagName("secret");
        for (int i = 0; i < found.getLength(); i++) {
            Element secret = (Element) found.item(i);
            String uuid = secret.getAttribute("uuid");
            secrets.add(uuid.isEmpty() ? secret.getAttribute("type") + ":" + secret.getAttribute("usage") : uuid);
        }
        return new DomainDescription(List.copyOf(disks), nvram(domain), tpm, List.copyOf(secrets));
    }

    private static @Nullable String nvram(Element domain) {
        Element os = child(domain, "os");
        Element nvram = os == null ? null : child(os, "nvram");
        if (nvram == null) {
            return null;
        }
        Element source = child(nvram, "source");
        String path = source == null ? nvram.getTextContent().strip() : source.getAttribute("file");
        return path.isEmpty() ? null : path;
    }

    private static DomainDisk disk(Element disk) {
        Element target = child(disk, "target");
        Element source = child(disk, "source");
        Element driver = child(disk, "driver");
        String type = disk.getAttribute("type");
        String device = disk.getAttribute("device");
        String name = source == null ? null : sourceName(type, source);
        String format = driver == null ? "" : driver.getAttribute("type");
        return new DomainDisk(
                target == null ? "" : target.getAttribute("dev"),
                device.isEmpty() ? "disk" : device,
                new DiskSource(type, name, format.isEmpty() ? "raw" : format),
                source == null || (name == null && (type.equals("file") || type.equals("block"))),
                child(disk, "readonly") != null,
                child(disk, "transient") != null);
    }

    private static @Nullable String sourceName(String type, Element source) {
        String name =
                switch (type) {
                    case "file" -> source.getAttribute("file");
                    case "block" -> source.getAttribute("dev");
                    case "volume" -> source.getAttribute("pool") + "/" + source.getAttribute("volume");
                    case "network" -> source.getAttribute("protocol") + ":" + source.getAttribute("name");
                    default -> "";
                };
        return name.isEmpty() ? null : name;
    }

    private static Element root(String xml) {
        try {
            return Dom.parse(new InputSource(new StringReader(xml))).getDocumentElement();
        } catch (SAXException | IOException e) {
            throw new BackupException("the host's domain XML is not readable: " + e.getMessage(), e);
        }
    }
}
