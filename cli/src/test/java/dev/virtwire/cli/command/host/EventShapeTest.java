// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.cli.output.Json;
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
import dev.virtwire.protocol.remote.DomainRef;
import dev.virtwire.protocol.remote.NetworkRef;
import dev.virtwire.protocol.remote.SecretRef;
import dev.virtwire.protocol.remote.StoragePoolRef;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How each kind of event is printed, and that docs/command.md says it. */
class EventShapeTest {
    private static final Path PAGE = Path.of("..", "docs", "command.md");
    private static final Pattern WORD = Pattern.compile("`([A-Za-z0-9-]+)`");
    private static final UUID ID = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final String OF_WEB1 = "'domain':'web1','uuid':'00112233-4455-6677-8899-aabbccddeeff',";
    private static final Domain WEB1 = Domain.of(null, new DomainRef("web1", ID, 3));
    private static final Network LAN = Network.of(null, new NetworkRef("lan", ID));
    private static final StoragePool POOL = StoragePool.of(null, new StoragePoolRef("images", ID));
    private static final NodeDevice DEVICE = NodeDevice.of(null, "usb0");
    private static final Secret SECRET = Secret.of(null, new SecretRef(ID, 1, "/a"));

    /** An event, its line for people, and its JSON with ' for ". */
    record Printed(Event event, String text, String json) {
        @Override
        public String toString() {
            return EventShape.of(event).kind().name();
        }
    }

    private static Printed of(DomainEvent event, String text, String json) {
        return new Printed(event, "web1  " + text, OF_WEB1 + json);
    }

    static List<Printed> all() {
        return List.of(
                of(
                        new DomainEvent.Lifecycle(WEB1, 5, 1),
                        "stopped (destroyed)",
                        "'event':'lifecycle','type':'stopped','detail':'destroyed'"),
                of(new DomainEvent.Lifecycle(WEB1, 99, 7), "99 (7)", "'event':'lifecycle','type':99,'detail':7"),
                of(new DomainEvent.Reboot(WEB1), "reboot", "'event':'reboot'"),
                of(new DomainEvent.RtcChange(WEB1, -3), "rtc-change (offset -3)", "'event':'rtc-change','offset':-3"),
                of(new DomainEvent.Watchdog(WEB1, 2), "watchdog (action reset)", "'event':'watchdog','action':'reset'"),
                of(
                        new DomainEvent.IoError(WEB1, "/a", "d0", 1),
                        "io-error (path /a, alias d0, action pause)",
                        "'event':'io-error','path':'/a','alias':'d0','action':'pause'"),
                of(
                        new DomainEvent.Graphics(
                                WEB1,
                                0,
                                new GraphicsEnd(0, "::", "5900"),
                                new GraphicsEnd(9, "n", ""),
                                "vnc",
                                List.of(new GraphicsName("x509dname", "CN=a"))),
                        "graphics (phase connect, local {family=ipv4, node=::, service=5900},"
                                + " remote {family=9, node=n, service=}, authScheme vnc,"
                                + " subject [{type=x509dname, name=CN=a}])",
                        "'event':'graphics','phase':'connect','local':{'family':'ipv4','node':'::','service':'5900'},"
                                + "'remote':{'family':9,'node':'n','service':''},'authScheme':'vnc',"
                                + "'subject':[{'type':'x509dname','name':'CN=a'}]"),
                of(
                        new DomainEvent.IoErrorReason(WEB1, "/a", "d0", 2, "enospc"),
                        "io-error-reason (path /a, alias d0, action report, reason enospc)",
                        "'event':'io-error-reason','path':'/a','alias':'d0','action':'report','reason':'enospc'"),
                of(new DomainEvent.ControlError(WEB1), "control-error", "'event':'control-error'"),
                of(
                        new DomainEvent.BlockJob(WEB1, "/a", 2, 3),
                        "block-job (path /a, type copy, status ready)",
                        "'event':'block-job','path':'/a','type':'copy','status':'ready'"),
                of(
                        new DomainEvent.DiskChange(WEB1, "/a", null, "d0", 0),
                        "disk-change (oldPath /a, alias d0, reason change-missing-on-start)",
                        "'event':'disk-change','oldPath':'/a','newPath':null,'alias':'d0',"
                                + "'reason':'change-missing-on-start'"),
                of(
                        new DomainEvent.TrayChange(WEB1, "d0", 0),
                        "tray-change (alias d0, reason open)",
                        "'event':'tray-change','alias':'d0','reason':'open'"),
                of(new DomainEvent.PmWakeup(WEB1, 0), "pm-wakeup", "'event':'pm-wakeup'"),
                of(new DomainEvent.PmSuspend(WEB1, 0), "pm-suspend", "'event':'pm-suspend'"),
                of(
                        new DomainEvent.BalloonChange(WEB1, 1024),
                        "balloon-change (actualKiB 1024)",
                        "'event':'balloon-change','actualKiB':1024"),
                of(new DomainEvent.PmSuspendDisk(WEB1, 0), "pm-suspend-disk", "'event':'pm-suspend-disk'"),
                of(
                        new DomainEvent.DeviceRemoved(WEB1, "d0"),
                        "device-removed (alias d0)",
                        "'event':'device-removed','alias':'d0'"),
                of(
                        new DomainEvent.BlockJob2(WEB1, "vda", 5, 0),
                        "job of disk vda (backup, completed)",
                        "'event':'block-job-2','disk':'vda','type':'backup','status':'completed'"),
                of(
                        new DomainEvent.Tunable(WEB1, Map.of("cputune.period", 1000L)),
                        "tunable (values {cputune.period=1000})",
                        "'event':'tunable','values':{'cputune.period':1000}"),
                of(
                        new DomainEvent.AgentLifecycle(WEB1, 1, 2),
                        "agent-lifecycle (state connected, reason channel)",
                        "'event':'agent-lifecycle','state':'connected','reason':'channel'"),
                of(
                        new DomainEvent.DeviceAdded(WEB1, "d0"),
                        "device-added (alias d0)",
                        "'event':'device-added','alias':'d0'"),
                of(
                        new DomainEvent.MigrationIteration(WEB1, 2),
                        "migration-iteration (iteration 2)",
                        "'event':'migration-iteration','iteration':2"),
                of(
                        new DomainEvent.JobCompleted(
                                WEB1,
                                new JobStatistics(0, Map.of("operation", 9, "success", true, "time_elapsed", 1300L))),
                        "job ended (backup, success, 1.3 s)",
                        "'event':'job-completed','operation':'backup','outcome':'success','message':null,"
                                + "'elapsedMillis':1300"),
                of(
                        // What libvirt says of each good pull backup.
                        new DomainEvent.JobCompleted(
                                WEB1,
                                new JobStatistics(
                                        0,
                                        Map.of(
                                                "operation",
                                                9,
                                                "success",
                                                true,
                                                "time_elapsed",
                                                1300L,
                                                "errmsg",
                                                "Operation canceled"))),
                        "job ended (backup, success, 1.3 s)",
                        "'event':'job-completed','operation':'backup','outcome':'success','message':null,"
                                + "'elapsedMillis':1300"),
                of(
                        new DomainEvent.DeviceRemovalFailed(WEB1, "d0"),
                        "device-removal-failed (alias d0)",
                        "'event':'device-removal-failed','alias':'d0'"),
                of(
                        new DomainEvent.MetadataChange(WEB1, 2, "urn:a"),
                        "metadata-change (type element, namespace urn:a)",
                        "'event':'metadata-change','type':'element','namespace':'urn:a'"),
                of(
                        new DomainEvent.BlockThreshold(WEB1, "vda", "/a", 8, 1),
                        "block-threshold (device vda, path /a, threshold 8, excess 1)",
                        "'event':'block-threshold','device':'vda','path':'/a','threshold':8,'excess':1"),
                of(
                        new DomainEvent.MemoryFailure(WEB1, 1, 2, 1),
                        "memory-failure (recipient guest, action fatal, flags [action-required])",
                        "'event':'memory-failure','recipient':'guest','action':'fatal','flags':['action-required']"),
                of(
                        new DomainEvent.MemoryDeviceSizeChange(WEB1, "m0", 512),
                        "memory-device-size-change (alias m0, sizeKiB 512)",
                        "'event':'memory-device-size-change','alias':'m0','sizeKiB':512"),
                of(
                        new DomainEvent.NicMacChange(WEB1, "net0", "a", "b"),
                        "nic-mac-change (alias net0, oldMac a, newMac b)",
                        "'event':'nic-mac-change','alias':'net0','oldMac':'a','newMac':'b'"),
                of(new DomainEvent.VcpuRemoved(WEB1, 3), "vcpu-removed (vcpu 3)", "'event':'vcpu-removed','vcpu':3"),
                of(
                        new DomainEvent.ChannelLifecycle(WEB1, "org.qemu.guest_agent.0", 2, 2),
                        "channel-lifecycle (channel org.qemu.guest_agent.0, state disconnected, reason channel)",
                        "'event':'channel-lifecycle','channel':'org.qemu.guest_agent.0','state':'disconnected',"
                                + "'reason':'channel'"),
                new Printed(
                        new NetworkEvent.Lifecycle(LAN, 2, 0),
                        "lan  network-lifecycle (type started)",
                        "'network':'lan','uuid':'" + ID + "','event':'network-lifecycle','type':'started'"),
                new Printed(
                        new NetworkEvent.MetadataChange(LAN, 1, null),
                        "lan  network-metadata-change (type title)",
                        "'network':'lan','uuid':'" + ID
                                + "','event':'network-metadata-change','type':'title','namespace':null"),
                new Printed(
                        new StoragePoolEvent.Lifecycle(POOL, 4, 0),
                        "images  pool-lifecycle (type created)",
                        "'pool':'images','uuid':'" + ID + "','event':'pool-lifecycle','type':'created'"),
                new Printed(
                        new StoragePoolEvent.Refresh(POOL),
                        "images  pool-refresh",
                        "'pool':'images','uuid':'" + ID + "','event':'pool-refresh'"),
                new Printed(
                        new NodeDeviceEvent.Lifecycle(DEVICE, 0, 0),
                        "usb0  node-device-lifecycle (type created)",
                        "'device':'usb0','event':'node-device-lifecycle','type':'created'"),
                new Printed(
                        new NodeDeviceEvent.Update(DEVICE),
                        "usb0  node-device-update",
                        "'device':'usb0','event':'node-device-update'"),
                new Printed(
                        new SecretEvent.Lifecycle(SECRET, 0, 0),
                        ID + "  secret-lifecycle (type defined)",
                        "'uuid':'" + ID + "','usageType':'volume','usage':'/a','event':'secret-lifecycle',"
                                + "'type':'defined'"),
                new Printed(
                        new SecretEvent.ValueChanged(SECRET),
                        ID + "  secret-value-changed",
                        "'uuid':'" + ID + "','usageType':'volume','usage':'/a','event':'secret-value-changed'"),
                new Printed(
                        new MonitorEvent(WEB1, "STOP", Instant.EPOCH, null),
                        "web1  monitor (name STOP, at 1970-01-01T00:00:00Z)",
                        OF_WEB1 + "'event':'monitor','name':'STOP','at':'1970-01-01T00:00:00Z','details':null"));
    }

    @ParameterizedTest
    @MethodSource("all")
    void itIsPrintedSo(Printed printed) {
        assertThat(EventTexts.text(printed.event)).isEqualTo(printed.text);
        assertThat(Json.line(json -> EventTexts.write(json, printed.event)))
                .isEqualTo("{" + printed.json.replace('\'', '"') + "}");
    }

    /** A kind without a shape could not be asked for: {@code no such kind}. */
    @Test
    void everyKindOfTheClientHasAShape() {
        assertThat(EventShape.all().stream().<Object>map(EventShape::kind))
                .containsExactlyInAnyOrderElementsOf(Stream.<List<? extends EventKind<?, ?>>>of(
                                DomainEventKind.all(),
                                NetworkEventKind.all(),
                                StoragePoolEventKind.all(),
                                NodeDeviceEventKind.all(),
                                SecretEventKind.all(),
                                List.of(MonitorEventKind.ALL))
                        .<Object>flatMap(List::stream)
                        .toList());
    }

    @Test
    void everyKindIsLookedAt() {
        assertThat(all().stream().map(Printed::toString).collect(Collectors.toSet()))
                .isEqualTo(EventShape.all().stream()
                        .map(shape -> shape.kind().name())
                        .collect(Collectors.toSet()));
    }

    @Test
    void thePageNamesEachKindsFields() throws IOException {
        Map<String, Set<String>> onThePage = new TreeMap<>();
        String page = Files.readString(PAGE);
        String table = page.substring(page.indexOf("| `event` | Fields |"), page.indexOf("## uri"));
        table.lines().skip(2).filter(line -> !line.startsWith("| all of")).forEach(line -> {
            String[] cells = line.split("\\|");
            if (cells.length >= 3) {
                Set<String> fields = words(cells[2].replaceAll("\\([^)]*\\)|: .*$", ""));
                words(cells[1]).forEach(kind -> onThePage.put(kind, fields));
            }
        });
        Map<String, Set<String>> printed = new TreeMap<>();
        for (Printed one : all()) {
            Set<String> fields =
                    new TreeSet<>(EventShape.of(one.event).fieldsOf(one.event).keySet());
            if (!EventShape.object(one.event).containsKey("domain")) {
                fields.addAll(EventShape.object(one.event).keySet());
            }
            printed.put(one.toString(), fields);
        }
        assertThat(onThePage).isEqualTo(printed);
    }

    private static Set<String> words(String cell) {
        return WORD.matcher(cell)
                .results()
                .map((MatchResult found) -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
