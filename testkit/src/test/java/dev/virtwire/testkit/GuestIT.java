// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestIT {
    private static final long MIB = 1 << 20;
    private static Libvirtd libvirtd;

    @TempDir
    Path folder;

    @BeforeAll
    static void startLibvirtd() {
        libvirtd = PrivateLibvirtd.start();
    }

    @AfterAll
    static void endLibvirtd() {
        libvirtd.close();
    }

    @Test
    void disksHoldWhatWasAskedFor() throws IOException {
        GuestDisk disk = GuestDisk.qcow2(8 * MIB).fill(MIB, MIB, 0x11).random(3 * MIB, 100, 42);
        try (Guest guest = Guest.on(libvirtd, "content")
                .disk(disk)
                .disk(GuestDisk.raw(MIB + 512))
                .start()) {
            guest.copyDisk("vda", folder.resolve("vda"));
            guest.copyDisk("vdb", folder.resolve("vdb"));
        }
        byte[] bytes = Files.readAllBytes(folder.resolve("vda"));
        assertThat(bytes).hasSize((int) (8 * MIB));
        assertThat(bytes[(int) MIB - 1]).isZero();
        assertThat(bytes[(int) MIB]).isEqualTo((byte) 0x11);
        assertThat(bytes[(int) (2 * MIB) - 1]).isEqualTo((byte) 0x11);
        assertThat(bytes[(int) (2 * MIB)]).isZero();
        byte[] random = new byte[1 << 20];
        new Random(42).nextBytes(random);
        assertThat(List.of(bytes[(int) (3 * MIB)], bytes[(int) (3 * MIB) + 99], bytes[(int) (3 * MIB) + 100]))
                .isEqualTo(List.of(random[0], random[99], (byte) 0));
        assertThat(Files.size(folder.resolve("vdb"))).isEqualTo(MIB + 512);
    }

    @Test
    void writesZerosAndDiscardsReachTheDisk() throws IOException {
        try (Guest guest = Guest.on(libvirtd, "written")
                .disk(GuestDisk.qcow2(8 * MIB).fill(0, 8 * MIB, 1))
                .start()) {
            guest.write("vda", MIB, 4096, 0x33);
            guest.zero("vda", 2 * MIB, MIB);
            guest.discard("vda", 4 * MIB, MIB);
            guest.copyDisk("vda", folder.resolve("vda"));
        }
        byte[] bytes = Files.readAllBytes(folder.resolve("vda"));
        assertThat(bytes[(int) MIB]).isEqualTo((byte) 0x33);
        assertThat(bytes[(int) MIB + 4096]).isEqualTo((byte) 1);
        assertThat(bytes[(int) (2 * MIB)]).isZero();
        assertThat(bytes[(int) (3 * MIB)]).isEqualTo((byte) 1);
        assertThat(bytes[(int) (4 * MIB)]).isZero();
    }

    @Test
    void aWriteBeyondTheEndIsAnError() {
        try (Guest guest =
                Guest.on(libvirtd, "beyond").disk(GuestDisk.qcow2(MIB)).start()) {
            assertThatThrownBy(() -> guest.write("vda", MIB, 4096, 1))
                    .isInstanceOf(TestkitException.class)
                    .hasMessage("beyond: vda: write -P 1 1048576 4096: write failed: Input/output error");
        }
    }

    @Test
    void writesAfterACheckpointAreDirty() throws IOException {
        try (Guest guest =
                Guest.on(libvirtd, "dirty").disk(GuestDisk.qcow2(8 * MIB)).start()) {
            Virsh virsh = new Virsh(libvirtd.tcpUri());
            virsh.run("checkpoint-create-as", guest.name(), "first");
            assertThat(virsh.run("checkpoint-dumpxml", guest.name(), "first", "--size", "--no-domain"))
                    .contains("size='0'");
            guest.write("vda", MIB, 3 * MIB, 0x5a);
            assertThat(virsh.run("checkpoint-dumpxml", guest.name(), "first", "--size", "--no-domain"))
                    .contains("size='" + 3 * MIB + "'");
        }
    }

    @Test
    void aKilledGuestIsOffAndStartsAgain() {
        try (Guest guest =
                Guest.on(libvirtd, "killed").disk(GuestDisk.qcow2(MIB)).start()) {
            guest.kill();
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(guest.state()).isEqualTo("shut off"));
            guest.start();
            guest.pause();
            assertThat(guest.state()).isEqualTo("paused");
            guest.resume();
            assertThat(guest.state()).isEqualTo("running");
        }
    }

    @Test
    void aGuestWithUefiHasNvram() throws IOException {
        try (Guest guest =
                Guest.on(libvirtd, "uefi").disk(GuestDisk.qcow2(MIB)).uefi().start()) {
            assertThat(guest.state()).isEqualTo("running");
            assertThat(Files.size(guest.nvram())).isPositive();
        }
    }

    @Test
    void disksOfAnySizeRun() {
        try (Guest guest = Guest.on(libvirtd, "sizes")
                .disk(GuestDisk.qcow2(0))
                .disk(GuestDisk.qcow2(512))
                .disk(GuestDisk.qcow2(4L << 40).fill((4L << 40) - MIB, MIB, 9))
                .disk(GuestDisk.raw(65 * 1024 + 512).pattern(1))
                .disk(GuestDisk.qcow2(40 * MIB + 1024).pattern(2))
                .start()) {
            assertThat(guest.targets()).containsExactly("vda", "vdb", "vdc", "vdd", "vde");
            assertThat(guest.state()).isEqualTo("running");
        }
    }
}
