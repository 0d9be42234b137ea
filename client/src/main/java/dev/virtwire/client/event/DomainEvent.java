// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.internal.text.RecordText;
import dev.virtwire.protocol.remote.AgentLifecycleReason;
import dev.virtwire.protocol.remote.AgentLifecycleState;
import dev.virtwire.protocol.remote.BlockJobStatus;
import dev.virtwire.protocol.remote.BlockJobType;
import dev.virtwire.protocol.remote.ChannelLifecycleReason;
import dev.virtwire.protocol.remote.ChannelLifecycleState;
import dev.virtwire.protocol.remote.DiskChangeReason;
import dev.virtwire.protocol.remote.DomainCrashedDetail;
import dev.virtwire.protocol.remote.DomainDefinedDetail;
import dev.virtwire.protocol.remote.DomainEventType;
import dev.virtwire.protocol.remote.DomainMetadataType;
import dev.virtwire.protocol.remote.DomainPmSuspendedDetail;
import dev.virtwire.protocol.remote.DomainResumedDetail;
import dev.virtwire.protocol.remote.DomainShutdownDetail;
import dev.virtwire.protocol.remote.DomainStartedDetail;
import dev.virtwire.protocol.remote.DomainStoppedDetail;
import dev.virtwire.protocol.remote.DomainSuspendedDetail;
import dev.virtwire.protocol.remote.DomainUndefinedDetail;
import dev.virtwire.protocol.remote.GraphicsAddressFamily;
import dev.virtwire.protocol.remote.GraphicsPhase;
import dev.virtwire.protocol.remote.IoErrorAction;
import dev.virtwire.protocol.remote.MemoryFailureAction;
import dev.virtwire.protocol.remote.MemoryFailureFlags;
import dev.virtwire.protocol.remote.MemoryFailureRecipient;
import dev.virtwire.protocol.remote.TrayChangeReason;
import dev.virtwire.protocol.remote.WatchdogAction;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a domain: one record for each kind that libvirt has, named as its
 * {@code VIR_DOMAIN_EVENT_ID_…}. {@link DomainEventKind} has the kinds to subscribe to.
 *
 * @since 0.1
 */
public sealed interface DomainEvent extends Event {
    /** The domain. */
    Domain domain();

    /**
     * A domain was defined, started, stopped and the like ({@code VIR_DOMAIN_EVENT_ID_LIFECYCLE}).
     *
     * @param typeNumber what happened
     * @param detailNumber why, by a number whose meaning depends on what happened
     * @since 0.1
     */
    record Lifecycle(Domain domain, int typeNumber, int detailNumber) implements DomainEvent {
        /** What happened. */
        public Optional<DomainEventType> type() {
            return DomainEventType.of(typeNumber);
        }

        /** Why: a {@link DomainStartedDetail} if it was started, a {@link DomainStoppedDetail} if it stopped … */
        public Optional<? extends Enum<?>> detail() {
            return type().flatMap(type -> switch (type) {
                case DEFINED -> DomainDefinedDetail.of(detailNumber);
                case UNDEFINED -> DomainUndefinedDetail.of(detailNumber);
                case STARTED -> DomainStartedDetail.of(detailNumber);
                case SUSPENDED -> DomainSuspendedDetail.of(detailNumber);
                case RESUMED -> DomainResumedDetail.of(detailNumber);
                case STOPPED -> DomainStoppedDetail.of(detailNumber);
                case SHUTDOWN -> DomainShutdownDetail.of(detailNumber);
                case PM_SUSPENDED -> DomainPmSuspendedDetail.of(detailNumber);
                case CRASHED -> DomainCrashedDetail.of(detailNumber);
            });
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("Lifecycle")
                    .with("domain", domain)
                    .with("type", type(), typeNumber)
                    .with("detail", detail(), detailNumber)
                    .toString();
        }
    }

    /**
     * The guest was rebooted, by itself or not ({@code VIR_DOMAIN_EVENT_ID_REBOOT}).
     *
     * @since 0.1
     */
    record Reboot(Domain domain) implements DomainEvent {}

    /**
     * The guest set its hardware clock ({@code VIR_DOMAIN_EVENT_ID_RTC_CHANGE}).
     *
     * @param offset seconds between it and UTC
     * @since 0.1
     */
    record RtcChange(Domain domain, long offset) implements DomainEvent {}

    /**
     * The guest's watchdog fired ({@code VIR_DOMAIN_EVENT_ID_WATCHDOG}).
     *
     * @param actionNumber what was done about it
     * @since 0.1
     */
    record Watchdog(Domain domain, int actionNumber) implements DomainEvent {
        /** What was done about it. */
        public Optional<WatchdogAction> action() {
            return WatchdogAction.of(actionNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("Watchdog")
                    .with("domain", domain)
                    .with("action", action(), actionNumber)
                    .toString();
        }
    }

    /**
     * Reading or writing a disk failed on the host ({@code VIR_DOMAIN_EVENT_ID_IO_ERROR}).
     *
     * @param path the image's path on the host
     * @param alias the device's alias, such as {@code virtio-disk0}
     * @param actionNumber what was done about it
     * @since 0.1
     */
    record IoError(Domain domain, String path, String alias, int actionNumber) implements DomainEvent {
        /** What was done about it. */
        public Optional<IoErrorAction> action() {
            return IoErrorAction.of(actionNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("IoError")
                    .with("domain", domain)
                    .with("path", path)
                    .with("alias", alias)
                    .with("action", action(), actionNumber)
                    .toString();
        }
    }

    /**
     * Somebody came to or left a graphics server ({@code VIR_DOMAIN_EVENT_ID_GRAPHICS}).
     *
     * @param phaseNumber coming, come or gone
     * @param local the server's end
     * @param remote the other end
     * @param authScheme how who is there was found out, such as {@code vnc} or {@code sasl}; empty for not at all
     * @param subject who is there, by all names that are known
     * @since 0.1
     */
    record Graphics(
            Domain domain,
            int phaseNumber,
            GraphicsEnd local,
            GraphicsEnd remote,
            String authScheme,
            List<GraphicsName> subject)
            implements DomainEvent {
        /** Copies the names. */
        public Graphics {
            subject = List.copyOf(subject);
        }

        /** Coming, come or gone. */
        public Optional<GraphicsPhase> phase() {
            return GraphicsPhase.of(phaseNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("Graphics")
                    .with("domain", domain)
                    .with("phase", phase(), phaseNumber)
                    .with("local", local)
                    .with("remote", remote)
                    .with("authScheme", authScheme)
                    .with("subject", subject)
                    .toString();
        }
    }

    /**
     * One end of a connection to a graphics server.
     *
     * @param familyNumber the sort of address
     * @param node an address, or a socket's path
     * @param service a port; empty for a socket
     * @since 0.1
     */
    record GraphicsEnd(int familyNumber, String node, String service) {
        /** The sort of address. */
        public Optional<GraphicsAddressFamily> family() {
            return GraphicsAddressFamily.of(familyNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("GraphicsEnd")
                    .with("family", family(), familyNumber)
                    .with("node", node)
                    .with("service", service)
                    .toString();
        }
    }

    /**
     * A name of who is at a graphics server.
     *
     * @param type the sort of name, such as {@code x509dname} or {@code saslUsername}
     * @param name the name
     * @since 0.1
     */
    record GraphicsName(String type, String name) {}

    /**
     * As {@link IoError}, with a reason ({@code VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON}). A server sends both.
     *
     * @param path the image's path on the host
     * @param alias the device's alias
     * @param actionNumber what was done about it
     * @param reason such as {@code enospc}; empty if it is unknown
     * @since 0.1
     */
    record IoErrorReason(Domain domain, String path, String alias, int actionNumber, String reason)
            implements DomainEvent {
        /** What was done about it. */
        public Optional<IoErrorAction> action() {
            return IoErrorAction.of(actionNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("IoErrorReason")
                    .with("domain", domain)
                    .with("path", path)
                    .with("alias", alias)
                    .with("action", action(), actionNumber)
                    .with("reason", reason)
                    .toString();
        }
    }

    /**
     * The host lost control of the domain: its monitor does not answer ({@code VIR_DOMAIN_EVENT_ID_CONTROL_ERROR}).
     *
     * @since 0.1
     */
    record ControlError(Domain domain) implements DomainEvent {}

    /**
     * As {@link BlockJob2}, with the disk named by the path of its image, which a job may change
     * ({@code VIR_DOMAIN_EVENT_ID_BLOCK_JOB}). A server sends both.
     *
     * @param path the image's path on the host
     * @param typeNumber the kind of job
     * @param statusNumber how it stands
     * @since 0.1
     */
    record BlockJob(Domain domain, String path, int typeNumber, int statusNumber) implements DomainEvent {
        /** The kind of job. */
        public Optional<BlockJobType> type() {
            return BlockJobType.of(typeNumber);
        }

        /** How it stands. */
        public Optional<BlockJobStatus> status() {
            return BlockJobStatus.of(statusNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("BlockJob")
                    .with("domain", domain)
                    .with("path", path)
                    .with("type", type(), typeNumber)
                    .with("status", status(), statusNumber)
                    .toString();
        }
    }

    /**
     * A start found no medium for a drive, and changed or dropped it ({@code VIR_DOMAIN_EVENT_ID_DISK_CHANGE}).
     *
     * @param oldPath the image that was to be there, or null
     * @param newPath the one that is there, or null
     * @param alias the device's alias
     * @param reasonNumber why
     * @since 0.1
     */
    record DiskChange(
            Domain domain,
            @Nullable String oldPath,
            @Nullable String newPath,
            String alias,
            int reasonNumber) implements DomainEvent {
        /** Why. */
        public Optional<DiskChangeReason> reason() {
            return DiskChangeReason.of(reasonNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("DiskChange")
                    .with("reason", reason(), reasonNumber)
                    .toString();
        }
    }

    /**
     * A drive was opened or closed ({@code VIR_DOMAIN_EVENT_ID_TRAY_CHANGE}).
     *
     * @param alias the device's alias
     * @param reasonNumber opened or closed
     * @since 0.1
     */
    record TrayChange(Domain domain, String alias, int reasonNumber) implements DomainEvent {
        /** Opened or closed. */
        public Optional<TrayChangeReason> reason() {
            return TrayChangeReason.of(reasonNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("TrayChange")
                    .with("domain", domain)
                    .with("alias", alias)
                    .with("reason", reason(), reasonNumber)
                    .toString();
        }
    }

    /**
     * The guest woke ({@code VIR_DOMAIN_EVENT_ID_PMWAKEUP}).
     *
     * @param reason 0; libvirt has no others
     * @since 0.1
     */
    record PmWakeup(Domain domain, int reason) implements DomainEvent {}

    /**
     * The guest went to sleep, its state in memory ({@code VIR_DOMAIN_EVENT_ID_PMSUSPEND}).
     *
     * @param reason 0; libvirt has no others
     * @since 0.1
     */
    record PmSuspend(Domain domain, int reason) implements DomainEvent {}

    /**
     * The guest's balloon changed its size ({@code VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE}).
     *
     * @param actualKiB the memory that it leaves the guest, in KiB
     * @since 0.1
     */
    record BalloonChange(Domain domain, long actualKiB) implements DomainEvent {}

    /**
     * The guest went to sleep, its state on a disk ({@code VIR_DOMAIN_EVENT_ID_PMSUSPEND_DISK}).
     *
     * @param reason 0; libvirt has no others
     * @since 0.1
     */
    record PmSuspendDisk(Domain domain, int reason) implements DomainEvent {}

    /**
     * A device is gone, unplugged by the host or the guest ({@code VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED}).
     *
     * @param alias the device's alias
     * @since 0.1
     */
    record DeviceRemoved(Domain domain, String alias) implements DomainEvent {}

    /**
     * The job of one disk ended or changed ({@code VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2}).
     *
     * @param disk the disk's target, such as {@code vda}
     * @param typeNumber the kind of job
     * @param statusNumber how it stands
     * @since 0.1
     */
    record BlockJob2(Domain domain, String disk, int typeNumber, int statusNumber) implements DomainEvent {
        /** The kind of job. */
        public Optional<BlockJobType> type() {
            return BlockJobType.of(typeNumber);
        }

        /** How it stands. */
        public Optional<BlockJobStatus> status() {
            return BlockJobStatus.of(statusNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("BlockJob2")
                    .with("domain", domain)
                    .with("disk", disk)
                    .with("type", type(), typeNumber)
                    .with("status", status(), statusNumber)
                    .toString();
        }
    }

    /**
     * Limits were changed, of CPU time or of a disk's throughput ({@code VIR_DOMAIN_EVENT_ID_TUNABLE}).
     *
     * @param values the new values by libvirt's keys, such as {@code blkdeviotune.total_bytes_sec}: Integer, Long,
     *     Double, Boolean or String
     * @since 0.1
     */
    record Tunable(Domain domain, Map<String, Object> values) implements DomainEvent {
        /** Copies the values. */
        public Tunable {
            values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        }
    }

    /**
     * The guest's agent came or went ({@code VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE}).
     *
     * @param stateNumber connected or not
     * @param reasonNumber why
     * @since 0.1
     */
    record AgentLifecycle(Domain domain, int stateNumber, int reasonNumber) implements DomainEvent {
        /** Connected or not. */
        public Optional<AgentLifecycleState> state() {
            return AgentLifecycleState.of(stateNumber);
        }

        /** Why. */
        public Optional<AgentLifecycleReason> reason() {
            return AgentLifecycleReason.of(reasonNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("AgentLifecycle")
                    .with("domain", domain)
                    .with("state", state(), stateNumber)
                    .with("reason", reason(), reasonNumber)
                    .toString();
        }
    }

    /**
     * A device was plugged in ({@code VIR_DOMAIN_EVENT_ID_DEVICE_ADDED}).
     *
     * @param alias the device's alias
     * @since 0.1
     */
    record DeviceAdded(Domain domain, String alias) implements DomainEvent {}

    /**
     * A migration begins to go through the guest's memory once more ({@code VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION}).
     *
     * @param iteration which time, from 1
     * @since 0.1
     */
    record MigrationIteration(Domain domain, int iteration) implements DomainEvent {}

    /**
     * A domain's job ended, successfully or not ({@code VIR_DOMAIN_EVENT_ID_JOB_COMPLETED}).
     *
     * @param statistics how it ended
     * @since 0.1
     */
    record JobCompleted(Domain domain, JobStatistics statistics) implements DomainEvent {}

    /**
     * The guest refused to let a device go ({@code VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED}).
     *
     * @param alias the device's alias
     * @since 0.1
     */
    record DeviceRemovalFailed(Domain domain, String alias) implements DomainEvent {}

    /**
     * Title, description or custom metadata changed ({@code VIR_DOMAIN_EVENT_ID_METADATA_CHANGE}).
     *
     * @param typeNumber which of these
     * @param namespace of custom metadata: the namespace of its element; else null
     * @since 0.1
     */
    record MetadataChange(
            Domain domain, int typeNumber, @Nullable String namespace) implements DomainEvent {
        /** Which of these. */
        public Optional<DomainMetadataType> type() {
            return DomainMetadataType.of(typeNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("MetadataChange")
                    .with("domain", domain)
                    .with("type", type(), typeNumber)
                    .with("namespace", namespace)
                    .toString();
        }
    }

    /**
     * A disk, or a backup's scratch, was written past the threshold set for it
     * ({@code VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD}); the threshold is thereby spent.
     *
     * @param device the disk's target, or {@code target[index]}
     * @param path the image's path on the host, or null
     * @param threshold the threshold, in bytes
     * @param excess bytes written past it
     * @since 0.1
     */
    record BlockThreshold(
            Domain domain, String device, @Nullable String path, long threshold, long excess) implements DomainEvent {}

    /**
     * The host's hardware found a fault in memory that the guest uses ({@code VIR_DOMAIN_EVENT_ID_MEMORY_FAILURE}).
     *
     * @param recipientNumber whose memory it is
     * @param actionNumber what was done about it
     * @param flagBits more about it, as {@link MemoryFailureFlags}' bits
     * @since 0.1
     */
    record MemoryFailure(Domain domain, int recipientNumber, int actionNumber, long flagBits) implements DomainEvent {
        /** Whose memory it is. */
        public Optional<MemoryFailureRecipient> recipient() {
            return MemoryFailureRecipient.of(recipientNumber);
        }

        /** What was done about it. */
        public Optional<MemoryFailureAction> action() {
            return MemoryFailureAction.of(actionNumber);
        }

        /** More about it; bits that this client does not know are left out. */
        public Set<MemoryFailureFlags> flags() {
            return MemoryFailureFlags.of(flagBits);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("MemoryFailure")
                    .with("domain", domain)
                    .with("recipient", recipient(), recipientNumber)
                    .with("action", action(), actionNumber)
                    .with("flagBits", flagBits)
                    .toString();
        }
    }

    /**
     * The guest took more or less of a memory device ({@code VIR_DOMAIN_EVENT_ID_MEMORY_DEVICE_SIZE_CHANGE}).
     *
     * @param alias the device's alias
     * @param sizeKiB its new size, in KiB
     * @since 0.1
     */
    record MemoryDeviceSizeChange(Domain domain, String alias, long sizeKiB) implements DomainEvent {}

    /**
     * The guest gave an interface another MAC address ({@code VIR_DOMAIN_EVENT_ID_NIC_MAC_CHANGE}).
     *
     * @param alias the device's alias
     * @param oldMac the address before
     * @param newMac the address from now on
     * @since 0.1
     */
    record NicMacChange(Domain domain, String alias, String oldMac, String newMac) implements DomainEvent {}

    /**
     * A virtual CPU is gone ({@code VIR_DOMAIN_EVENT_ID_VCPU_REMOVED}).
     *
     * @param vcpu its number in the domain's XML, from 0
     * @since 0.1
     */
    record VcpuRemoved(Domain domain, long vcpu) implements DomainEvent {}

    /**
     * The guest opened or closed a virtio channel ({@code VIR_DOMAIN_EVENT_ID_CHANNEL_LIFECYCLE}). The agent's is among
     * them, of which {@link AgentLifecycle} tells too.
     *
     * @param channel the channel's name, such as {@code org.qemu.guest_agent.0}
     * @param stateNumber connected or not
     * @param reasonNumber why
     * @since 0.1
     */
    record ChannelLifecycle(Domain domain, String channel, int stateNumber, int reasonNumber) implements DomainEvent {
        /** Connected or not. */
        public Optional<ChannelLifecycleState> state() {
            return ChannelLifecycleState.of(stateNumber);
        }

        /** Why. */
        public Optional<ChannelLifecycleReason> reason() {
            return ChannelLifecycleReason.of(reasonNumber);
        }

        /** With the names of its numbers. */
        @Override
        public String toString() {
            return RecordText.of("ChannelLifecycle")
                    .with("domain", domain)
                    .with("channel", channel)
                    .with("state", state(), stateNumber)
                    .with("reason", reason(), reasonNumber)
                    .toString();
        }
    }
}
