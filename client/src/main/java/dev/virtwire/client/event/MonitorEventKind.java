// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.qemu.ConnectDomainMonitorEventDeregisterArgs;
import dev.virtwire.protocol.qemu.ConnectDomainMonitorEventRegisterArgs;
import dev.virtwire.protocol.qemu.ConnectDomainMonitorEventRegisterResult;
import dev.virtwire.protocol.qemu.DomainMonitorEventMessage;
import dev.virtwire.protocol.qemu.QemuMonitorEventFlags;
import dev.virtwire.protocol.qemu.QemuProcedures;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Events of QEMU's monitor, as they are: all of them or some. They follow QEMU's versions and not libvirt's; where a
 * {@link DomainEventKind} tells of the same, that is the one to build on. Only QEMU's driver has them, and only a connection
 * that may write.
 *
 * @since 0.1
 */
public final class MonitorEventKind extends EventKind<Domain, MonitorEvent> {
    /** All events. */
    public static final MonitorEventKind ALL = new MonitorEventKind(null, Set.of());

    private MonitorEventKind(@Nullable String event, Set<QemuMonitorEventFlags> flags) {
        super(
                "monitor",
                new Wire<>(
                        QemuProcedures.DOMAIN_MONITOR_EVENT,
                        DomainMonitorEventMessage::callbackId,
                        (libvirt, body) -> new MonitorEvent(
                                Domain.of(libvirt, body.domain()),
                                body.event(),
                                Instant.ofEpochSecond(body.seconds()).plus(body.micros(), ChronoUnit.MICROS),
                                body.details()),
                        new Calls<>(
                                QemuProcedures.CONNECT_DOMAIN_MONITOR_EVENT_REGISTER,
                                of -> new ConnectDomainMonitorEventRegisterArgs(
                                        of == null ? null : of.ref(), event, flags),
                                ConnectDomainMonitorEventRegisterResult::callbackId,
                                QemuProcedures.CONNECT_DOMAIN_MONITOR_EVENT_DEREGISTER,
                                ConnectDomainMonitorEventDeregisterArgs::new,
                                Domain::uuid,
                                "all domains",
                                Domain::name)));
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
}
