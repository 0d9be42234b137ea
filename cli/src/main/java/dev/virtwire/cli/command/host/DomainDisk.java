// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import dev.virtwire.cli.output.CommandException;
import java.io.IOException;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/**
 * A disk as a domain's XML names it.
 *
 * @param target the guest's name for it, such as {@code vda}
 * @param device {@code disk}, {@code cdrom}, {@code floppy} or {@code lun}
 * @param type what lies behind it: {@code file}, {@code block}, {@code network}, {@code volume} …
 * @param format its image format, or null where the XML does not say
 * @param source its path or name on the host, or null where there is none, such as an empty drive
 */
record DomainDisk(
        String target,
        String device,
        String type,
        @Nullable String format,
        @Nullable String source) {
    private static final List<String> SOURCES = List.of("file", "dev", "volume", "name", "dir", "path");

    /** The disks of a domain's XML, in its order. */
    static List<DomainDisk> of(String domainXml) {
        List<DomainDisk> disks = new ArrayList<>();
        for (Element devices : children(parse(domainXml), "devices")) {
            for (Element disk : children(devices, "disk")) {
                disks.add(disk(disk));
            }
        }
        return disks;
    }

    private static DomainDisk disk(Element disk) {
        String target = "-";
        for (Element element : children(disk, "target")) {
            target = element.getAttribute("dev");
        }
        String format = null;
        for (Element element : children(disk, "driver")) {
            format = emptyToNull(element.getAttribute("type"));
        }
        String source = null;
        for (Element element : children(disk, "source")) {
            for (String attribute : SOURCES) {
                source = source == null ? emptyToNull(element.getAttribute(attribute)) : source;
            }
            String pool = element.getAttribute("pool");
            source = pool.isEmpty() ? source : pool + "/" + source;
        }
        String device = emptyToNull(disk.getAttribute("device"));
        return new DomainDisk(target, device == null ? "disk" : device, disk.getAttribute("type"), format, source);
    }

    private static Element parse(String xml) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newDefaultInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            return factory.newDocumentBuilder()
                    .parse(new InputSource(new StringReader(xml)))
                    .getDocumentElement();
        } catch (SAXException e) {
            throw CommandException.failed("the server sent a domain's XML that is none: " + e.getMessage(), e);
        } catch (ParserConfigurationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static List<Element> children(Element parent, String name) {
        List<Element> found = new ArrayList<>();
        for (Node node = parent.getFirstChild(); node != null; node = node.getNextSibling()) {
            if (node instanceof Element element && element.getTagName().equals(name)) {
                found.add(element);
            }
        }
        return found;
    }

    private static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
