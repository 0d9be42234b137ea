// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.host;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.References.Kind;
import dev.virtwire.backup.internal.host.References.Reference;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.network.Network;
import dev.virtwire.client.secret.Secret;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.client.xml.XmlElement;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.NetworkXmlFlags;
import dev.virtwire.protocol.remote.NwfilterCalls;
import dev.virtwire.protocol.remote.NwfilterRef;
import dev.virtwire.protocol.remote.SecretUsageType;
import dev.virtwire.protocol.remote.StorageXmlFlags;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;

/**
 * Networks, network filters, storage pools and secrets of one host: describes them, makes them, and takes that back.
 */
public final class HostReferences {
    private static final List<ErrorCode> MISSING =
            List.of(ErrorCode.NO_NETWORK, ErrorCode.NO_NWFILTER, ErrorCode.NO_STORAGE_POOL, ErrorCode.NO_SECRET);

    private final Libvirt libvirt;
    private final Deque<Undo> made = new ArrayDeque<>();

    private record Undo(Reference reference, Runnable remove) {}

    /** Of the host of this connection. */
    public HostReferences(Libvirt libvirt) {
        this.libvirt = libvirt;
    }

    /**
     * What the host says of something, after what that needs itself.
     *
     * @throws RemoteException if it does not
     */
    public List<Reference> describe(Reference asked) {
        List<Reference> found = new ArrayList<>();
        switch (asked.kind()) {
            case NETWORK -> {
                Network network = Waiting.await(libvirt.networks().find(asked.name()));
                boolean persistent = Waiting.await(network.isPersistent());
                found.add(new Reference(
                        Kind.NETWORK,
                        asked.name(),
                        Waiting.await(persistent ? network.xml(NetworkXmlFlags.INACTIVE) : network.xml()),
                        Waiting.await(network.autostart())));
            }
            case FILTER -> describeFilter(asked.name(), found);
            case POOL -> {
                StoragePool pool = Waiting.await(libvirt.storage().pool(asked.name()));
                boolean persistent = Waiting.await(pool.isPersistent());
                found.add(new Reference(
                        Kind.POOL,
                        asked.name(),
                        Waiting.await(persistent ? pool.xml(StorageXmlFlags.INACTIVE) : pool.xml()),
                        Waiting.await(pool.autostart())));
            }
            case SECRET ->
                found.add(new Reference(
                        Kind.SECRET,
                        asked.name(),
                        Waiting.await(secret(asked.name()).xml()),
                        false));
        }
        return found;
    }

    /** Whether the host has it, under that name. */
    public boolean has(Reference asked) {
        return isThere(() -> {
            switch (asked.kind()) {
                case NETWORK -> Waiting.await(libvirt.networks().find(asked.name()));
                case FILTER -> Waiting.await(filters().nwfilterLookupByName(asked.name()));
                case POOL -> Waiting.await(libvirt.storage().pool(asked.name()));
                case SECRET -> secret(asked.name());
            }
        });
    }

    /** Whether the host has one of that kind with that UUID, of whatever name. */
    public boolean has(Kind kind, UUID uuid) {
        return isThere(() -> {
            switch (kind) {
                case NETWORK -> Waiting.await(libvirt.networks().find(uuid));
                case FILTER -> Waiting.await(filters().nwfilterLookupByUuid(uuid));
                case POOL -> Waiting.await(libvirt.storage().pool(uuid));
                case SECRET -> Waiting.await(libvirt.secrets().find(uuid));
            }
        });
    }

    private static boolean isThere(Runnable lookup) {
        try {
            lookup.run();
            return true;
        } catch (RemoteException e) {
            if (MISSING.stream().anyMatch(e::is)) {
                return false;
            }
            throw e;
        }
    }

    /** Whether a domain can use it now: a network and a pool have to be started. */
    public boolean isReady(Reference asked) {
        return switch (asked.kind()) {
            case NETWORK ->
                Waiting.await(
                        Waiting.await(libvirt.networks().find(asked.name())).isActive());
            case POOL ->
                Waiting.await(
                        Waiting.await(libvirt.storage().pool(asked.name())).isActive());
            case FILTER, SECRET -> true;
        };
    }

    /**
     * Makes it as it is described, and starts it.
     *
     * @throws LibvirtException if the host refuses; what is made of it until then is taken back
     */
    public void make(Reference reference) {
        int before = made.size();
        try {
            define(reference);
        } catch (LibvirtException e) {
            undo(e, before);
            throw e;
        }
    }

    private void define(Reference reference) {
        String xml = requireNonNull(reference.xml(), "the description of " + reference);
        switch (reference.kind()) {
            case NETWORK -> {
                Network network = Waiting.await(libvirt.networks().define(xml));
                made.push(new Undo(reference, () -> {
                    if (Waiting.await(network.isActive())) {
                        Waiting.await(network.destroy());
                    }
                    Waiting.await(network.undefine());
                }));
                Waiting.await(network.setAutostart(reference.autostart()));
                Waiting.await(network.start());
            }
            case FILTER -> {
                NwfilterRef filter =
                        Waiting.await(filters().nwfilterDefineXml(xml)).nwfilter();
                made.push(new Undo(reference, () -> Waiting.await(filters().nwfilterUndefine(filter))));
            }
            case POOL -> {
                StoragePool pool = Waiting.await(libvirt.storage().definePool(xml));
                made.push(new Undo(reference, () -> {
                    if (Waiting.await(pool.isActive())) {
                        Waiting.await(pool.destroy());
                    }
                    Waiting.await(pool.undefine());
                }));
                Waiting.await(pool.setAutostart(reference.autostart()));
                Waiting.await(pool.start());
            }
            case SECRET -> {
                Secret secret = Waiting.await(libvirt.secrets().define(xml));
                made.push(new Undo(reference, () -> Waiting.await(secret.undefine())));
            }
        }
    }

    /** Takes back all that was made; what cannot be taken back is suppressed in {@code failure}. */
    public void undo(RuntimeException failure) {
        undo(failure, 0);
    }

    private void undo(RuntimeException failure, int kept) {
        while (made.size() > kept) {
            Undo undo = made.pop();
            try {
                undo.remove.run();
            } catch (LibvirtException e) {
                failure.addSuppressed(new BackupException("left behind: " + undo.reference + ": " + e.getMessage(), e));
            }
        }
    }

    /** Filters name other filters. */
    private void describeFilter(String name, List<Reference> found) {
        if (found.stream().anyMatch(known -> known.name().equals(name))) {
            return;
        }
        String xml = Waiting.await(filters()
                        .nwfilterGetXmlDesc(Waiting.await(filters().nwfilterLookupByName(name))
                                .nwfilter()))
                .xml();
        Reference filter = new Reference(Kind.FILTER, name, xml, false);
        // Named before those that it needs, so that a circle ends; moved behind them.
        found.add(filter);
        for (XmlElement needed : XmlElement.parse("filter XML", "filter", xml).children("filterref")) {
            String other = needed.attribute("filter");
            if (other != null) {
                describeFilter(other, found);
            }
        }
        found.remove(filter);
        found.add(filter);
    }

    private Secret secret(String name) {
        int colon = name.indexOf(':');
        if (colon < 0) {
            return Waiting.await(libvirt.secrets().find(UUID.fromString(name)));
        }
        SecretUsageType type =
                switch (name.substring(0, colon)) {
                    case "passphrase", "volume" -> SecretUsageType.VOLUME;
                    case "ceph" -> SecretUsageType.CEPH;
                    case "iscsi" -> SecretUsageType.ISCSI;
                    case "tls" -> SecretUsageType.TLS;
                    case "vtpm" -> SecretUsageType.VTPM;
                    default -> SecretUsageType.NONE;
                };
        return Waiting.await(libvirt.secrets().find(type, name.substring(colon + 1)));
    }

    private NwfilterCalls filters() {
        return new NwfilterCalls(libvirt);
    }
}
