// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.checkpoint;

import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.client.xml.XmlWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A checkpoint as libvirt's {@code <domaincheckpoint>} says it: written for {@code virDomainCheckpointCreateXML} and
 * {@code virDomainBackupBegin}, read from {@code virDomainCheckpointGetXMLDesc}.
 *
 * @param name its name; null lets libvirt choose one
 * @param description a text for people, or null
 * @param parent the checkpoint before it, in what libvirt reports and for a redefinition; else null
 * @param creationTime when it was made, in what libvirt reports; else null
 * @param disks the disks named; if empty, libvirt takes all that it can
 * @since 0.1
 */
public record CheckpointSpec(
        @Nullable String name,
        @Nullable String description,
        @Nullable String parent,
        @Nullable Instant creationTime,
        List<CheckpointDisk> disks) {
    private static final String DOCUMENT = "checkpoint XML";

    /** Copies the disks. */
    public CheckpointSpec {
        disks = List.copyOf(disks);
    }

    /** A checkpoint of these disks. */
    public static CheckpointSpec of(String name, List<CheckpointDisk> disks) {
        return new CheckpointSpec(name, null, null, null, disks);
    }

    /** The same with a text for people. */
    public CheckpointSpec describedAs(String text) {
        return new CheckpointSpec(name, text, parent, creationTime, disks);
    }

    /**
     * Reads a {@code <domaincheckpoint>}.
     *
     * @throws IllegalArgumentException if it is something else; the message names line and column, or the element
     */
    public static CheckpointSpec parse(String xml) {
        XmlElement root = XmlElement.parse(DOCUMENT, "domaincheckpoint", xml);
        return new CheckpointSpec(
                root.childText("name"),
                root.childText("description"),
                root.childText("parent", "name"),
                root.child("creationTime").map(CheckpointSpec::instant).orElse(null),
                root.children("disks", "disk").stream()
                        .map(CheckpointSpec::disk)
                        .toList());
    }

    /**
     * What libvirt reported of a checkpoint, all of it but the checkpoint before it: to redefine one whose parent is
     * gone, which libvirt would ask for.
     *
     * @throws IllegalArgumentException if it is no {@code <domaincheckpoint>}
     */
    public static String withoutParent(String xml) {
        XmlElement root = XmlElement.parse(DOCUMENT, "domaincheckpoint", xml);
        root.removeChildren("parent");
        return root.toXml();
    }

    /** The {@code <domaincheckpoint>} of this value. */
    public String toXml() {
        return XmlWriter.document("domaincheckpoint", xml -> {
            xml.textElement("name", name).textElement("description", description);
            if (parent != null) {
                xml.element("parent", element -> element.textElement("name", parent));
            }
            if (creationTime != null) {
                xml.textElement("creationTime", Long.toString(creationTime.getEpochSecond()));
            }
            if (!disks.isEmpty()) {
                xml.element(
                        "disks",
                        list -> disks.forEach(disk -> list.element(
                                "disk",
                                element -> element.attribute("name", disk.name())
                                        .attribute("checkpoint", disk.tracked() ? "bitmap" : "no")
                                        .attribute("bitmap", disk.bitmap()))));
            }
        });
    }

    private static CheckpointDisk disk(XmlElement element) {
        String kind = element.attribute("checkpoint");
        return new CheckpointDisk(
                element.required("name"),
                kind == null || kind.equals("bitmap"),
                element.attribute("bitmap"),
                element.number("size"));
    }

    private static Instant instant(XmlElement element) {
        try {
            return Instant.ofEpochSecond(Long.parseLong(element.text()));
        } catch (NumberFormatException e) {
            throw element.fail("'" + element.text() + "' is not a number");
        } catch (DateTimeException e) {
            throw element.fail("'" + element.text() + "' seconds are beyond every calendar");
        }
    }
}
