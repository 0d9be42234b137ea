// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static dev.virtwire.client.Patience.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import dev.virtwire.protocol.error.ErrorCode;
import dev.virtwire.protocol.remote.AgentLifecycleReason;
import dev.virtwire.protocol.remote.AgentLifecycleState;
import dev.virtwire.protocol.remote.ChannelLifecycleReason;
import dev.virtwire.protocol.remote.ChannelLifecycleState;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.LinuxGuest;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What takes a guest with an operating system: its agent, and writes of its own. */
@ExtendWith(LibvirtdExtension.class)
class GuestAgentIT {
    private static final long MIB = 1 << 20;

    private static Libvirtd libvirtd;
    private static LinuxGuest linux;
    private static Libvirt libvirt;
    private static Domain domain;

    @BeforeAll
    static void startGuest(Libvirtd server) {
        libvirtd = server;
        linux = LinuxGuest.on(server, "agent")
                .disk(GuestDisk.qcow2(64 * MIB).random(0, 16 * MIB, 1))
                .start();
        libvirt = Libvirt.connect(server.unixUri()).join();
        domain = libvirt.domain("agent").join();
    }

    @AfterAll
    static void endGuest() {
        libvirt.close();
        linux.close();
    }

    @Test
    void frozenFileSystemsStandStillUntilTheyAreThawed() {
        assertThat(domain.agent().freeze().join()).isEqualTo(1);
        long frozenAt = linux.counted();
        linux.run("sleep 1");
        assertThat(linux.counted()).isEqualTo(frozenAt);
        assertThat(domain.agent().thaw().join()).isEqualTo(1);
        await().untilAsserted(() -> assertThat(linux.counted()).isGreaterThan(frozenAt + 1));
        assertThat(domain.agent().thaw().join()).isZero();

        assertThat(domain.agent().freeze("/data").join()).isEqualTo(1);
        assertThat(domain.agent().thaw().join()).isEqualTo(1);

        EventRecorder<DomainEvent.AgentLifecycle> agent = new EventRecorder<>();
        domain.events(DomainEventKind.AGENT_LIFECYCLE).subscribe(agent);
        agent.awaitSubscribed();
        EventRecorder<DomainEvent.ChannelLifecycle> channels = new EventRecorder<>();
        boolean channelsAreTold =
                libvirt.libvirtVersion().join().compareTo(DomainEventKind.CHANNEL_LIFECYCLE.since()) >= 0;
        if (channelsAreTold) {
            domain.events(DomainEventKind.CHANNEL_LIFECYCLE).subscribe(channels);
            channels.awaitSubscribed();
        }
        linux.run("kill $(pidof qemu-ga)");
        await().untilAsserted(() -> assertThatThrownBy(
                        () -> domain.agent().freeze().join())
                .cause()
                .isInstanceOfSatisfying(
                        RemoteException.class,
                        error -> assertThat(error.code()).contains(ErrorCode.AGENT_UNRESPONSIVE)));
        await().untilAsserted(() -> assertThat(agent.events()).first().satisfies(event -> {
            assertThat(event.state()).contains(AgentLifecycleState.DISCONNECTED);
            assertThat(event.reason()).contains(AgentLifecycleReason.CHANNEL);
        }));
        if (channelsAreTold) {
            await().untilAsserted(() -> assertThat(channels.events()).first().satisfies(event -> {
                assertThat(event.domain()).isEqualTo(domain);
                assertThat(event.channel()).isEqualTo("org.qemu.guest_agent.0");
                assertThat(event.state()).contains(ChannelLifecycleState.DISCONNECTED);
                assertThat(event.reason()).contains(ChannelLifecycleReason.CHANNEL);
            }));
        }
    }

    @Test
    void aGuestThatSetsItsClockIsHeard() {
        EventRecorder<DomainEvent.RtcChange> recorder = new EventRecorder<>();
        domain.events(DomainEventKind.RTC_CHANGE).subscribe(recorder);
        recorder.awaitSubscribed();
        linux.run("date -u -s '2020-01-01 00:00:00' && hwclock -u -w -f /dev/rtc0");
        await().untilAsserted(() -> assertThat(recorder.events())
                .isNotEmpty()
                .last()
                .satisfies(event -> assertThat(event.offset())
                        .isLessThan(-Duration.ofDays(365).toSeconds())));
    }

    @Test
    void aBackupsScratchTellsWhenItIsWrittenPastItsThreshold() {
        EventRecorder<DomainEvent.BlockThreshold> recorder = new EventRecorder<>();
        domain.events(DomainEventKind.BLOCK_THRESHOLD).subscribe(recorder);
        recorder.awaitSubscribed();
        String scratch = libvirtd.directory().resolve("disks/agent.scratch").toString();
        BackupSpec spec = BackupSpec.pull(NbdServer.unix(
                        libvirtd.directory().resolve("disks/agent.sock").toString()))
                .disk(BackupDisk.of("vdb").on(BackupStorage.file(scratch)).inFormat("qcow2"))
                .build();
        BackupJob job = domain.beginBackup(spec).join();
        try {
            Integer index = job.description().join().disks().stream()
                    .filter(disk -> disk.name().equals("vdb"))
                    .findFirst()
                    .orElseThrow()
                    .index();
            String device = "vdb[" + index + "]";
            domain.disk(device).setThreshold(4 * MIB).join();
            linux.run("dd if=/dev/zero of=/dev/vdb bs=1M count=2 conv=fsync");
            assertThat(recorder.events()).isEmpty();
            linux.run("dd if=/dev/zero of=/dev/vdb bs=1M count=8 conv=fsync");
            await().untilAsserted(() -> assertThat(recorder.events())
                    .singleElement()
                    .satisfies(event -> {
                        assertThat(event.device()).isEqualTo(device);
                        assertThat(event.path()).isEqualTo(scratch);
                        assertThat(event.threshold()).isEqualTo(4 * MIB);
                    }));
            assertThat(job.statistics().join().temporaryUsed().orElseThrow()).isEqualTo(8 * MIB);
        } finally {
            job.abort().join();
        }
    }
}
