// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.event;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.EventRecorder;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.BlockCalls;
import dev.virtwire.protocol.remote.BlockCopyFlags;
import dev.virtwire.protocol.remote.BlockJobAbortFlags;
import dev.virtwire.protocol.remote.BlockJobStatus;
import dev.virtwire.protocol.remote.BlockJobType;
import dev.virtwire.protocol.remote.DeviceCalls;
import dev.virtwire.protocol.remote.DeviceModifyFlags;
import dev.virtwire.protocol.remote.DiskChangeReason;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainCalls;
import dev.virtwire.protocol.remote.DomainMetadataType;
import dev.virtwire.protocol.remote.GraphicsAddressFamily;
import dev.virtwire.protocol.remote.GraphicsPhase;
import dev.virtwire.protocol.remote.JobOperation;
import dev.virtwire.protocol.remote.TrayChangeReason;
import dev.virtwire.protocol.remote.TuningCalls;
import dev.virtwire.protocol.remote.TypedParam;
import dev.virtwire.protocol.remote.TypedParamValue;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a real QEMU guest can be made to do: each is told, by one subscription to all kinds that the server knows. */
@ExtendWith(LibvirtdExtension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuestEventsIT {
    private static final Set<DeviceModifyFlags> LIVE = Set.of(DeviceModifyFlags.LIVE);

    private Libvirt libvirt;
    private Libvirtd libvirtd;
    private Guest guest;
    private Domain domain;
    private Path medium;
    private final EventRecorder<DomainEvent> all = new EventRecorder<>();

    @BeforeAll
    void startGuest(Libvirtd server) throws Exception {
        libvirtd = server;
        libvirt = Libvirt.connect(server.unixUri()).join();
        medium = server.directory().resolve("disks").resolve("told.iso");
        guest = Guest.on(server, "told")
                .disk(GuestDisk.qcow2(1 << 20))
                .device("""
                            <disk type='file' device='cdrom'>
                              <driver name='qemu' type='raw'/>
                              <source file='%s' startupPolicy='optional'/>
                              <target dev='hda' bus='ide'/>
                              <readonly/>
                            </disk>
                            <graphics type='vnc' port='%d' listen='127.0.0.1'/>
                        """.formatted(medium, freePort()))
                .define();
        String xml = libvirt.domain("told").join().xml().join();
        domain = libvirt.defineDomain(xml.replace("<on_reboot>destroy</on_reboot>", "<on_reboot>restart</on_reboot>")
                        .replaceFirst("(<controller type='usb'[^>]*) model='none'", "$1 model='piix3-uhci'"))
                .join();
        domain.<DomainEvent>events(EventKind.knownTo(libvirt.libvirtVersion().join(), DomainEventKind.all()))
                .subscribe(all);
        all.awaitSubscribed();
        guest.start();
    }

    @AfterAll
    void endGuest() {
        guest.close();
        libvirt.close();
    }

    /** No port that libvirt looks for: the libvirtd of another class that runs now takes the same one. */
    private static int freePort() throws IOException {
        try (ServerSocket port = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return port.getLocalPort();
        }
    }

    /** The first event of a kind that has come, or comes. */
    private <E extends DomainEvent> E told(Class<E> type, Predicate<E> which) {
        await(type.getSimpleName())
                .atMost(Duration.ofSeconds(20))
                .until(() -> find(type, which).isPresent());
        E event = find(type, which).orElseThrow();
        assertThat(event.domain()).isEqualTo(domain);
        return event;
    }

    private <E extends DomainEvent> Optional<E> find(Class<E> type, Predicate<E> which) {
        return all.events().stream()
                .filter(type::isInstance)
                .map(type::cast)
                .filter(which)
                .findFirst();
    }

    @Test
    void aStartWithoutTheMediumChangesTheDisk() {
        DomainEvent.DiskChange change = told(DomainEvent.DiskChange.class, any -> true);
        assertThat(change.reason()).contains(DiskChangeReason.CHANGE_MISSING_ON_START);
        assertThat(change.oldPath()).isEqualTo(medium.toString());
        assertThat(change.newPath()).isNull();
    }

    @Test
    void aResetIsAReboot() {
        new DomainCalls(libvirt).domainReset(domain.ref()).join();
        told(DomainEvent.Reboot.class, any -> true);
    }

    @Test
    void aDeviceComesAndGoes() {
        DeviceCalls devices = new DeviceCalls(libvirt);
        String mouse = "<input type='mouse' bus='usb'><alias name='ua-mouse'/></input>";
        devices.domainAttachDeviceFlags(domain.ref(), mouse, LIVE).join();
        told(DomainEvent.DeviceAdded.class, added -> added.alias().equals("ua-mouse"));
        devices.domainDetachDeviceFlags(domain.ref(), mouse, LIVE).join();
        told(DomainEvent.DeviceRemoved.class, removed -> removed.alias().equals("ua-mouse"));
    }

    @Test
    void aDriveIsOpenedAndClosed() throws Exception {
        Path other = libvirtd.directory().resolve("disks").resolve("other.iso");
        Files.write(other, new byte[1 << 16]);
        new DeviceCalls(libvirt)
                .domainUpdateDeviceFlags(
                        domain.ref(),
                        "<disk type='file' device='cdrom'><driver name='qemu' type='raw'/><source file='" + other
                                + "'/><target dev='hda' bus='ide'/><readonly/></disk>",
                        Set.of(DeviceModifyFlags.LIVE, DeviceModifyFlags.FORCE))
                .join();
        told(DomainEvent.TrayChange.class, tray -> tray.reason().equals(Optional.of(TrayChangeReason.OPEN)));
        told(DomainEvent.TrayChange.class, tray -> tray.reason().equals(Optional.of(TrayChangeReason.CLOSE)));
    }

    @Test
    void newLimitsAreTold() {
        new TuningCalls(libvirt)
                .domainSetBlockIoTune(
                        domain.ref(),
                        "vda",
                        List.of(new TypedParam("total_iops_sec", new TypedParamValue.UllongValue(1000))),
                        Set.of(DomainAffectFlags.LIVE))
                .join();
        DomainEvent.Tunable tunable = told(DomainEvent.Tunable.class, any -> true);
        assertThat(tunable.values())
                .containsEntry("blkdeviotune.disk", "vda")
                .containsEntry("blkdeviotune.total_iops_sec", 1000L);
    }

    @Test
    void newMetadataIsTold() {
        new DomainCalls(libvirt)
                .domainSetMetadata(
                        domain.ref(),
                        DomainMetadataType.ELEMENT,
                        "<note/>",
                        "n",
                        "urn:note",
                        Set.of(DomainAffectFlags.LIVE))
                .join();
        DomainEvent.MetadataChange change = told(DomainEvent.MetadataChange.class, any -> true);
        assertThat(change.type()).contains(DomainMetadataType.ELEMENT);
        assertThat(change.namespace()).isEqualTo("urn:note");
    }

    @Test
    void theJobOfADiskIsToldByTargetAndByPath() {
        String copy = libvirtd.directory().resolve("disks").resolve("told.copy").toString();
        BlockCalls blocks = new BlockCalls(libvirt);
        blocks.domainBlockCopy(
                        domain.ref(),
                        "vda",
                        "<disk type='file'><source file='" + copy + "'/><driver type='qcow2'/></disk>",
                        List.of(),
                        Set.of(BlockCopyFlags.TRANSIENT_JOB))
                .join();
        told(DomainEvent.BlockJob2.class, job -> job.status().equals(Optional.of(BlockJobStatus.READY)));
        blocks.domainBlockJobAbort(domain.ref(), "vda", Set.<BlockJobAbortFlags>of())
                .join();
        DomainEvent.BlockJob2 end =
                told(DomainEvent.BlockJob2.class, job -> job.status().equals(Optional.of(BlockJobStatus.CANCELED)));
        assertThat(end.disk()).isEqualTo("vda");
        assertThat(end.type()).contains(BlockJobType.COPY);
        DomainEvent.BlockJob samely =
                told(DomainEvent.BlockJob.class, job -> job.status().equals(Optional.of(BlockJobStatus.CANCELED)));
        assertThat(samely.path()).isEqualTo(guest.image("vda").toString());
    }

    @Test
    void whoComesToTheScreenIsTold() throws Exception {
        Matcher port =
                Pattern.compile("type='vnc' port='(\\d+)'").matcher(domain.xml().join());
        assertThat(port.find()).isTrue();
        try (Socket viewer = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port.group(1)))) {
            InputStream in = viewer.getInputStream();
            assertThat(new String(in.readNBytes(3))).isEqualTo("RFB");
        }
        DomainEvent.Graphics came =
                told(DomainEvent.Graphics.class, event -> event.phase().equals(Optional.of(GraphicsPhase.CONNECT)));
        assertThat(came.local().service()).isEqualTo(port.group(1));
        assertThat(came.remote().family()).contains(GraphicsAddressFamily.IPV4);
        assertThat(came.remote().node()).isEqualTo("127.0.0.1");
        told(DomainEvent.Graphics.class, event -> event.phase().equals(Optional.of(GraphicsPhase.DISCONNECT)));
    }

    @Test
    void aSaveIsAJobThatGoesThroughTheMemory() {
        domain.saved().manage().join();
        told(DomainEvent.MigrationIteration.class, pass -> pass.iteration() >= 1);
        told(
                DomainEvent.JobCompleted.class,
                job -> job.statistics().operation().equals(Optional.of(JobOperation.SAVE)));
        guest.start();
    }

    @Test
    void qemusOwnEventsCanBeHeard() {
        EventRecorder<MonitorEvent> named = new EventRecorder<>();
        EventRecorder<MonitorEvent> matching = new EventRecorder<>();
        domain.events(MonitorEventKind.named("RESUME")).subscribe(named);
        libvirt.events(MonitorEventKind.matching("^(STOP|RESUME)$")).subscribe(matching);
        named.awaitSubscribed();
        matching.awaitSubscribed();
        Instant before = Instant.now().minusSeconds(5);
        guest.pause();
        guest.resume();
        await().until(() -> named.events().size() >= 1 && matching.events().size() >= 2);
        assertThat(named.events()).extracting(MonitorEvent::name).containsExactly("RESUME");
        assertThat(matching.events()).extracting(MonitorEvent::name).containsExactly("STOP", "RESUME");
        assertThat(matching.events().get(0).domain()).isEqualTo(domain);
        assertThat(matching.events().get(0).time())
                .isBetween(before, Instant.now().plusSeconds(5));
    }
}
