// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.client.event.Event;
import dev.virtwire.client.event.EventKind;
import dev.virtwire.client.event.MonitorEvent;
import dev.virtwire.client.event.MonitorEventKind;
import dev.virtwire.client.event.NetworkEvent;
import dev.virtwire.client.event.NetworkEventKind;
import dev.virtwire.client.event.NodeDeviceEvent;
import dev.virtwire.client.event.NodeDeviceEventKind;
import dev.virtwire.client.event.SecretEvent;
import dev.virtwire.client.event.SecretEventKind;
import dev.virtwire.client.event.StoragePoolEvent;
import dev.virtwire.client.event.StoragePoolEventKind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What an event of one kind is printed with: fields with libvirt's words, in order, each a text, a number, a map, a
 * list or nothing.
 *
 * @param <E> the events
 * @param sort what it happens to, in one word: {@code domain}, {@code network} …
 * @param kind the kind
 * @param type the events' class
 * @param describe their fields
 */
record EventShape<E extends Event>(
        String sort, EventKind<?, E> kind, Class<E> type, Function<E, Map<String, @Nullable Object>> describe) {
    private static final List<EventShape<?>> ALL = new ArrayList<>();

    static {
        domain(
                DomainEventKind.LIFECYCLE,
                DomainEvent.Lifecycle.class,
                e -> fields("type", word(e.type(), e.typeNumber()), "detail", word(e.detail(), e.detailNumber())));
        domain(DomainEventKind.REBOOT, DomainEvent.Reboot.class, e -> fields());
        domain(DomainEventKind.RTC_CHANGE, DomainEvent.RtcChange.class, e -> fields("offset", e.offset()));
        domain(
                DomainEventKind.WATCHDOG,
                DomainEvent.Watchdog.class,
                e -> fields("action", word(e.action(), e.actionNumber())));
        domain(
                DomainEventKind.IO_ERROR,
                DomainEvent.IoError.class,
                e -> fields("path", e.path(), "alias", e.alias(), "action", word(e.action(), e.actionNumber())));
        domain(
                DomainEventKind.GRAPHICS,
                DomainEvent.Graphics.class,
                e -> fields(
                        "phase", word(e.phase(), e.phaseNumber()),
                        "local", end(e.local()),
                        "remote", end(e.remote()),
                        "authScheme", e.authScheme(),
                        "subject",
                                e.subject().stream()
                                        .map(name -> fields("type", name.type(), "name", name.name()))
                                        .toList()));
        domain(
                DomainEventKind.IO_ERROR_REASON,
                DomainEvent.IoErrorReason.class,
                e -> fields(
                        "path", e.path(),
                        "alias", e.alias(),
                        "action", word(e.action(), e.actionNumber()),
                        "reason", e.reason()));
        domain(DomainEventKind.CONTROL_ERROR, DomainEvent.ControlError.class, e -> fields());
        domain(
                DomainEventKind.BLOCK_JOB,
                DomainEvent.BlockJob.class,
                e -> fields(
                        "path", e.path(),
                        "type", word(e.type(), e.typeNumber()),
                        "status", word(e.status(), e.statusNumber())));
        domain(
                DomainEventKind.DISK_CHANGE,
                DomainEvent.DiskChange.class,
                e -> fields(
                        "oldPath", e.oldPath(),
                        "newPath", e.newPath(),
                        "alias", e.alias(),
                        "reason", word(e.reason(), e.reasonNumber())));
        domain(
                DomainEventKind.TRAY_CHANGE,
                DomainEvent.TrayChange.class,
                e -> fields("alias", e.alias(), "reason", word(e.reason(), e.reasonNumber())));
        domain(DomainEventKind.PM_WAKEUP, DomainEvent.PmWakeup.class, e -> fields());
        domain(DomainEventKind.PM_SUSPEND, DomainEvent.PmSuspend.class, e -> fields());
        domain(
                DomainEventKind.BALLOON_CHANGE,
                DomainEvent.BalloonChange.class,
                e -> fields("actualKiB", e.actualKiB()));
        domain(DomainEventKind.PM_SUSPEND_DISK, DomainEvent.PmSuspendDisk.class, e -> fields());
        domain(DomainEventKind.DEVICE_REMOVED, DomainEvent.DeviceRemoved.class, e -> fields("alias", e.alias()));
        domain(
                DomainEventKind.BLOCK_JOB_2,
                DomainEvent.BlockJob2.class,
                e -> fields(
                        "disk", e.disk(),
                        "type", word(e.type(), e.typeNumber()),
                        "status", word(e.status(), e.statusNumber())));
        domain(DomainEventKind.TUNABLE, DomainEvent.Tunable.class, e -> fields("values", e.values()));
        domain(
                DomainEventKind.AGENT_LIFECYCLE,
                DomainEvent.AgentLifecycle.class,
                e -> fields("state", word(e.state(), e.stateNumber()), "reason", word(e.reason(), e.reasonNumber())));
        domain(DomainEventKind.DEVICE_ADDED, DomainEvent.DeviceAdded.class, e -> fields("alias", e.alias()));
        domain(
                DomainEventKind.MIGRATION_ITERATION,
                DomainEvent.MigrationIteration.class,
                e -> fields("iteration", e.iteration()));
        domain(DomainEventKind.JOB_COMPLETED, DomainEvent.JobCompleted.class, e -> job(e.statistics()));
        domain(
                DomainEventKind.DEVICE_REMOVAL_FAILED,
                DomainEvent.DeviceRemovalFailed.class,
                e -> fields("alias", e.alias()));
        domain(
                DomainEventKind.METADATA_CHANGE,
                DomainEvent.MetadataChange.class,
                e -> fields("type", word(e.type(), e.typeNumber()), "namespace", e.namespace()));
        domain(
                DomainEventKind.BLOCK_THRESHOLD,
                DomainEvent.BlockThreshold.class,
                e -> fields("device", e.device(), "path", e.path(), "threshold", e.threshold(), "excess", e.excess()));
        domain(
                DomainEventKind.MEMORY_FAILURE,
                DomainEvent.MemoryFailure.class,
                e -> fields(
                        "recipient", word(e.recipient(), e.recipientNumber()),
                        "action", word(e.action(), e.actionNumber()),
                        "flags", e.flags().stream().map(EventShape::word).toList()));
        domain(
                DomainEventKind.MEMORY_DEVICE_SIZE_CHANGE,
                DomainEvent.MemoryDeviceSizeChange.class,
                e -> fields("alias", e.alias(), "sizeKiB", e.sizeKiB()));
        domain(
                DomainEventKind.NIC_MAC_CHANGE,
                DomainEvent.NicMacChange.class,
                e -> fields("alias", e.alias(), "oldMac", e.oldMac(), "newMac", e.newMac()));
        domain(DomainEventKind.VCPU_REMOVED, DomainEvent.VcpuRemoved.class, e -> fields("vcpu", e.vcpu()));
        domain(
                DomainEventKind.CHANNEL_LIFECYCLE,
                DomainEvent.ChannelLifecycle.class,
                e -> fields(
                        "channel", e.channel(),
                        "state", word(e.state(), e.stateNumber()),
                        "reason", word(e.reason(), e.reasonNumber())));

        other(
                "network",
                NetworkEventKind.LIFECYCLE,
                NetworkEvent.Lifecycle.class,
                e -> fields("type", word(e.type(), e.typeNumber())));
        other(
                "network",
                NetworkEventKind.METADATA_CHANGE,
                NetworkEvent.MetadataChange.class,
                e -> fields("type", word(e.type(), e.typeNumber()), "namespace", e.namespace()));
        other(
                "pool",
                StoragePoolEventKind.LIFECYCLE,
                StoragePoolEvent.Lifecycle.class,
                e -> fields("type", word(e.type(), e.typeNumber())));
        other("pool", StoragePoolEventKind.REFRESH, StoragePoolEvent.Refresh.class, e -> fields());
        other(
                "node-device",
                NodeDeviceEventKind.LIFECYCLE,
                NodeDeviceEvent.Lifecycle.class,
                e -> fields("type", word(e.type(), e.typeNumber())));
        other("node-device", NodeDeviceEventKind.UPDATE, NodeDeviceEvent.Update.class, e -> fields());
        other(
                "secret",
                SecretEventKind.LIFECYCLE,
                SecretEvent.Lifecycle.class,
                e -> fields("type", word(e.type(), e.typeNumber())));
        other("secret", SecretEventKind.VALUE_CHANGED, SecretEvent.ValueChanged.class, e -> fields());
        other(
                "monitor",
                MonitorEventKind.ALL,
                MonitorEvent.class,
                e -> fields("name", e.name(), "at", e.time().toString(), "details", e.details()));
    }

    /** All kinds, domains' first. */
    static List<EventShape<?>> all() {
        return ALL;
    }

    /** The shape of an event. */
    static EventShape<?> of(Event event) {
        return ALL.stream()
                .filter(shape -> shape.type.isInstance(event))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no shape for " + event));
    }

    /** The fields of an event of this shape, but for what it is of. */
    Map<String, @Nullable Object> fieldsOf(Event event) {
        return describe.apply(type.cast(event));
    }

    /** The object that an event is about; if it has a name for people, that comes first. */
    static Map<String, @Nullable Object> object(Event event) {
        if (event instanceof DomainEvent of) {
            return object(of.domain());
        } else if (event instanceof MonitorEvent of) {
            return object(of.domain());
        } else if (event instanceof NetworkEvent of) {
            return fields(
                    "network", of.network().name(), "uuid", of.network().uuid().toString());
        } else if (event instanceof StoragePoolEvent of) {
            return fields("pool", of.pool().name(), "uuid", of.pool().uuid().toString());
        } else if (event instanceof NodeDeviceEvent of) {
            return fields("device", of.device().name());
        } else if (event instanceof SecretEvent of) {
            return fields(
                    "uuid", of.secret().uuid().toString(),
                    "usageType", word(of.secret().usageType(), of.secret().ref().usageType()),
                    "usage", of.secret().usage());
        }
        throw new IllegalStateException("no object of " + event);
    }

    private static Map<String, @Nullable Object> object(Domain domain) {
        return fields("domain", domain.name(), "uuid", domain.uuid().toString());
    }

    private static <E extends DomainEvent> void domain(
            DomainEventKind<E> kind, Class<E> type, Function<E, Map<String, @Nullable Object>> fields) {
        other("domain", kind, type, fields);
    }

    private static <E extends Event> void other(
            String sort, EventKind<?, E> kind, Class<E> type, Function<E, Map<String, @Nullable Object>> fields) {
        ALL.add(new EventShape<>(sort, kind, type, fields));
    }

    private static Map<String, @Nullable Object> end(DomainEvent.GraphicsEnd end) {
        return fields("family", word(end.family(), end.familyNumber()), "node", end.node(), "service", end.service());
    }

    private static Map<String, @Nullable Object> job(JobStatistics statistics) {
        Boolean success = statistics.success();
        return fields(
                "operation", statistics.operation().map(EventShape::word).orElse("unknown"),
                "outcome", success == null ? "unknown outcome" : success ? "success" : "failure",
                "message", statistics.errorMessage(),
                "elapsedMillis", statistics.elapsed().toMillis());
    }

    private static Map<String, @Nullable Object> fields(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return fields;
    }

    /** A constant's name, or its number if this program does not know it. */
    private static Object word(Optional<? extends Enum<?>> constant, int number) {
        return constant.<Object>map(EventShape::word).orElse(number);
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
