// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens around guests that are off: deaths, other hosts, disks that may be theirs, other ways to back up. */
class OfflineGuestIT extends OfflineGuestSuite {
    private Guest guest(String name) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(32 * MIB).random(0, 32 * MIB, 8))
                .define();
    }

    private Process sleepyBackup(Guest guest) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        SleepyBackup.class.getName(),
                        libvirtd.unixUri(),
                        guest.name(),
                        scene.backups().toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader output = process.inputReader();
        assertThat(output.readLine()).isEqualTo("copying");
        return process;
    }

    @Test
    void whatARunLeftThatWasKilledIsClearedWhileTheGuestIsOff() throws Exception {
        try (Guest guest = guest("off-killed")) {
            sleepyBackup(guest).destroyForcibly().waitFor();

            RecoverReport report = scene.recover(scene::connect);

            assertThat(report.left()).isEmpty();
            assertThat(report.done()).anyMatch(done -> done.startsWith("deleted checkpoint virtwire-"));
            scene.requireClean(guest.name());
            requireNoClone(guest);
            tools.check(guest.image("vda"));
            assertThat(scene.backup(plan(guest).resuming()).notices()).isEmpty();
            assertThat(scene.backup(plan(guest)).bytesRead()).isZero();
        }
    }

    /** A libvirtd that starts again has forgotten that the clone was to end with its connection. */
    @Test
    void aCloneThatOutlivesItsRunIsEndedByTheNextOne() throws Exception {
        try (Libvirtd own = PrivateLibvirtd.start()) {
            libvirtd = own;
            scene = new Scene(own, folder);
            Guest guest = guest("off-outlived");
            Process run = sleepyBackup(guest);
            own.kill();
            run.destroyForcibly().waitFor();
            own.restart();
            try (Libvirt libvirt = scene.connect()) {
                assertThat(clones(libvirt, guest)).hasSize(1);
            }

            BackupResult result = scene.backup(plan(guest).resuming());

            assertThat(result.notices().toString())
                    .contains("is not resumed: what serves the disks of a domain that is off ends with its run")
                    .contains("an earlier run was cleaned up after: ended domain off-outlived-virtwire-");
            scene.requireClean(guest.name(), result.point().manifest().checkpoint());
            requireNoClone(guest);
            guest.start();
        }
    }

    @Test
    void aGuestThatRunsOnAnotherHostIsRefusedAndNoByteOfItsDiskChanges() throws Exception {
        try (Guest guest = guest("off-here");
                Libvirtd second = PrivateLibvirtd.start();
                Guest there = Guest.on(second, "off-here")
                        .disk(GuestDisk.existing(guest.image("vda"), "qcow2"))
                        .start()) {
            String before = sha256(guest.image("vda"));

            RuntimeException failure = scene.failure(plan(guest));

            assertThat(failure)
                    .hasMessageStartingWith(
                            "the backup of domain off-here failed: domain off-here is off, and its disks cannot be"
                                    + " opened: ")
                    .hasMessageEndingWith(
                            ". Another program has them open, such as another backup, or the guest itself on another host");
            assertThat(sha256(guest.image("vda"))).isEqualTo(before);
            assertThat(there.state()).isEqualTo("running");
            requireNoClone(guest);
            scene.requireHereClean(guest.name());
            assertThat(scene.traces()).isEmpty();
        }
    }

    /** The listener is called on the thread that copies: the run cannot give way as long as it does not return. */
    @Test
    void aRunThatDoesNotGiveWayLosesTheDisks() throws Exception {
        Guest.Builder built =
                Guest.on(libvirtd, "off-stuck").disk(GuestDisk.qcow2(8 * MIB).random(0, 8 * MIB, 5));
        try (Guest guest = built.define()) {
            RuntimeException failure = scene.failure(
                    plan(guest),
                    Scene.inMidCopy(
                            () -> await().atMost(LONG).ignoreExceptions().until(() -> {
                                guest.start();
                                return true;
                            })));

            assertThat(failure).hasMessageContaining("it was to be started, and the backup gave way");
            assertThat(guest.state()).isEqualTo("running");
            assertThat(scene.recover(scene::connect).clean()).isTrue();
            scene.requireClean(guest.name());
            scene.backup(plan(guest));
        }
    }

    @Test
    void whatLibvirtForgotIsDefinedAgainAndWithoutItsBitmapADiskIsCompared() throws Exception {
        try (Guest guest = guest("off-forgotten")) {
            History history = new History(libvirtd, guest, scene, folder);
            Manifest first = history.backup().point().manifest();
            history.virsh("checkpoint-delete", guest.name(), first.checkpoint(), "--metadata");

            BackupResult second = history.backup();
            Manifest remembered = second.point().manifest();
            assertThat(remembered.disk("vda").reason()).isEqualTo("what changed since point " + first.point());
            assertThat(second.bytesRead()).isZero();
            scene.requireClean(guest.name(), remembered.checkpoint());

            tools.run(
                    List.of("qemu-img", "bitmap", "--remove", guest.image("vda").toString(), remembered.checkpoint()));
            BackupResult third = history.backup();
            Manifest compared = third.point().manifest();
            assertThat(compared.disk("vda").reason())
                    .startsWith("what differs from point " + remembered.point() + ", found by reading all of it: ");
            scene.requireClean(guest.name(), compared.checkpoint());
            requireNoClone(guest);
            history.requireTruth();
        }
    }

    /** A network that is not there, and a controller that the disk would need: neither is asked for. */
    @Test
    void aGuestThatCannotBeStartedIsPulledAndPushed() throws Exception {
        Path second = libvirtd.directory().resolve("disks/off-lame-second.qcow2");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "qcow2", second.toString(), "3M"));
        tools.run(List.of("qemu-io", "-c", "write -P 9 1M 1M", second.toString()));
        Path target = Files.createDirectory(libvirtd.directory().resolve("off-pushed"));
        try (Guest guest = Guest.on(libvirtd, "off-lame")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(7))
                .device("<interface type='network'><source network='nonet'/></interface>")
                .device("<disk type='file' device='disk'><driver name='qemu' type='qcow2' discard='unmap'/>"
                        + "<source file='" + second + "'/><target dev='sda' bus='scsi'/>"
                        + "<serial>one</serial></disk>")
                .define()) {
            assertThat(catchThrowable(guest::start)).hasMessageContaining("nonet");

            Manifest pulled = scene.backup(plan(guest)).point().manifest();
            assertThat(pulled.disks()).extracting(ManifestDisk::target).containsExactlyInAnyOrder("vda", "sda");
            BackupResult pushed = scene.backup(plan(guest).pushingTo(target.toString()));

            scene.requireClean(guest.name(), pulled.checkpoint());
            requireNoClone(guest);
            assertThat(pushed.point().manifest().guestState()).isEqualTo(GuestState.OFF);
            for (ManifestDisk disk : pushed.point().manifest().disks()) {
                Path image = Path.of(disk.pushed().path());
                Path original = disk.target().equals("vda") ? guest.image("vda") : second;
                assertThat(tools.run(List.of("qemu-img", "compare", image.toString(), original.toString())))
                        .contains("Images are identical");
                Path kept =
                        scene.backups().resolve(guest.name() + "/" + pulled.point() + "/" + disk.target() + ".qcow2");
                assertThat(tools.run(List.of("qemu-img", "compare", kept.toString(), original.toString())))
                        .contains("Images are identical");
            }
        }
    }

    @Test
    void itsUefiVariablesAndDefinitionAreItsOwn() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "off-uefi")
                .disk(GuestDisk.qcow2(4 * MIB).pattern(7))
                .uefi()
                .start()) {
            guest.destroy();
            String variables = sha256(guest.nvram());

            Point point = scene.backup(plan(guest)).point();

            assertThat(sha256(guest.nvram())).isEqualTo(variables);
            assertThat(Files.mismatch(guest.nvram(), point.folder().resolve("nvram.fd")))
                    .isEqualTo(-1);
            assertThat(Files.readString(point.folder().resolve("domain.xml")))
                    .contains("<name>off-uefi</name>")
                    .contains("virtio");
        }
    }

    @Test
    void aDiskOnTheNetworkIsServedOnlyIfAPersonSaysThatItIsThisHostsOwn() throws Exception {
        Path image = libvirtd.directory().resolve("disks/off-net.raw");
        Path socket = libvirtd.directory().resolve("disks/off-net.sock");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "raw", image.toString(), "4M"));
        tools.run(List.of("qemu-io", "-f", "raw", "-c", "write -P 9 1M 1M", image.toString()));
        try (NetworkDisk disk = NetworkDisk.of(image, socket);
                Guest guest = Guest.on(libvirtd, "off-net")
                        .device(disk.device("vda", "raw"))
                        .define()) {
            assertThat(scene.failure(plan(guest)))
                    .hasMessage(
                            "domain off-net is off, and its disk vda lies on the network, nbd:net: the guest may run on"
                                    + " another host, and QEMU's locks would not show it here. If no other host uses the disk, say"
                                    + " so by --own-storage");
            assertThat(scene.backups().resolve(guest.name())).doesNotExist();

            scene.backup(plan(guest).onOwnStorage());
            tools.run(List.of("qemu-io", "-f", "raw", "-c", "write -P 8 3M 64k", "nbd+unix:///net?socket=" + socket));
            Point second = scene.backup(plan(guest).onOwnStorage()).point();

            assertThat(second.manifest().level()).isEqualTo(Level.INCREMENTAL);
            assertThat(tools.run(List.of(
                            "qemu-img",
                            "compare",
                            "-f",
                            "raw",
                            image.toString(),
                            "-F",
                            "qcow2",
                            second.folder().resolve("vda.qcow2").toString())))
                    .contains("Images are identical");
        }
    }

    private String sha256(Path file) throws Exception {
        return tools.run(List.of("sha256sum", file.toString()));
    }
}
