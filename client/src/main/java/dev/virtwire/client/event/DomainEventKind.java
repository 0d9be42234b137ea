// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.EventMessage;
import dev.virtwire.protocol.remote.DomainEventId;
import dev.virtwire.protocol.remote.EventProcedures;
import java.util.List;

/**
 * A kind of domain event, by libvirt's names ({@code VIR_DOMAIN_EVENT_ID_…}).
 *
 * @param <E> the events
 * @since 0.1
 */
public final class DomainEventKind<E extends DomainEvent> extends EventKind<Domain, E> {
    /** A domain was defined, started, stopped and the like. */
    public static final DomainEventKind<DomainEvent.Lifecycle> LIFECYCLE =
            new DomainEventKind<>(DomainEventId.LIFECYCLE, EventProcedures.DOMAIN_EVENT_CALLBACK_LIFECYCLE);

    /** The guest was rebooted. */
    public static final DomainEventKind<DomainEvent.Reboot> REBOOT =
            new DomainEventKind<>(DomainEventId.REBOOT, EventProcedures.DOMAIN_EVENT_CALLBACK_REBOOT);

    /** The guest set its hardware clock. */
    public static final DomainEventKind<DomainEvent.RtcChange> RTC_CHANGE =
            new DomainEventKind<>(DomainEventId.RTC_CHANGE, EventProcedures.DOMAIN_EVENT_CALLBACK_RTC_CHANGE);

    /** The guest's watchdog fired. */
    public static final DomainEventKind<DomainEvent.Watchdog> WATCHDOG =
            new DomainEventKind<>(DomainEventId.WATCHDOG, EventProcedures.DOMAIN_EVENT_CALLBACK_WATCHDOG);

    /** Reading or writing a disk failed. {@link #IO_ERROR_REASON} says more. */
    public static final DomainEventKind<DomainEvent.IoError> IO_ERROR =
            new DomainEventKind<>(DomainEventId.IO_ERROR, EventProcedures.DOMAIN_EVENT_CALLBACK_IO_ERROR);

    /** Somebody came to or left a graphics server. */
    public static final DomainEventKind<DomainEvent.Graphics> GRAPHICS =
            new DomainEventKind<>(DomainEventId.GRAPHICS, EventProcedures.DOMAIN_EVENT_CALLBACK_GRAPHICS);

    /** Reading or writing a disk failed, with a reason. */
    public static final DomainEventKind<DomainEvent.IoErrorReason> IO_ERROR_REASON =
            new DomainEventKind<>(DomainEventId.IO_ERROR_REASON, EventProcedures.DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON);

    /** The host lost control of the domain. */
    public static final DomainEventKind<DomainEvent.ControlError> CONTROL_ERROR =
            new DomainEventKind<>(DomainEventId.CONTROL_ERROR, EventProcedures.DOMAIN_EVENT_CALLBACK_CONTROL_ERROR);

    /** The job of one disk ended or changed; the disk is named by its image. {@link #BLOCK_JOB_2} names its target. */
    public static final DomainEventKind<DomainEvent.BlockJob> BLOCK_JOB =
            new DomainEventKind<>(DomainEventId.BLOCK_JOB, EventProcedures.DOMAIN_EVENT_CALLBACK_BLOCK_JOB);

    /** A start found no medium for a drive, and changed or dropped it. */
    public static final DomainEventKind<DomainEvent.DiskChange> DISK_CHANGE =
            new DomainEventKind<>(DomainEventId.DISK_CHANGE, EventProcedures.DOMAIN_EVENT_CALLBACK_DISK_CHANGE);

    /** A drive was opened or closed. */
    public static final DomainEventKind<DomainEvent.TrayChange> TRAY_CHANGE =
            new DomainEventKind<>(DomainEventId.TRAY_CHANGE, EventProcedures.DOMAIN_EVENT_CALLBACK_TRAY_CHANGE);

    /** The guest woke. */
    public static final DomainEventKind<DomainEvent.PmWakeup> PM_WAKEUP =
            new DomainEventKind<>(DomainEventId.PM_WAKEUP, EventProcedures.DOMAIN_EVENT_CALLBACK_PMWAKEUP);

    /** The guest went to sleep, its state in memory. */
    public static final DomainEventKind<DomainEvent.PmSuspend> PM_SUSPEND =
            new DomainEventKind<>(DomainEventId.PM_SUSPEND, EventProcedures.DOMAIN_EVENT_CALLBACK_PMSUSPEND);

    /** The guest's balloon changed its size. */
    public static final DomainEventKind<DomainEvent.BalloonChange> BALLOON_CHANGE =
            new DomainEventKind<>(DomainEventId.BALLOON_CHANGE, EventProcedures.DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE);

    /** The guest went to sleep, its state on a disk. */
    public static final DomainEventKind<DomainEvent.PmSuspendDisk> PM_SUSPEND_DISK =
            new DomainEventKind<>(DomainEventId.PM_SUSPEND_DISK, EventProcedures.DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK);

    /** A device is gone. */
    public static final DomainEventKind<DomainEvent.DeviceRemoved> DEVICE_REMOVED =
            new DomainEventKind<>(DomainEventId.DEVICE_REMOVED, EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED);

    /** The job of one disk ended or changed. */
    public static final DomainEventKind<DomainEvent.BlockJob2> BLOCK_JOB_2 =
            new DomainEventKind<>(DomainEventId.BLOCK_JOB2, EventProcedures.DOMAIN_EVENT_BLOCK_JOB2);

    /** Limits were changed. */
    public static final DomainEventKind<DomainEvent.Tunable> TUNABLE =
            new DomainEventKind<>(DomainEventId.TUNABLE, EventProcedures.DOMAIN_EVENT_CALLBACK_TUNABLE);

    /** The guest's agent came or went. */
    public static final DomainEventKind<DomainEvent.AgentLifecycle> AGENT_LIFECYCLE =
            new DomainEventKind<>(DomainEventId.AGENT_LIFECYCLE, EventProcedures.DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE);

    /** A device was plugged in. */
    public static final DomainEventKind<DomainEvent.DeviceAdded> DEVICE_ADDED =
            new DomainEventKind<>(DomainEventId.DEVICE_ADDED, EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_ADDED);

    /** A migration begins to go through the guest's memory once more. */
    public static final DomainEventKind<DomainEvent.MigrationIteration> MIGRATION_ITERATION = new DomainEventKind<>(
            DomainEventId.MIGRATION_ITERATION, EventProcedures.DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION);

    /** A domain's job ended. */
    public static final DomainEventKind<DomainEvent.JobCompleted> JOB_COMPLETED =
            new DomainEventKind<>(DomainEventId.JOB_COMPLETED, EventProcedures.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED);

    /** The guest refused to let a device go. */
    public static final DomainEventKind<DomainEvent.DeviceRemovalFailed> DEVICE_REMOVAL_FAILED = new DomainEventKind<>(
            DomainEventId.DEVICE_REMOVAL_FAILED, EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED);

    /** Title, description or custom metadata changed. */
    public static final DomainEventKind<DomainEvent.MetadataChange> METADATA_CHANGE =
            new DomainEventKind<>(DomainEventId.METADATA_CHANGE, EventProcedures.DOMAIN_EVENT_CALLBACK_METADATA_CHANGE);

    /** A disk was written past its threshold. */
    public static final DomainEventKind<DomainEvent.BlockThreshold> BLOCK_THRESHOLD =
            new DomainEventKind<>(DomainEventId.BLOCK_THRESHOLD, EventProcedures.DOMAIN_EVENT_BLOCK_THRESHOLD);

    /** The host's hardware found a fault in memory that the guest uses. */
    public static final DomainEventKind<DomainEvent.MemoryFailure> MEMORY_FAILURE =
            new DomainEventKind<>(DomainEventId.MEMORY_FAILURE, EventProcedures.DOMAIN_EVENT_MEMORY_FAILURE);

    /** The guest took more or less of a memory device. */
    public static final DomainEventKind<DomainEvent.MemoryDeviceSizeChange> MEMORY_DEVICE_SIZE_CHANGE =
            new DomainEventKind<>(
                    DomainEventId.MEMORY_DEVICE_SIZE_CHANGE, EventProcedures.DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE);

    /** The guest gave an interface another MAC address. */
    public static final DomainEventKind<DomainEvent.NicMacChange> NIC_MAC_CHANGE =
            new DomainEventKind<>(DomainEventId.NIC_MAC_CHANGE, EventProcedures.DOMAIN_EVENT_NIC_MAC_CHANGE);

    /** A virtual CPU is gone. */
    public static final DomainEventKind<DomainEvent.VcpuRemoved> VCPU_REMOVED =
            new DomainEventKind<>(DomainEventId.VCPU_REMOVED, EventProcedures.DOMAIN_EVENT_VCPU_REMOVED);

    /** The guest opened or closed a channel, the agent's among them. */
    public static final DomainEventKind<DomainEvent.ChannelLifecycle> CHANNEL_LIFECYCLE = new DomainEventKind<>(
            DomainEventId.CHANNEL_LIFECYCLE, EventProcedures.DOMAIN_EVENT_CALLBACK_CHANNEL_LIFECYCLE);

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
            NIC_MAC_CHANGE,
            VCPU_REMOVED,
            CHANNEL_LIFECYCLE);

    private DomainEventKind(DomainEventId id, EventMessage<?> message) {
        super(word(id), id.value(), message);
    }

    /** All kinds, in the order of libvirt's numbers. */
    public static List<DomainEventKind<?>> all() {
        return ALL;
    }
}
