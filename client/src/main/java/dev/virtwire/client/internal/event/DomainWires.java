// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
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
import dev.virtwire.protocol.remote.DomainEventCallbackChannelLifecycleMessage;
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
import dev.virtwire.protocol.remote.DomainEventMemoryDeviceSizeChangeMessage;
import dev.virtwire.protocol.remote.DomainEventMemoryFailureMessage;
import dev.virtwire.protocol.remote.DomainEventNicMacChangeMessage;
import dev.virtwire.protocol.remote.DomainEventVcpuRemovedMessage;
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.EventProcedures;
import dev.virtwire.protocol.remote.GraphicsAddress;
import java.util.function.BiFunction;
import java.util.function.Function;

/** What domains' events look like on the wire. */
final class DomainWires {
    private final EventWire.Table table;

    private DomainWires(EventWire.Table table) {
        this.table = table;
    }

    /** Puts all kinds into a table. */
    static void addTo(EventWire.Table table) {
        new DomainWires(table).addAll();
    }

    private void addAll() {
        domain(
                DomainEventKind.LIFECYCLE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_LIFECYCLE,
                DomainEventCallbackLifecycleMessage::domain,
                (domain, body) -> new DomainEvent.Lifecycle(domain, body.event(), body.detail()));
        domain(
                DomainEventKind.REBOOT,
                EventProcedures.DOMAIN_EVENT_CALLBACK_REBOOT,
                DomainEventCallbackRebootMessage::domain,
                (domain, body) -> new DomainEvent.Reboot(domain));
        domain(
                DomainEventKind.RTC_CHANGE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_RTC_CHANGE,
                DomainEventCallbackRtcChangeMessage::domain,
                (domain, body) -> new DomainEvent.RtcChange(domain, body.offset()));
        domain(
                DomainEventKind.WATCHDOG,
                EventProcedures.DOMAIN_EVENT_CALLBACK_WATCHDOG,
                DomainEventCallbackWatchdogMessage::domain,
                (domain, body) -> new DomainEvent.Watchdog(domain, body.action()));
        domain(
                DomainEventKind.IO_ERROR,
                EventProcedures.DOMAIN_EVENT_CALLBACK_IO_ERROR,
                DomainEventCallbackIoErrorMessage::domain,
                (domain, body) -> new DomainEvent.IoError(domain, body.srcPath(), body.devAlias(), body.action()));
        domain(
                DomainEventKind.GRAPHICS,
                EventProcedures.DOMAIN_EVENT_CALLBACK_GRAPHICS,
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
        domain(
                DomainEventKind.IO_ERROR_REASON,
                EventProcedures.DOMAIN_EVENT_CALLBACK_IO_ERROR_REASON,
                DomainEventCallbackIoErrorReasonMessage::domain,
                (domain, body) -> new DomainEvent.IoErrorReason(
                        domain, body.srcPath(), body.devAlias(), body.action(), body.reason()));
        domain(
                DomainEventKind.CONTROL_ERROR,
                EventProcedures.DOMAIN_EVENT_CALLBACK_CONTROL_ERROR,
                DomainEventCallbackControlErrorMessage::domain,
                (domain, body) -> new DomainEvent.ControlError(domain));
        domain(
                DomainEventKind.BLOCK_JOB,
                EventProcedures.DOMAIN_EVENT_CALLBACK_BLOCK_JOB,
                DomainEventCallbackBlockJobMessage::domain,
                (domain, body) -> new DomainEvent.BlockJob(domain, body.path(), body.type(), body.status()));
        domain(
                DomainEventKind.DISK_CHANGE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_DISK_CHANGE,
                DomainEventCallbackDiskChangeMessage::domain,
                (domain, body) -> new DomainEvent.DiskChange(
                        domain, body.oldSrcPath(), body.newSrcPath(), body.devAlias(), body.reason()));
        domain(
                DomainEventKind.TRAY_CHANGE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_TRAY_CHANGE,
                DomainEventCallbackTrayChangeMessage::domain,
                (domain, body) -> new DomainEvent.TrayChange(domain, body.devAlias(), body.reason()));
        domain(
                DomainEventKind.PM_WAKEUP,
                EventProcedures.DOMAIN_EVENT_CALLBACK_PMWAKEUP,
                DomainEventCallbackPmwakeupMessage::domain,
                (domain, body) -> new DomainEvent.PmWakeup(domain, body.reason()));
        domain(
                DomainEventKind.PM_SUSPEND,
                EventProcedures.DOMAIN_EVENT_CALLBACK_PMSUSPEND,
                DomainEventCallbackPmsuspendMessage::domain,
                (domain, body) -> new DomainEvent.PmSuspend(domain, body.reason()));
        domain(
                DomainEventKind.BALLOON_CHANGE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_BALLOON_CHANGE,
                DomainEventCallbackBalloonChangeMessage::domain,
                (domain, body) -> new DomainEvent.BalloonChange(domain, body.actual()));
        domain(
                DomainEventKind.PM_SUSPEND_DISK,
                EventProcedures.DOMAIN_EVENT_CALLBACK_PMSUSPEND_DISK,
                DomainEventCallbackPmsuspendDiskMessage::domain,
                (domain, body) -> new DomainEvent.PmSuspendDisk(domain, body.reason()));
        domain(
                DomainEventKind.DEVICE_REMOVED,
                EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVED,
                DomainEventCallbackDeviceRemovedMessage::domain,
                (domain, body) -> new DomainEvent.DeviceRemoved(domain, body.devAlias()));
        domain(
                DomainEventKind.BLOCK_JOB_2,
                EventProcedures.DOMAIN_EVENT_BLOCK_JOB2,
                DomainEventBlockJob2Message::domain,
                (domain, body) -> new DomainEvent.BlockJob2(domain, body.dst(), body.type(), body.status()));
        domain(
                DomainEventKind.TUNABLE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_TUNABLE,
                DomainEventCallbackTunableMessage::domain,
                (domain, body) -> new DomainEvent.Tunable(
                        domain, TypedParameters.ofWire(body.params()).toMap()));
        domain(
                DomainEventKind.AGENT_LIFECYCLE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_AGENT_LIFECYCLE,
                DomainEventCallbackAgentLifecycleMessage::domain,
                (domain, body) -> new DomainEvent.AgentLifecycle(domain, body.state(), body.reason()));
        domain(
                DomainEventKind.DEVICE_ADDED,
                EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_ADDED,
                DomainEventCallbackDeviceAddedMessage::domain,
                (domain, body) -> new DomainEvent.DeviceAdded(domain, body.devAlias()));
        domain(
                DomainEventKind.MIGRATION_ITERATION,
                EventProcedures.DOMAIN_EVENT_CALLBACK_MIGRATION_ITERATION,
                DomainEventCallbackMigrationIterationMessage::domain,
                (domain, body) -> new DomainEvent.MigrationIteration(domain, body.iteration()));
        domain(
                DomainEventKind.JOB_COMPLETED,
                EventProcedures.DOMAIN_EVENT_CALLBACK_JOB_COMPLETED,
                DomainEventCallbackJobCompletedMessage::domain,
                (domain, body) -> new DomainEvent.JobCompleted(domain, JobStatistics.of(0, body.params())));
        domain(
                DomainEventKind.DEVICE_REMOVAL_FAILED,
                EventProcedures.DOMAIN_EVENT_CALLBACK_DEVICE_REMOVAL_FAILED,
                DomainEventCallbackDeviceRemovalFailedMessage::domain,
                (domain, body) -> new DomainEvent.DeviceRemovalFailed(domain, body.devAlias()));
        domain(
                DomainEventKind.METADATA_CHANGE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_METADATA_CHANGE,
                DomainEventCallbackMetadataChangeMessage::domain,
                (domain, body) -> new DomainEvent.MetadataChange(domain, body.type(), body.nsuri()));
        domain(
                DomainEventKind.BLOCK_THRESHOLD,
                EventProcedures.DOMAIN_EVENT_BLOCK_THRESHOLD,
                DomainEventBlockThresholdMessage::domain,
                (domain, body) -> new DomainEvent.BlockThreshold(
                        domain, body.dev(), body.path(), body.threshold(), body.excess()));
        domain(
                DomainEventKind.MEMORY_FAILURE,
                EventProcedures.DOMAIN_EVENT_MEMORY_FAILURE,
                DomainEventMemoryFailureMessage::domain,
                (domain, body) -> new DomainEvent.MemoryFailure(domain, body.recipient(), body.action(), body.flags()));
        domain(
                DomainEventKind.MEMORY_DEVICE_SIZE_CHANGE,
                EventProcedures.DOMAIN_EVENT_MEMORY_DEVICE_SIZE_CHANGE,
                DomainEventMemoryDeviceSizeChangeMessage::domain,
                (domain, body) -> new DomainEvent.MemoryDeviceSizeChange(domain, body.alias(), body.size()));
        domain(
                DomainEventKind.NIC_MAC_CHANGE,
                EventProcedures.DOMAIN_EVENT_NIC_MAC_CHANGE,
                DomainEventNicMacChangeMessage::domain,
                (domain, body) -> new DomainEvent.NicMacChange(domain, body.alias(), body.oldMac(), body.newMac()));
        domain(
                DomainEventKind.VCPU_REMOVED,
                EventProcedures.DOMAIN_EVENT_VCPU_REMOVED,
                DomainEventVcpuRemovedMessage::domain,
                (domain, body) -> new DomainEvent.VcpuRemoved(domain, body.vcpuid()));
        domain(
                DomainEventKind.CHANNEL_LIFECYCLE,
                EventProcedures.DOMAIN_EVENT_CALLBACK_CHANNEL_LIFECYCLE,
                DomainEventCallbackChannelLifecycleMessage::domain,
                (domain, body) ->
                        new DomainEvent.ChannelLifecycle(domain, body.channelName(), body.state(), body.reason()));
    }

    private static DomainEvent.GraphicsEnd end(GraphicsAddress address) {
        return new DomainEvent.GraphicsEnd(address.family(), address.node(), address.service());
    }

    private <B, E extends DomainEvent> void domain(
            DomainEventKind<E> kind,
            EventMessage<B> message,
            Function<B, DomainRef> domain,
            BiFunction<Domain, B, E> toEvent) {
        table.put(
                kind,
                message,
                new EventWire.Calls<>(
                        EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY,
                        of -> new ConnectDomainEventCallbackRegisterAnyArgs(
                                kind.number(), of == null ? null : of.ref()),
                        ConnectDomainEventCallbackRegisterAnyResult::callbackId,
                        EventProcedures.CONNECT_DOMAIN_EVENT_CALLBACK_DEREGISTER_ANY,
                        ConnectDomainEventCallbackDeregisterAnyArgs::new,
                        Domain::name,
                        "all domains"),
                (libvirt, body) -> toEvent.apply(Domain.of(libvirt, domain.apply(body)), body));
    }
}
