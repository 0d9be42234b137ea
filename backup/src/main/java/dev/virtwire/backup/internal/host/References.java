// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import dev.virtwire.backup.BackupException;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.client.xml.XmlWriter;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a domain needs of its host besides its disks: networks, network filters, storage pools and secrets, each with
 * libvirt's description. A secret's description does not have its value.
 *
 * @param all each of them, what others need before these
 */
public record References(List<Reference> all) {
    private static final String ROOT = "references";
    private static final String EACH = "reference";

    /** Of which kind it is. */
    public enum Kind {
        /** A network. */
        NETWORK("network"),
        /** A network filter. */
        FILTER("network filter"),
        /** A storage pool. */
        POOL("storage pool"),
        /** A secret. */
        SECRET("secret");

        private final String words;

        Kind(String words) {
            this.words = words;
        }

        /** The name of the element that libvirt describes one with. */
        public String element() {
            return name().toLowerCase(Locale.ROOT);
        }

        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * One of them.
     *
     * @param name its name; of a secret its UUID or {@code type:usage}
     * @param xml libvirt's description, or null if it is not known
     * @param autostart whether it starts with the host
     */
    public record Reference(
            Kind kind, String name, @Nullable String xml, boolean autostart) {
        private static Reference named(Kind kind, String name) {
            return new Reference(kind, name, null, false);
        }

        /** Kind and name. */
        @Override
        public String toString() {
            return kind + " " + name;
        }
    }

    /** Copies the list. */
    public References {
        all = List.copyOf(all);
    }

    /** What domain XMLs name, without descriptions. */
    public static References named(List<String> xmls) {
        Set<Reference> found = new LinkedHashSet<>();
        for (String xml : xmls) {
            XmlElement domain = XmlElement.parse("domain XML", "domain", xml);
            for (XmlElement filter : domain.children("devices", "interface", "filterref")) {
                add(found, Kind.FILTER, filter.attribute("filter"));
            }
            for (XmlElement device : domain.children("devices", "interface")) {
                if ("network".equals(device.attribute("type"))) {
                    add(found, Kind.NETWORK, source(device, "network"));
                }
            }
            for (XmlElement disk : domain.children("devices", "disk")) {
                if ("volume".equals(disk.attribute("type"))) {
                    add(found, Kind.POOL, source(disk, "pool"));
                }
            }
            HostFacts.description(xml).secrets().forEach(secret -> add(found, Kind.SECRET, secret));
        }
        return new References(List.copyOf(found));
    }

    private static @Nullable String source(XmlElement device, String attribute) {
        return device.child("source").map(source -> source.attribute(attribute)).orElse(null);
    }

    private static void add(Set<Reference> found, Kind kind, @Nullable String name) {
        if (name != null && !name.isEmpty()) {
            found.add(Reference.named(kind, name));
        }
    }

    /**
     * The same with the descriptions that the host gives.
     *
     * @param questions asks it
     * @param missing gets a sentence for each that it does not give
     */
    public References fetched(Libvirt libvirt, HostQuestions questions, List<String> missing) {
        if (all.isEmpty()) {
            return this;
        }
        HostReferences host = new HostReferences(libvirt);
        return fetched(reference -> questions.ask(() -> host.describe(reference)), missing);
    }

    /** As {@link #fetched(Libvirt, HostQuestions, List)}, from whoever describes them. */
    References fetched(Function<Reference, List<Reference>> host, List<String> missing) {
        List<Reference> fetched = new ArrayList<>();
        for (Reference reference : all) {
            try {
                List<Reference> described = host.apply(reference);
                // What is no XML must not be found when all is written.
                new References(described).toXml();
                fetched.addAll(described);
            } catch (RemoteException e) {
                missing.add(notIn(reference, e.details().message()));
            } catch (LibvirtException | BackupException | IllegalArgumentException e) {
                missing.add(notIn(reference, e.getMessage()));
            }
        }
        return new References(List.copyOf(new LinkedHashSet<>(fetched)));
    }

    private static String notIn(Reference reference, @Nullable String reason) {
        return "the description of " + reference + " is not in it: " + reason;
    }

    /** As a document. */
    public String toXml() {
        XmlElement root = XmlElement.parse(ROOT, ROOT, XmlWriter.document(ROOT, xml -> {}));
        for (Reference reference : all) {
            XmlElement each = root.append(EACH);
            each.set("kind", reference.kind.element());
            each.set("name", reference.name);
            each.set("autostart", reference.autostart ? "yes" : "no");
            if (reference.xml != null) {
                each.append(XmlElement.parse(reference.toString(), reference.kind.element(), reference.xml));
            }
        }
        return root.toXml();
    }

    /**
     * What {@link #toXml} wrote.
     *
     * @throws IllegalArgumentException if it is something else
     */
    public static References parse(byte[] document) {
        XmlElement root = XmlElement.parse(ROOT, ROOT, document);
        List<Reference> all = new ArrayList<>();
        for (XmlElement each : root.children(EACH)) {
            each.as(element -> {
                Kind kind = element.constant("kind", Kind.class);
                if (kind != null) {
                    Optional<XmlElement> xml = element.child(kind.element());
                    all.add(new Reference(
                            kind,
                            element.required("name"),
                            xml.map(XmlElement::toXml).orElse(null),
                            Boolean.TRUE.equals(element.yesNo("autostart"))));
                }
                return element;
            });
        }
        return new References(all);
    }
}
