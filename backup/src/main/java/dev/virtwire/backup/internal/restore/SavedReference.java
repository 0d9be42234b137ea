// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.restore;

import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.repository.internal.format.Names;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A description of a point's that is to be made on a host. Whoever can write to the repository has chosen it, and what
 * is made is started at once. So it may make what it is the description of and what only guests notice, and nothing
 * else.
 */
final class SavedReference {
    private static final String YOURSELF =
            ": look at it in " + Names.REFERENCES_XML + " of the point, and define it yourself";

    /** What a network may have that is made; all else is not known to concern its guests alone. */
    private static final Pattern NETWORK = ways(
            "@connections|@ipv6|@trustGuestRxFilters|name|uuid|title|description",
            "bridge(@name|@stp|@delay|@macTableManager)?",
            "forward(@mode|@dev)?|forward/interface(@dev|@connections)?",
            "forward/nat(@ipv6)?|forward/nat/(address|port)(@start|@end)?",
            "mac(@address)?|mtu(@size)?|domain(@name|@localOnly)?",
            "dns(@enable|@forwardPlainNames)?|dns/(forwarder|txt|srv|host)(@\\w+)?|dns/host/hostname",
            "bandwidth([/@].*)?|portgroup([/@].*)?|port(@isolated)?|vlan([/@].*)?|virtualport([/@].*)?",
            "ip(@address|@netmask|@prefix|@family|@localPtr)?",
            "ip/dhcp|ip/dhcp/range(@start|@end)?|ip/dhcp/(range|host)/lease(@expiry|@unit)?",
            "ip/dhcp/host(@id|@mac|@name|@ip)?|ip/dhcp/bootp(@file|@server)?");

    /** How a network may forward that is made: not at all, by NAT, or by a bridge that the host has. */
    private static final Set<String> FORWARDS = Set.of("", "nat", "bridge");

    /** A pool that is a folder: its start changes nothing on the host. */
    private static final Pattern POOL = ways(
            "@type|name|uuid|(capacity|allocation|available)(@unit)?|source",
            "target|target/path|target/permissions(/(mode|owner|group|label))?");

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
        if (own.toXml().contains("xmlns")) {
            return "its saved description has options that are not libvirt's own (xmlns)" + YOURSELF;
        }
        return switch (reference.kind()) {
            case NETWORK -> refusalOfNetwork(own);
            case POOL -> refusalOfPool(own);
            // A filter is of those guests that name it, and a secret has no value yet.
            case FILTER, SECRET -> null;
        };
    }

    private static @Nullable String refusalOfNetwork(XmlElement network) {
        Optional<XmlElement> forward = network.child("forward");
        String mode = forward.map(it -> Objects.requireNonNullElse(it.attribute("mode"), "nat"))
                .orElse("");
        // Without a bridge of the host's, it takes a card of the host's.
        if (!FORWARDS.contains(mode)
                || (mode.equals("bridge")
                        && forward.filter(it -> it.has("interface")).isPresent())) {
            return "it forwards by '" + mode + "', and only networks that are isolated, by NAT or on a bridge of the"
                    + " host are made" + YOURSELF;
        }
        for (XmlElement ip : network.children("ip")) {
            if (!PrivateNetworks.has(ip)) {
                return "its saved description gives it the address " + ip.attribute("address")
                        + ", which is not of a private network" + YOURSELF;
            }
        }
        return foreign(network, NETWORK)
                .map(way -> "its saved description has '" + way + "', which concerns more than its guests" + YOURSELF)
                .orElse(null);
    }

    private static @Nullable String refusalOfPool(XmlElement pool) {
        if (!"dir".equals(pool.attribute("type"))) {
            return "it is of type " + pool.attribute("type") + ", and only those that are a folder (dir) are made"
                    + YOURSELF;
        }
        return foreign(pool, POOL)
                .map(way -> "its saved description has '" + way + "', which no folder needs" + YOURSELF)
                .orElse(null);
    }

    private static Optional<String> foreign(XmlElement description, Pattern known) {
        return description.ways().stream()
                .filter(way -> !known.matcher(way).matches())
                .findFirst();
    }

    private static Pattern ways(String... ways) {
        return Pattern.compile(String.join("|", ways));
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
