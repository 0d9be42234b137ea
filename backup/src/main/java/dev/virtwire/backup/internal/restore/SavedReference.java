// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import dev.virtwire.client.xml.XmlElement;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A description of a point's that is to be made on a host. Whoever can write to the repository has chosen it, and so it
 * may make what it is the description of, and nothing else.
 */
final class SavedReference {
    private final Reference reference;
    private final XmlElement xml;

    /** With its description, which it must have. */
    SavedReference(Reference reference) {
        this.reference = reference;
        this.xml = parse(reference);
    }

    private static XmlElement parse(Reference reference) {
        return XmlElement.parse("saved XML", reference.kind().element(), String.valueOf(reference.xml()));
    }

    /** Why it is not made, as the end of a sentence, or null if it may be. */
    @Nullable
    String refusal() {
        if (!isOf(reference.name())) {
            return "its saved description is of another one";
        }
        XmlElement own = parse(reference);
        // What programs note there is theirs, and libvirt only keeps it.
        own.removeChildren("metadata");
        // Elements of other namespaces are options of programs, which run commands: libvirt checks none of them.
        return own.toXml().contains("xmlns")
                ? "its saved description has options that are not libvirt's own (xmlns): look at it, and define it"
                        + " yourself"
                : null;
    }

    private boolean isOf(String name) {
        return switch (reference.kind()) {
            case NETWORK, POOL -> name.equals(xml.childText("name"));
            case FILTER -> name.equals(xml.attribute("name"));
            case SECRET -> isSecret(name);
        };
    }

    private boolean isSecret(String name) {
        int colon = name.indexOf(':');
        if (colon < 0) {
            return name.equalsIgnoreCase(xml.childText("uuid"));
        }
        // A disk's passphrase is a secret of its volume.
        String type = name.startsWith("passphrase:") ? "volume" : name.substring(0, colon);
        XmlElement usage = xml.child("usage").orElse(null);
        return usage != null
                && type.equals(usage.attribute("type"))
                && Stream.of("volume", "target", "name")
                        .map(usage::childText)
                        .anyMatch(name.substring(colon + 1)::equals);
    }

    /**
     * The UUID that it is to have, or null if the host chooses one.
     *
     * @throws IllegalArgumentException if it is not a UUID
     */
    @Nullable
    UUID uuid() {
        String uuid = xml.childText("uuid");
        return uuid == null ? null : UUID.fromString(uuid);
    }

    /** The network filters that it names. */
    Stream<String> filters() {
        return reference.kind() == Kind.FILTER
                ? xml.children("filterref").stream().map(filter -> String.valueOf(filter.attribute("filter")))
                : Stream.empty();
    }
}
