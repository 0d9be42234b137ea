// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackDeregisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyArgs;
import dev.virtwire.protocol.remote.ConnectDomainEventCallbackRegisterAnyResult;
import dev.virtwire.protocol.remote.DomainEventBlockJob2Message;
import dev.virtwire.protocol.remote.DomainEventBlockThresholdMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackAgentLifecycleMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackBalloonChangeMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackBlockJobMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackControlErrorMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackDeviceAddedMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackDeviceRemovalFailedMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackDeviceRemovedMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackDiskChangeMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackGraphicsMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackIoErrorMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackIoErrorReasonMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackJobCompletedMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackLifecycleMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackMetadataChangeMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackMigrationIterationMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackPmsuspendDiskMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackPmsuspendMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackPmwakeupMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackRebootMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackRtcChangeMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackTrayChangeMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackTunableMessage;
import dev.virtwire.protocol.remote.DomainEventCallbackWatchdogMessage;
import dev.virtwire.protocol.remote.DomainEventId;
import dev.virtwire.protocol.remote.DomainEventMemoryDeviceSizeChangeMessage;
import dev.virtwire.protocol.remote.DomainEventMemoryFailureMessage;
import dev.virtwire.protocol.remote.DomainEventNicMacChangeMessage;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.protocol.remote.GraphicsAddress;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * A kind of domain event, by libvirt's names ({@code VIR_DOMAIN_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class DomainEventKind<E extends DomainEvent> extends EventKind<Domain, E> {
    /** A domain was defined, started, stopped and the like. */
    public static final DomainEventKind<DomainEvent.Lifecycle> LIFECYCLE = kind(
            DomainEventId.LIFECYCLE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_LIFECYCLE,
            DomainEventCallbackLifecycleMessage::callbackId,
            DomainEventCallbackLifecycleMessage::domain,
            (domain, body) -> new DomainEvent.Lifecycle(domain, body.event(), body.detail()));

    /** The guest was rebooted. */
    public static final DomainEventKind<DomainEvent.Reboot> REBOOT = kind(
            DomainEventId.REBOOT,
            EventProcedures.DOMAIN_EVENT_CALLBACK_REBOOT,
            DomainEventCallbackRebootMessage::callbackId,
            DomainEventCallbackRebootMessage::domain,
            (domain, body) -> new DomainEvent.Reboot(domain));

    /** The guest set its hardware clock. */
    public static final DomainEventKind<DomainEvent.RtcChange> RTC_CHANGE = kind(
            DomainEventId.RTC_CHANGE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_RTC_CHANGE,
            DomainEventCallbackRtcChangeMessage::callbackId,
            DomainEventCallbackRtcChangeMessage::domain,
            (domain, body) -> new DomainEvent.RtcChange(domain, body.offset()));

    /** The guest's watchdog fired. */
    public static final DomainEventKind<DomainEvent.Watchdog> WATCHDOG = kind(
            DomainEventId.WATCHDOG,
            EventProcedures.DOMAIN_EVENT_CALLBACK_WATCHDOG,
            DomainEventCallbackWatchdogMessage::callbackId,
            DomainEventCallbackWatchdogMessage::domain,
            (domain, body) -> new DomainEvent.Watchdog(domain, body.action()));

    /** Reading or writing a disk failed. {@link #IO_ERROR_REASON} says more. */
    public static final DomainEventKind<DomainEvent.IoError> IO_ERROR = kind(
            DomainEventId.IO_ERROR,
            EventProcedures.DOMAIN_EVENT_CALLBACK_IO_ERROR,
            DomainEventCallbackIoErrorMessage::callbackId,
            DomainEventCallbackIoErrorMessage::domain,
            (domain, body) -> new DomainEvent.IoError(domain, body.srcPath(), body.devAlias(), body.action()));

    /** Somebody came to or left a graphics server. */
    public static final DomainEventKind<DomainEvent.Graphics> GRAPHICS = kind(
            DomainEventId.GRAPHICS,
            EventProcedures.DOMAIN_EVENT_CALLBACK_GRAPHICS,
            DomainEventCallbackGraphicsMessage::callbackId,
            DomainEventCallbackGraphicsMessage::domain,
            (domain, body) -> new DomainEvent.Graphics(
                    domain,
                    body.phase(),
                    end(body.local()),
                    end(body.remote()),
                    body.authScheme(),
                    body.subject().stream()
                            .map(name -> new DomainEvent.GraphicsName(name.type(), name.name()))
                            .toList()));

    /** Reading or writing a disk failed, with a reason. */
    public static final DomainEventKind<DomainEvent.IoErrorReason> IO_ERROR_REASON = kind(
            DomainEventId.IO_ERROR_REASON,
            EventProcedures.DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON,
            DomainEventCallbackIoErrorReasonMessage::callbackId,
            DomainEventCallbackIoErrorReasonMessage::domain,
            (domain, body) -> new DomainEvent.IoErrorReason(
                    domain, body.srcPath(), body.devAlias(), body.action(), body.reason()));

    /** The host lost control of the domain. */
    public static final DomainEventKind<DomainEvent.ControlError> CONTROL_ERROR = kind(
            DomainEventId.CONTROL_ERROR,
            EventProcedures.DOMAIN_EVENT_CALLBACK_CONTROL_ERROR,
            DomainEventCallbackControlErrorMessage::callbackId,
            DomainEventCallbackControlErrorMessage::domain,
            (domain, body) -> new DomainEvent.ControlError(domain));

    /** The job of one disk ended or changed; the disk is named by its image. {@link #BLOCK_JOB_2} names its target. */
    public static final DomainEventKind<DomainEvent.BlockJob> BLOCK_JOB = kind(
            DomainEventId.BLOCK_JOB,
            EventProcedures.DOMAIN_EVENT_CALLBACK_BLOCK_JOB,
            DomainEventCallbackBlockJobMessage::callbackId,
            DomainEventCallbackBlockJobMessage::domain,
            (domain, body) -> new DomainEvent.BlockJob(domain, body.path(), body.type(), body.status()));

    /** A start found no medium for a drive, and changed or dropped it. */
    public static final DomainEventKind<DomainEvent.DiskChange> DISK_CHANGE = kind(
            DomainEventId.DISK_CHANGE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_DISK_CHANGE,
            DomainEventCallbackDiskChangeMessage::callbackId,
            DomainEventCallbackDiskChangeMessage::domain,
            (domain, body) -> new DomainEvent.DiskChange(
                    domain, body.oldSrcPath(), body.newSrcPath(), body.devAlias(), body.reason()));

    /** A drive was opened or closed. */
    public static final DomainEventKind<DomainEvent.TrayChange> TRAY_CHANGE = kind(
            DomainEventId.TRAY_CHANGE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_TRAY_CHANGE,
            DomainEventCallbackTrayChangeMessage::callbackId,
            DomainEventCallbackTrayChangeMessage::domain,
            (domain, body) -> new DomainEvent.TrayChange(domain, body.devAlias(), body.reason()));

    /** The guest woke. */
    public static final DomainEventKind<DomainEvent.PmWakeup> PM_WAKEUP = kind(
            DomainEventId.PM_WAKEUP,
            EventProcedures.DOMAIN_EVENT_CALLBACK_PMWAKEUP,
            DomainEventCallbackPmwakeupMessage::callbackId,
            DomainEventCallbackPmwakeupMessage::domain,
            (domain, body) -> new DomainEvent.PmWakeup(domain, body.reason()));

    /** The guest went to sleep, its state in memory. */
    public static final DomainEventKind<DomainEvent.PmSuspend> PM_SUSPEND = kind(
            DomainEventId.PM_SUSPEND,
            EventProcedures.DOMAIN_EVENT_CALLBACK_PMSUSPEND,
            DomainEventCallbackPmsuspendMessage::callbackId,
            DomainEventCallbackPmsuspendMessage::domain,
            (domain, body) -> new DomainEvent.PmSuspend(domain, body.reason()));

    /** The guest's balloon changed its size. */
    public static final DomainEventKind<DomainEvent.BalloonChange> BALLOON_CHANGE = kind(
            DomainEventId.BALLOON_CHANGE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE,
            DomainEventCallbackBalloonChangeMessage::callbackId,
            DomainEventCallbackBalloonChangeMessage::domain,
            (domain, body) -> new DomainEvent.BalloonChange(domain, body.actual()));

    /** The guest went to sleep, its state on a disk. */
    public static final DomainEventKind<DomainEvent.PmSuspendDisk> PM_SUSPEND_DISK = kind(
            DomainEventId.PM_SUSPEND_DISK,
            EventProcedures.DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK,
            DomainEventCallbackPmsuspendDiskMessage::callbackId,
            DomainEventCallbackPmsuspendDiskMessage::domain,
            (domain, body) -> new DomainEvent.PmSuspendDisk(domain, body.reason()));

    /** A device is gone. */
    public static final DomainEventKind<DomainEvent.DeviceRemoved> DEVICE_REMOVED = kind(
            DomainEventId.DEVICE_REMOVED,
            EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED,
            DomainEventCallbackDeviceRemovedMessage::callbackId,
            DomainEventCallbackDeviceRemovedMessage::domain,
            (domain, body) -> new DomainEvent.DeviceRemoved(domain, body.devAlias()));

    /** The job of one disk ended or changed. */
    public static final DomainEventKind<DomainEvent.BlockJob2> BLOCK_JOB_2 = kind(
            DomainEventId.BLOCK_JOB2,
            EventProcedures.DOMAIN_EVENT_BLOCK_JOB2,
            DomainEventBlockJob2Message::callbackId,
            DomainEventBlockJob2Message::domain,
            (domain, body) -> new DomainEvent.BlockJob2(domain, body.dst(), body.type(), body.status()));

    /** Limits were changed. */
    public static final DomainEventKind<DomainEvent.Tunable> TUNABLE = kind(
            DomainEventId.TUNABLE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_TUNABLE,
            DomainEventCallbackTunableMessage::callbackId,
            DomainEventCallbackTunableMessage::domain,
            (domain, body) -> new DomainEvent.Tunable(
                    domain, TypedParameters.ofWire(body.params()).toMap()));

    /** The guest's agent came or went. */
    public static final DomainEventKind<DomainEvent.AgentLifecycle> AGENT_LIFECYCLE = kind(
            DomainEventId.AGENT_LIFECYCLE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE,
            DomainEventCallbackAgentLifecycleMessage::callbackId,
            DomainEventCallbackAgentLifecycleMessage::domain,
            (domain, body) -> new DomainEvent.AgentLifecycle(domain, body.state(), body.reason()));

    /** A device was plugged in. */
    public static final DomainEventKind<DomainEvent.DeviceAdded> DEVICE_ADDED = kind(
            DomainEventId.DEVICE_ADDED,
            EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_ADDED,
            DomainEventCallbackDeviceAddedMessage::callbackId,
            DomainEventCallbackDeviceAddedMessage::domain,
            (domain, body) -> new DomainEvent.DeviceAdded(domain, body.devAlias()));

    /** A migration begins to go through the guest's memory once more. */
    public static final DomainEventKind<DomainEvent.MigrationIteration> MIGRATION_ITERATION = kind(
            DomainEventId.MIGRATION_ITERATION,
            EventProcedures.DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION,
            DomainEventCallbackMigrationIterationMessage::callbackId,
            DomainEventCallbackMigrationIterationMessage::domain,
            (domain, body) -> new DomainEvent.MigrationIteration(domain, body.iteration()));

    /** A domain's job ended. */
    public static final DomainEventKind<DomainEvent.JobCompleted> JOB_COMPLETED = kind(
            DomainEventId.JOB_COMPLETED,
            EventProcedures.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED,
            DomainEventCallbackJobCompletedMessage::callbackId,
            DomainEventCallbackJobCompletedMessage::domain,
            (domain, body) -> new DomainEvent.JobCompleted(domain, JobStatistics.of(0, body.params())));

    /** The guest refused to let a device go. */
    public static final DomainEventKind<DomainEvent.DeviceRemovalFailed> DEVICE_REMOVAL_FAILED = kind(
            DomainEventId.DEVICE_REMOVAL_FAILED,
            EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED,
            DomainEventCallbackDeviceRemovalFailedMessage::callbackId,
            DomainEventCallbackDeviceRemovalFailedMessage::domain,
            (domain, body) -> new DomainEvent.DeviceRemovalFailed(domain, body.devAlias()));

    /** Title, description or custom metadata changed. */
    public static final DomainEventKind<DomainEvent.MetadataChange> METADATA_CHANGE = kind(
            DomainEventId.METADATA_CHANGE,
            EventProcedures.DOMAIN_EVENT_CALLBACK_METADATA_CHANGE,
            DomainEventCallbackMetadataChangeMessage::callbackId,
            DomainEventCallbackMetadataChangeMessage::domain,
            (domain, body) -> new DomainEvent.MetadataChange(domain, body.type(), body.nsuri()));

    /** A disk was written past its threshold. */
    public static final DomainEventKind<DomainEvent.BlockThreshold> BLOCK_THRESHOLD = kind(
            DomainEventId.BLOCK_THRESHOLD,
            EventProcedures.DOMAIN_EVENT_BLOCK_THRESHOLD,
            DomainEventBlockThresholdMessage::callbackId,
            DomainEventBlockThresholdMessage::domain,
            (domain, body) ->
                    new DomainEvent.BlockThreshold(domain, body.dev(), body.path(), body.threshold(), body.excess()));

    /** The host's hardware found a fault in memory that the guest uses. */
    public static final DomainEventKind<DomainEvent.MemoryFailure> MEMORY_FAILURE = kind(
            DomainEventId.MEMORY_FAILURE,
            EventProcedures.DOMAIN_EVENT_MEMORY_FAILURE,
            DomainEventMemoryFailureMessage::callbackId,
            DomainEventMemoryFailureMessage::domain,
            (domain, body) -> new DomainEvent.MemoryFailure(domain, body.recipient(), body.action(), body.flags()));

    /** The guest took more or less of a memory device. */
    public static final DomainEventKind<DomainEvent.MemoryDeviceSizeChange> MEMORY_DEVICE_SIZE_CHANGE = kind(
            DomainEventId.MEMORY_DEVICE_SIZE_CHANGE,
            EventProcedures.DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE,
            DomainEventMemoryDeviceSizeChangeMessage::callbackId,
            DomainEventMemoryDeviceSizeChangeMessage::domain,
            (domain, body) -> new DomainEvent.MemoryDeviceSizeChange(domain, body.alias(), body.size()));

    /** The guest gave an interface another MAC address. */
    public static final DomainEventKind<DomainEvent.NicMacChange> NIC_MAC_CHANGE = kind(
            DomainEventId.NIC_MAC_CHANGE,
            EventProcedures.DOMAIN_EVENT_NIC_MAC_CHANGE,
            DomainEventNicMacChangeMessage::callbackId,
            DomainEventNicMacChangeMessage::domain,
            (domain, body) -> new DomainEvent.NicMacChange(domain, body.alias(), body.oldMac(), body.newMac()));

    private static final List<DomainEventKind<?>> ALL = List.of(
            LIFECYCLE,
            REBOOT,
            RTC_CHANGE,
            WATCHDOG,
            IO_ERROR,
            GRAPHICS,
            IO_ERROR_REASON,
            CONTROL_ERROR,
            BLOCK_JOB,
            DISK_CHANGE,
            TRAY_CHANGE,
            PM_WAKEUP,
            PM_SUSPEND,
            BALLOON_CHANGE,
            PM_SUSPEND_DISK,
            DEVICE_REMOVED,
            BLOCK_JOB_2,
            TUNABLE,
            AGENT_LIFECYCLE,
            DEVICE_ADDED,
            MIGRATION_ITERATION,
            JOB_COMPLETED,
            DEVICE_REMOVAL_FAILED,
            METADATA_CHANGE,
            BLOCK_THRESHOLD,
            MEMORY_FAILURE,
            MEMORY_DEVICE_SIZE_CHANGE,
            NIC_MAC_CHANGE);

    private DomainEventKind(String name, Wire<Domain, ?, E> wire) {
        super(name, wire);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<DomainEventKind<?>> all() {
        return ALL;
    }

    private static DomainEvent.GraphicsEnd end(GraphicsAddress address) {
        return new DomainEvent.GraphicsEnd(address.family(), address.node(), address.service());
    }

    private static <B, E extends DomainEvent> DomainEventKind<E> kind(
            DomainEventId id,
            EventMessage<B> message,
            ToIntFunction<B> callbackId,
            Function<B, DomainRef> domain,
            BiFunction<Domain, B, E> toEvent) {
        Registry<Domain> registry = new Calls<>(
                EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
                of -> new ConnectDomainEventCallbackRegisterAnyArgs(id.value(), of == null ? null : of.ref()),
                ConnectDomainEventCallbackRegisterAnyResult::callbackId,
                EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY,
                ConnectDomainEventCallbackDeregisterAnyArgs::new,
                Domain::uuid,
                "all domains",
                Domain::name);
        return new DomainEventKind<>(
                word(id),
                new Wire<>(
                        message,
                        callbackId,
                        (libvirt, body) -> toEvent.apply(Domain.of(libvirt, domain.apply(body)), body),
                        registry));
    }
}
