// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.Version;
import dev.virtwire.protocol.EventMessage;
import java.util.Collection;
import java.util.List;
import java.util.Locale;

/**
 * A kind of event that can be subscribed to by {@link Libvirt#events(EventKind)}: those of {@link DomainEventKind},
 * {@link NetworkEventKind}, {@link StoragePoolEventKind}, {@link NodeDeviceEventKind}, {@link SecretEventKind}, and
 * QEMU's own by {@link MonitorEventKind}.
 *
 * @param <T> what it happens to
 * @param <E> the events
 * @since 0.1
 */
public abstract sealed class EventKind<T, E extends Event>
        permits DomainEventKind,
                MonitorEventKind,
                NetworkEventKind,
                NodeDeviceEventKind,
                SecretEventKind,
                StoragePoolEventKind {
    private final String name;
    private final int number;
    private final Version since;

    EventKind(String name, int number, EventMessage<?> message) {
        this.name = name;
        this.number = number;
        this.since = Version.parse(message.since());
    }

    /** The kind's name in libvirt's words, such as {@code device-removed} or {@code network-lifecycle}. */
    public final String name() {
        return name;
    }

    /**
     * libvirt's number for it, such as that of {@code VIR_DOMAIN_EVENT_ID_REBOOT}; QEMU's own have none, and this is
     * −1.
     */
    public final int number() {
        return number;
    }

    /** The libvirt that brought it; an older server refuses a subscription to it. */
    public final Version since() {
        return since;
    }

    /** Those kinds that a server of this version knows, such as {@link Libvirt#libvirtVersion} tells. */
    public static <K extends EventKind<?, ?>> List<K> knownTo(Version server, Collection<K> kinds) {
        return kinds.stream()
                .filter(kind -> kind.since().compareTo(server) <= 0)
                .toList();
    }

    /** The kind's name. */
    @Override
    public final String toString() {
        return name;
    }

    /** A constant's name in libvirt's words: {@code BLOCK_JOB2} is {@code block-job-2}. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-').replaceFirst("(?<=[a-z])(?=\\d)", "-");
    }
}
