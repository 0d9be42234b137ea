// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.qemu.QemuMonitorEventFlags;
import dev.virtwire.protocol.qemu.QemuProcedures;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Events of QEMU's monitor, as they are: all of them or some. They follow QEMU's versions and not libvirt's; if a
 * {@link DomainEventKind} tells of the same, that is the one to build on. Only QEMU's driver has them, and only a
 * connection that may write.
 *
 * @since 0.1
 */
public final class MonitorEventKind extends EventKind<Domain, MonitorEvent> {
    /** All events. */
    public static final MonitorEventKind ALL = new MonitorEventKind(null, Set.of());

    private final @Nullable String pattern;
    private final Set<QemuMonitorEventFlags> flags;

    private MonitorEventKind(@Nullable String pattern, Set<QemuMonitorEventFlags> flags) {
        super("monitor", -1, QemuProcedures.DOMAIN_MONITOR_EVENT);
        this.pattern = pattern;
        this.flags = Set.copyOf(flags);
    }

    /** Events of one name, such as {@code RTC_CHANGE}. */
    public static MonitorEventKind named(String event) {
        return new MonitorEventKind(event, Set.of());
    }

    /**
     * Events whose names match.
     *
     * @param regex a regular expression as the server's GLib reads it, which may match a part of the name
     * @param flags {@link QemuMonitorEventFlags#NOCASE} to match in any case
     */
    public static MonitorEventKind matching(String regex, QemuMonitorEventFlags... flags) {
        Set<QemuMonitorEventFlags> all = new HashSet<>(Set.of(flags));
        all.add(QemuMonitorEventFlags.REGEX);
        return new MonitorEventKind(regex, all);
    }

    /** The name, or what names have to match; null for all. */
    public @Nullable String pattern() {
        return pattern;
    }

    /** How the pattern is read. */
    public Set<QemuMonitorEventFlags> flags() {
        return flags;
    }
}
