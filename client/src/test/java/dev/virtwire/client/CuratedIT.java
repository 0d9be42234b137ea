// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.block.DomainDisk;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainStatus;
import dev.virtwire.client.params.TypedParameters;
import dev.virtwire.client.statistics.DomainStatistics;
import dev.virtwire.client.statistics.VcpuStatistics;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.BlockCommitFlags;
import dev.virtwire.protocol.remote.BlockCopyFlags;
import dev.virtwire.protocol.remote.BlockJobAbortFlags;
import dev.virtwire.protocol.remote.BlockJobType;
import dev.virtwire.protocol.remote.DeviceModifyFlags;
import dev.virtwire.protocol.remote.DomainAffectFlags;
import dev.virtwire.protocol.remote.DomainMemoryPeekFlags;
import dev.virtwire.protocol.remote.DomainPausedReason;
import dev.virtwire.protocol.remote.DomainRunningReason;
import dev.virtwire.protocol.remote.DomainShutoffReason;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.DomainStatsTypes;
import dev.virtwire.protocol.remote.DomainVcpuFlags;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.MemoryStatTag;
import dev.virtwire.protocol.remote.SnapshotCreateFlags;
import dev.virtwire.protocol.remote.SnapshotDeleteFlags;
import dev.virtwire.protocol.remote.VcpuState;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What people do with a domain, with a real guest. */
@ExtendWith(LibvirtdExtension.class)
class CuratedIT {
    private static final long MIB = 1 << 20;
    private static final long IMAGE = 4 * MIB;

    private Libvirtd libvirtd;
    private Libvirt libvirt;

    @BeforeEach
    void connect(Libvirtd server) {
        libvirtd = server;
        libvirt = Libvirt.connect(server.unixUri()).join();
    }

    @AfterEach
    void disconnect() {
        libvirt.close();
    }

    @Test
    void aDomainIsPausedSavedRestoredResetAndRenamed() {
        try (Guest guest = guest("moves").start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            assertThat(domain.status().join())
                    .isEqualTo(new DomainStatus(DomainState.RUNNING.value(), DomainRunningReason.BOOTED.value()));
            domain.suspend().join();
            assertThat(domain.status().join().reason()).isEqualTo(Optional.of(DomainPausedReason.USER));
            domain.resume().join();
            assertThat(domain.autostart().join()).isFalse();
            domain.setAutostart(true).join();
            assertThat(domain.autostart().join()).isTrue();
            domain.setAutostart(false).join();

            assertThat(domain.saved().isManaged().join()).isFalse();
            domain.saved().manage().join();
            assertThat(domain.saved().isManaged().join()).isTrue();
            assertThat(domain.status().join().reason()).isEqualTo(Optional.of(DomainShutoffReason.SAVED));
            assertThat(domain.saved().managedXml().join()).contains("<name>" + guest.name());
            domain.start().join();
            assertThat(domain.status().join().reason()).isEqualTo(Optional.of(DomainRunningReason.RESTORED));

            Path file = libvirtd.directory().resolve("moves.saved");
            domain.saved().to(file.toString()).join();
            assertThat(domain.isActive().join()).isFalse();
            libvirt.restoreDomain(file.toString(), null).join();
            assertThat(domain.isActive().join()).isTrue();

            // This guest's configuration says that a reset ends it: QEMU may be gone before it has answered libvirt.
            domain.reset().handle((done, gone) -> done).join();
            await().until(() -> !domain.isActive().join());
            Domain renamed = domain.rename("curated-renamed").join();
            assertThat(renamed).isEqualTo(domain);
            assertThat(libvirt.domain("curated-renamed").join()).isEqualTo(domain);
            renamed.rename(guest.name()).join();
        }
    }

    @Test
    void figuresOfManyDomainsComeByOneCall() {
        try (Guest guest = guest("figures").start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            DomainStatistics all = domain.statistics().join();
            assertThat(all.domain()).isEqualTo(domain);
            assertThat(all.status().orElseThrow().state()).contains(DomainState.RUNNING);
            assertThat(all.cpu().total().orElseThrow()).isPositive();
            assertThat(all.balloon().maximumKiB())
                    .hasValue(domain.memory().maximumKiB().join());
            assertThat(all.vcpuCount()).hasValue(1);
            assertThat(all.vcpus()).extracting(VcpuStatistics::state).containsExactly(Optional.of(VcpuState.RUNNING));
            assertThat(all.disks()).singleElement().satisfies(disk -> {
                assertThat(disk.name()).isEqualTo("vda");
                assertThat(disk.capacity()).hasValue(IMAGE);
                assertThat(disk.readTime()).isPresent();
            });
            assertThat(all.parameters().toMap()).containsKey("block.0.rd.bytes");

            assertThat(libvirt.statistics().join())
                    .extracting(DomainStatistics::domain)
                    .contains(domain);
            assertThat(domain.statistics(DomainStatsTypes.STATE)
                            .join()
                            .parameters()
                            .toMap())
                    .containsOnlyKeys("state.state", "state.reason");
            assertThat(libvirt.statistics(List.of(), Set.of(), Set.of()).join()).isEmpty();
        }
    }

    @Test
    void aDiskTellsItsSizesAndTakesLimits() {
        try (Guest guest = guest("disk").start()) {
            DomainDisk disk = libvirt.domain(guest.name()).join().disk("vda");
            assertThat(disk.info().join().capacity()).isEqualTo(IMAGE);
            assertThat(disk.statistics().join().errors()).isEqualTo(-1);
            // The firmware may read the disk at any moment, so what is told in detail lies between two plain answers.
            long before = disk.statistics().join().readRequests();
            TypedParameters detailed = disk.detailedStatistics().join();
            long after = disk.statistics().join().readRequests();
            assertThat(detailed.number("rd_operations").getAsLong()).isBetween(before, after);
            assertThatThrownBy(() -> disk.peek(0, 4).join()).hasMessageContaining("raw");
            disk.resize(2 * IMAGE).join();
            assertThat(disk.info().join().capacity()).isEqualTo(2 * IMAGE);
            disk.setIoTune(
                            TypedParameters.builder()
                                    .putUllong("total_iops_sec", 500)
                                    .putString("group_name", "ours")
                                    .build(),
                            DomainAffectFlags.LIVE)
                    .join();
            TypedParameters tuned = disk.ioTune().join();
            assertThat(tuned.number("total_iops_sec")).hasValue(500);
            assertThat(tuned.text("group_name"))
                    .as("text, which is only told to who asks")
                    .contains("ours");
            assertThatThrownBy(() -> disk.domain().disk("vdq").info().join()).hasMessageContaining("vdq");
        }
    }

    @Test
    void aDiskIsCopiedPulledAndCommittedWhileTheGuestRuns() throws Exception {
        try (Guest guest = guest("jobs").start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            DomainDisk disk = domain.disk("vda");
            assertThat(disk.job().join()).isEmpty();
            Path copy = libvirtd.directory().resolve("jobs-copy.qcow2");
            disk.copyTo(
                            "<disk type='file'><source file='%s'/><driver type='qcow2'/></disk>".formatted(copy),
                            TypedParameters.empty(),
                            BlockCopyFlags.TRANSIENT_JOB)
                    .join();
            await().until(() -> disk.job()
                    .join()
                    .filter(job -> job.end() > 0 && job.current() == job.end())
                    .isPresent());
            assertThat(disk.job().join().orElseThrow().type()).contains(BlockJobType.COPY);
            disk.setJobSpeed(8 * MIB).join();
            assertThat(disk.job().join().orElseThrow().bandwidth()).isEqualTo(8 * MIB);
            disk.abortJob().join();
            assertThat(disk.job().join()).isEmpty();

            String snapshot = "<domainsnapshot><name>%s</name></domainsnapshot>";
            domain.snapshots()
                    .create(
                            snapshot.formatted("outside"),
                            SnapshotCreateFlags.DISK_ONLY,
                            SnapshotCreateFlags.NO_METADATA)
                    .join();
            disk.pull(0).join();
            await().until(() -> disk.job().join().isEmpty());
            assertThat(domain.xml().join()).contains(".outside'").contains("<backingStore/>");

            domain.snapshots()
                    .create(
                            snapshot.formatted("second"),
                            SnapshotCreateFlags.DISK_ONLY,
                            SnapshotCreateFlags.NO_METADATA)
                    .join();
            disk.commit(null, null, 0, BlockCommitFlags.ACTIVE).join();
            await().until(() -> disk.job()
                    .join()
                    .filter(job -> job.end() > 0 && job.current() == job.end())
                    .isPresent());
            await().ignoreExceptionsMatching(failure -> failure.getMessage().contains("not ready"))
                    .until(() -> {
                        disk.abortJob(BlockJobAbortFlags.PIVOT).join();
                        return true;
                    });
            assertThat(domain.xml().join()).contains(".outside'").doesNotContain(".second'");
            assertThat(Files.exists(copy)).isTrue();
        }
    }

    @Test
    void aSnapshotIsTakenFoundGoneBackToAndDeleted() {
        try (Guest guest = guest("snap").start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            assertThat(domain.snapshots().current().join()).isEmpty();
            var first = domain.snapshots()
                    .create("<domainsnapshot><name>first</name></domainsnapshot>")
                    .join();
            var second = domain.snapshots()
                    .create("<domainsnapshot><name>second</name></domainsnapshot>")
                    .join();
            assertThat(domain.snapshots().list().join()).containsExactlyInAnyOrder(first, second);
            assertThat(domain.snapshots().find("first").join()).isEqualTo(first).hasSameHashCodeAs(first);
            assertThat(domain.snapshots().current().join()).contains(second);
            assertThat(second.isCurrent().join()).isTrue();
            assertThat(second.parent().join()).isEqualTo(first);
            assertThat(first.children().join()).containsExactly(second);
            assertThat(first.hasMetadata().join()).isTrue();
            assertThat(first.xml().join()).contains("<name>first</name>");
            first.revert().join();
            assertThat(first.isCurrent().join()).isTrue();
            first.delete(SnapshotDeleteFlags.CHILDREN).join();
            assertThat(domain.snapshots().list().join()).isEmpty();
            assertThatThrownBy(() -> domain.snapshots().find("first").join())
                    .cause()
                    .isInstanceOfSatisfying(
                            RemoteException.class,
                            error -> assertThat(error.is(ErrorCode.NO_DOMAIN_SNAPSHOT))
                                    .isTrue());
        }
    }

    @Test
    void memoryAndVirtualCpusAreReadAndSet() {
        try (Guest guest = guest("size").start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            long maximum = domain.memory().maximumKiB().join();
            assertThat(domain.info().join().maxMemoryKiB()).isEqualTo(maximum);
            assertThat(domain.memory().statistics().join().get(MemoryStatTag.RSS))
                    .isPresent();
            assertThat(domain.memory()
                            .peek(0, 16, DomainMemoryPeekFlags.PHYSICAL)
                            .join())
                    .hasSize(16);

            assertThat(domain.vcpus().count(DomainVcpuFlags.MAXIMUM).join()).isEqualTo(1);
            var vcpu = domain.vcpus().list().join().get(0);
            assertThat(vcpu.state()).contains(VcpuState.RUNNING);
            assertThat(vcpu.affinity()).isEqualTo(libvirt.node().onlineCpus().join());
            BitSet first = new BitSet();
            first.set(0);
            domain.vcpus().pin(0, first).join();
            assertThat(domain.vcpus().pinning().join()).containsExactly(first);

            domain.destroy().join();
            domain.memory().setMaximumKiB(maximum * 2).join();
            assertThat(domain.memory().maximumKiB().join()).isEqualTo(maximum * 2);
            domain.vcpus()
                    .setCount(2, DomainVcpuFlags.MAXIMUM, DomainVcpuFlags.CONFIG)
                    .join();
            assertThat(domain.vcpus()
                            .count(DomainVcpuFlags.MAXIMUM, DomainVcpuFlags.CONFIG)
                            .join())
                    .isEqualTo(2);
        }
    }

    @Test
    void devicesAndNotesComeAndGo() {
        try (Guest guest = guest("devices").start()) {
            Domain domain = libvirt.domain(guest.name()).join();
            String disk = "<disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/>"
                            .formatted(raw("extra.raw"))
                    + "<target dev='vdx' bus='virtio'/></disk>";
            domain.devices().attach(disk, DeviceModifyFlags.CONFIG).join();
            assertThat(domain.xml(DomainXmlFlags.INACTIVE).join()).contains("vdx");
            domain.devices().detach(disk, DeviceModifyFlags.CONFIG).join();

            assertThat(domain.metadata().title().join()).isEmpty();
            domain.metadata().setTitle("A title").join();
            domain.metadata().setDescription("Words").join();
            domain.metadata().setElement("urn:ours", "o", "<note when='now'/>").join();
            assertThat(domain.metadata().title().join()).contains("A title");
            assertThat(domain.metadata().description().join()).contains("Words");
            assertThat(domain.metadata().element("urn:ours").join().orElseThrow())
                    .contains("<note when=");
            domain.metadata().removeElement("urn:ours").join();
            domain.metadata().setTitle(null).join();
            assertThat(domain.metadata().element("urn:ours").join()).isEmpty();
            assertThat(domain.metadata().title().join()).isEmpty();

            assertThatThrownBy(() -> domain.agent()
                            .command("{\"execute\":\"guest-ping\"}", Duration.ofSeconds(1))
                            .join())
                    .hasMessageContaining("agent");
            assertThatThrownBy(() -> domain.metadata().setTitle("a\0b").join())
                    .hasMessageContaining("DomainSetMetadata.metadata");
        }
    }

    private Guest.Builder guest(String name) {
        return Guest.on(libvirtd, "curated-" + name).disk(GuestDisk.qcow2(IMAGE).fill(0, MIB, 7));
    }

    private Path raw(String name) {
        Path file = libvirtd.directory().resolve(name);
        try {
            Files.write(file, new byte[65536]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }
}
