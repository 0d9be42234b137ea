// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEvent.GraphicsEnd;
import dev.virtwire.client.event.DomainEvent.GraphicsName;
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
import dev.virtwire.client.network.Network;
import dev.virtwire.client.node.NodeDevice;
import dev.virtwire.client.secret.Secret;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.protocol.remote.NetworkRef;
import dev.virtwire.protocol.remote.SecretRef;
import dev.virtwire.protocol.remote.StoragePoolRef;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;

/**
 * A message of each kind as a server sends it, byte for byte, and what becomes of it.
 *
 * @param register the procedure that asks for it
 * @param id what is asked for
 * @param message the message's number
 * @param body its bytes after the header, in hexadecimal
 * @param expected the event
 */
record GoldenEvent(
        EventKind<?, ?> kind, int register, int id, int message, String body, Function<Domain, Event> expected) {
    private static final int DOMAIN = 316;
    private static final int NETWORK = 313;
    private static final int POOL = 368;
    private static final int DEVICE = 374;
    private static final int SECRET = 380;
    static final int MONITOR = 4;

    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");

    /** The id of every registration. */
    static final String CALLBACK = "00000007";

    /** An XDR domain reference: name, UUID, id. */
    static final String WEB1 = "00000004" // name: 4 bytes
            + "77656231" // "web1"
            + "00112233445566778899aabbccddeeff" // UUID
            + "00000003"; // id: 3

    /** An XDR reference of a network or a pool: name, UUID. */
    private static final String LAN = "00000003" // name: 3 bytes
            + "6c616e" + "00" // "lan", padding
            + "00112233445566778899aabbccddeeff"; // UUID

    /** An XDR string: {@code virtio-disk0}. */
    private static final String ALIAS = "0000000c" // 12 bytes
            + "76697274696f2d6469736b30"; // "virtio-disk0"

    /** An XDR string: {@code /a.img}. */
    private static final String PATH = "00000006" // 6 bytes
            + "2f612e696d67" + "0000"; // "/a.img", padding

    static List<GoldenEvent> all() {
        return List.of(
                new GoldenEvent(
                        DomainEventKind.LIFECYCLE,
                        DOMAIN,
                        0,
                        318,
                        CALLBACK
                                + WEB1
                                + "00000005" // event: stopped
                                + "00000001", // detail: destroyed
                        domain -> new DomainEvent.Lifecycle(domain, 5, 1)),
                new GoldenEvent(
                        DomainEventKind.REBOOT,
                        DOMAIN,
                        1,
                        319,
                        CALLBACK + WEB1,
                        domain -> new DomainEvent.Reboot(domain)),
                new GoldenEvent(
                        DomainEventKind.RTC_CHANGE,
                        DOMAIN,
                        2,
                        320,
                        CALLBACK + WEB1 + "fffffffffffffff6", // offset: -10
                        domain -> new DomainEvent.RtcChange(domain, -10)),
                new GoldenEvent(
                        DomainEventKind.WATCHDOG,
                        DOMAIN,
                        3,
                        321,
                        CALLBACK + WEB1 + "00000002", // action: reset
                        domain -> new DomainEvent.Watchdog(domain, 2)),
                new GoldenEvent(
                        DomainEventKind.IO_ERROR,
                        DOMAIN,
                        4,
                        322,
                        CALLBACK
                                + WEB1
                                + PATH // srcPath
                                + ALIAS // devAlias
                                + "00000001", // action: pause
                        domain -> new DomainEvent.IoError(domain, "/a.img", "virtio-disk0", 1)),
                new GoldenEvent(
                        DomainEventKind.GRAPHICS,
                        DOMAIN,
                        5,
                        323,
                        CALLBACK
                                + WEB1
                                + "00000001" // phase: initialize
                                + "00000000" // local, family: IPv4
                                + "00000009" + "3132372e302e302e31" + "000000" // node: "127.0.0.1", padding
                                + "00000004" + "35393030" // service: "5900"
                                + "00000002" // remote, family: UNIX
                                + "00000006" + "2f612e696d67" + "0000" // node: "/a.img", padding
                                + "00000000" // service: empty
                                + "00000003" + "766e63" + "00" // authScheme: "vnc", padding
                                + "00000001" // subject: 1 identity
                                + "00000008" + "783530396e616d65" // type: "x509name"
                                + "00000004" + "434e3d61", // name: "CN=a"
                        domain -> new DomainEvent.Graphics(
                                domain,
                                1,
                                new GraphicsEnd(0, "127.0.0.1", "5900"),
                                new GraphicsEnd(2, "/a.img", ""),
                                "vnc",
                                List.of(new GraphicsName("x509name", "CN=a")))),
                new GoldenEvent(
                        DomainEventKind.IO_ERROR_REASON,
                        DOMAIN,
                        6,
                        324,
                        CALLBACK
                                + WEB1
                                + PATH // srcPath
                                + ALIAS // devAlias
                                + "00000002" // action: report
                                + "00000006" + "656e6f737063" + "0000", // reason: "enospc", padding
                        domain -> new DomainEvent.IoErrorReason(domain, "/a.img", "virtio-disk0", 2, "enospc")),
                new GoldenEvent(
                        DomainEventKind.CONTROL_ERROR,
                        DOMAIN,
                        7,
                        325,
                        CALLBACK + WEB1,
                        domain -> new DomainEvent.ControlError(domain)),
                new GoldenEvent(
                        DomainEventKind.BLOCK_JOB,
                        DOMAIN,
                        8,
                        326,
                        CALLBACK
                                + WEB1
                                + PATH // path
                                + "00000004" // type: active commit
                                + "00000003", // status: ready
                        domain -> new DomainEvent.BlockJob(domain, "/a.img", 4, 3)),
                new GoldenEvent(
                        DomainEventKind.DISK_CHANGE,
                        DOMAIN,
                        9,
                        327,
                        CALLBACK
                                + WEB1
                                + "00000001" + PATH // oldSrcPath is there
                                + "00000000" // newSrcPath is not
                                + ALIAS // devAlias
                                + "00000001", // reason: dropped at start
                        domain -> new DomainEvent.DiskChange(domain, "/a.img", null, "virtio-disk0", 1)),
                new GoldenEvent(
                        DomainEventKind.TRAY_CHANGE,
                        DOMAIN,
                        10,
                        328,
                        CALLBACK
                                + WEB1
                                + ALIAS // devAlias
                                + "00000001", // reason: close
                        domain -> new DomainEvent.TrayChange(domain, "virtio-disk0", 1)),
                new GoldenEvent(
                        DomainEventKind.PM_WAKEUP,
                        DOMAIN,
                        11,
                        329,
                        CALLBACK
                                + "00000000" // reason, before the domain
                                + WEB1,
                        domain -> new DomainEvent.PmWakeup(domain, 0)),
                new GoldenEvent(
                        DomainEventKind.PM_SUSPEND,
                        DOMAIN,
                        12,
                        330,
                        CALLBACK
                                + "00000001" // reason, before the domain
                                + WEB1,
                        domain -> new DomainEvent.PmSuspend(domain, 1)),
                new GoldenEvent(
                        DomainEventKind.BALLOON_CHANGE,
                        DOMAIN,
                        13,
                        331,
                        CALLBACK + WEB1 + "0000000000100000", // actual: 1 GiB in KiB
                        domain -> new DomainEvent.BalloonChange(domain, 1 << 20)),
                new GoldenEvent(
                        DomainEventKind.PM_SUSPEND_DISK,
                        DOMAIN,
                        14,
                        332,
                        CALLBACK
                                + "00000002" // reason, before the domain
                                + WEB1,
                        domain -> new DomainEvent.PmSuspendDisk(domain, 2)),
                new GoldenEvent(
                        DomainEventKind.DEVICE_REMOVED,
                        DOMAIN,
                        15,
                        333,
                        CALLBACK + WEB1 + ALIAS,
                        domain -> new DomainEvent.DeviceRemoved(domain, "virtio-disk0")),
                new GoldenEvent(
                        DomainEventKind.BLOCK_JOB_2,
                        DOMAIN,
                        16,
                        339,
                        CALLBACK
                                + WEB1
                                + "00000003" + "766461" + "00" // dst: "vda", padding
                                + "00000005" // type: backup
                                + "00000000", // status: completed
                        domain -> new DomainEvent.BlockJob2(domain, "vda", 5, 0)),
                new GoldenEvent(
                        DomainEventKind.TUNABLE,
                        DOMAIN,
                        17,
                        346,
                        CALLBACK
                                + WEB1
                                + "00000002" // 2 parameters
                                + "00000004" + "6469736b" // field: "disk"
                                + "00000007" // a string
                                + "00000003" + "766461" + "00" // "vda", padding
                                + "00000003" + "627073" + "00" // field: "bps", padding
                                + "00000004" // an unsigned hyper
                                + "0000000000000400", // 1024
                        domain -> new DomainEvent.Tunable(domain, Map.of("disk", "vda", "bps", 1024L))),
                new GoldenEvent(
                        DomainEventKind.AGENT_LIFECYCLE,
                        DOMAIN,
                        18,
                        348,
                        CALLBACK
                                + WEB1
                                + "00000001" // state: connected
                                + "00000002", // reason: channel
                        domain -> new DomainEvent.AgentLifecycle(domain, 1, 2)),
                new GoldenEvent(
                        DomainEventKind.DEVICE_ADDED,
                        DOMAIN,
                        19,
                        354,
                        CALLBACK + WEB1 + ALIAS,
                        domain -> new DomainEvent.DeviceAdded(domain, "virtio-disk0")),
                new GoldenEvent(
                        DomainEventKind.MIGRATION_ITERATION,
                        DOMAIN,
                        20,
                        359,
                        CALLBACK + WEB1 + "00000002", // iteration: 2
                        domain -> new DomainEvent.MigrationIteration(domain, 2)),
                new GoldenEvent(
                        DomainEventKind.JOB_COMPLETED,
                        DOMAIN,
                        21,
                        363,
                        CALLBACK
                                + WEB1
                                + "00000001" // 1 parameter
                                + "00000007" + "73756363657373" + "00" // field: "success", padding
                                + "00000006" // a boolean
                                + "00000001", // true
                        domain -> new DomainEvent.JobCompleted(domain, new JobStatistics(0, Map.of("success", true)))),
                new GoldenEvent(
                        DomainEventKind.DEVICE_REMOVAL_FAILED,
                        DOMAIN,
                        22,
                        367,
                        CALLBACK + WEB1 + ALIAS,
                        domain -> new DomainEvent.DeviceRemovalFailed(domain, "virtio-disk0")),
                new GoldenEvent(
                        DomainEventKind.METADATA_CHANGE,
                        DOMAIN,
                        23,
                        379,
                        CALLBACK
                                + WEB1
                                + "00000002" // type: element
                                + "00000001" + "00000005" + "75726e3a61" + "000000", // nsuri: "urn:a", padding
                        domain -> new DomainEvent.MetadataChange(domain, 2, "urn:a")),
                new GoldenEvent(
                        DomainEventKind.BLOCK_THRESHOLD,
                        DOMAIN,
                        24,
                        385,
                        CALLBACK
                                + WEB1
                                + "00000003" + "766461" + "00" // dev: "vda", padding
                                + "00000001" + PATH // path is there
                                + "0000000000001000" // threshold: 4096
                                + "0000000000000200", // excess: 512
                        domain -> new DomainEvent.BlockThreshold(domain, "vda", "/a.img", 4096, 512)),
                new GoldenEvent(
                        DomainEventKind.MEMORY_FAILURE,
                        DOMAIN,
                        25,
                        423,
                        CALLBACK
                                + WEB1
                                + "00000001" // recipient: guest
                                + "00000002" // action: fatal
                                + "00000003", // flags: action required, recursive
                        domain -> new DomainEvent.MemoryFailure(domain, 1, 2, 3)),
                new GoldenEvent(
                        DomainEventKind.MEMORY_DEVICE_SIZE_CHANGE,
                        DOMAIN,
                        26,
                        438,
                        CALLBACK
                                + WEB1
                                + ALIAS // alias
                                + "0000000000080000", // size: 512 MiB in KiB
                        domain -> new DomainEvent.MemoryDeviceSizeChange(domain, "virtio-disk0", 1 << 19)),
                new GoldenEvent(
                        DomainEventKind.NIC_MAC_CHANGE,
                        DOMAIN,
                        27,
                        453,
                        CALLBACK
                                + WEB1
                                + "00000004" + "6e657430" // alias: "net0"
                                + "00000002" + "6131" + "0000" // oldMac: "a1", padding
                                + "00000002" + "6232" + "0000", // newMac: "b2", padding
                        domain -> new DomainEvent.NicMacChange(domain, "net0", "a1", "b2")),
                new GoldenEvent(
                        DomainEventKind.VCPU_REMOVED,
                        DOMAIN,
                        28,
                        454,
                        CALLBACK + WEB1 + "00000003", // vcpuid
                        domain -> new DomainEvent.VcpuRemoved(domain, 3)),
                new GoldenEvent(
                        DomainEventKind.CHANNEL_LIFECYCLE,
                        DOMAIN,
                        29,
                        455,
                        CALLBACK
                                + WEB1
                                + "00000005" + "6f72672e61" + "000000" // channelName: "org.a", padding
                                + "00000001" // state: connected
                                + "00000002", // reason: channel
                        domain -> new DomainEvent.ChannelLifecycle(domain, "org.a", 1, 2)),
                new GoldenEvent(
                        NetworkEventKind.LIFECYCLE,
                        NETWORK,
                        0,
                        315,
                        CALLBACK
                                + LAN
                                + "00000002" // event: started
                                + "00000000", // detail
                        domain -> new NetworkEvent.Lifecycle(
                                Network.of(domain.libvirt(), new NetworkRef("lan", ID)), 2, 0)),
                new GoldenEvent(
                        NetworkEventKind.METADATA_CHANGE,
                        NETWORK,
                        1,
                        446,
                        CALLBACK
                                + LAN
                                + "00000001" // type: title
                                + "00000000", // no nsuri
                        domain -> new NetworkEvent.MetadataChange(
                                Network.of(domain.libvirt(), new NetworkRef("lan", ID)), 1, null)),
                new GoldenEvent(
                        StoragePoolEventKind.LIFECYCLE,
                        POOL,
                        0,
                        370,
                        CALLBACK
                                + LAN
                                + "00000004" // event: created
                                + "00000000", // detail
                        domain -> new StoragePoolEvent.Lifecycle(
                                StoragePool.of(domain.libvirt(), new StoragePoolRef("lan", ID)), 4, 0)),
                new GoldenEvent(
                        StoragePoolEventKind.REFRESH,
                        POOL,
                        1,
                        373,
                        CALLBACK + LAN,
                        domain -> new StoragePoolEvent.Refresh(
                                StoragePool.of(domain.libvirt(), new StoragePoolRef("lan", ID)))),
                new GoldenEvent(
                        NodeDeviceEventKind.LIFECYCLE,
                        DEVICE,
                        0,
                        376,
                        CALLBACK
                                + "00000004" + "75736230" // name: "usb0"
                                + "00000001" // event: deleted
                                + "00000000", // detail
                        domain -> new NodeDeviceEvent.Lifecycle(NodeDevice.of(domain.libvirt(), "usb0"), 1, 0)),
                new GoldenEvent(
                        NodeDeviceEventKind.UPDATE,
                        DEVICE,
                        1,
                        377,
                        CALLBACK + "00000004" + "75736230", // name: "usb0"
                        domain -> new NodeDeviceEvent.Update(NodeDevice.of(domain.libvirt(), "usb0"))),
                new GoldenEvent(
                        SecretEventKind.LIFECYCLE,
                        SECRET,
                        0,
                        382,
                        CALLBACK
                                + "00112233445566778899aabbccddeeff" // UUID
                                + "00000001" // usageType: volume
                                + PATH // usageId
                                + "00000001" // event: undefined
                                + "00000000", // detail
                        domain -> new SecretEvent.Lifecycle(
                                Secret.of(domain.libvirt(), new SecretRef(ID, 1, "/a.img")), 1, 0)),
                new GoldenEvent(
                        SecretEventKind.VALUE_CHANGED,
                        SECRET,
                        1,
                        383,
                        CALLBACK
                                + "00112233445566778899aabbccddeeff" // UUID
                                + "00000000" // usageType: none
                                + "00000000", // usageId: empty
                        domain -> new SecretEvent.ValueChanged(Secret.of(domain.libvirt(), new SecretRef(ID, 0, "")))),
                new GoldenEvent(
                        MonitorEventKind.ALL,
                        MONITOR,
                        -1,
                        6,
                        CALLBACK
                                + WEB1
                                + "00000004" + "53544f50" // event: "STOP"
                                + "000000006553f100" // seconds: 2023-11-14T22:13:20Z
                                + "0007a120" // micros: 500000
                                + "00000001" + "00000002" + "7b7d" + "0000", // details: "{}", padding
                        domain -> new MonitorEvent(domain, "STOP", Instant.parse("2023-11-14T22:13:20.500Z"), "{}")));
    }

    /** The name of its kind, for test reports. */
    @Override
    public String toString() {
        return kind.name();
    }
}
