// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinuxGuestIT {
    private static PrivateLibvirtd libvirtd;
    private static LinuxGuest linux;

    @TempDir
    Path folder;

    @BeforeAll
    static void startGuest() {
        libvirtd = PrivateLibvirtd.start();
        linux = LinuxGuest.on(libvirtd, "linux").disk(GuestDisk.qcow2(1 << 20)).start();
    }

    @AfterAll
    static void endGuest() {
        libvirtd.close();
    }

    @Test
    void writesAllTheWhile() {
        long before = linux.counted();
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(linux.counted()).isGreaterThan(before + 2));
    }

    @Test
    void runsCommands() {
        assertThat(linux.run("cat /sys/block/vdb/size; echo done")).isEqualTo("2048\ndone\n");
        assertThat(linux.run("true")).isEmpty();
        assertThat(linux.run("seq 1 5000")).hasLineCount(5000).endsWith("\n5000\n");
        assertThatThrownBy(() -> linux.run("ls /nowhere"))
                .isInstanceOf(TestkitException.class)
                .hasMessage("linux: ls /nowhere: exit status 1: ls: /nowhere: No such file or directory");
    }

    @Test
    void whatItLeavesWhileFrozenNeedsNoRecovery() {
        Path live = folder.resolve("live.raw");
        Path frozen = folder.resolve("frozen.raw");
        long before = linux.counted();
        linux.guest().pause();
        linux.guest().copyDisk("vda", live);
        linux.guest().resume();
        Virsh virsh = new Virsh(libvirtd.unixUri());
        virsh.run("domfsfreeze", "linux");
        long during;
        try {
            linux.guest().copyDisk("vda", frozen);
            during = linux.counted();
        } finally {
            virsh.run("domfsthaw", "linux");
        }

        assertThat(GuestFileSystem.inspect(live).journalEmpty()).isFalse();
        GuestFileSystem.replay(live);
        assertThat(GuestFileSystem.inspect(live)).matches(found -> found.sound() && found.journalEmpty());
        assertThat(GuestFileSystem.inspect(live).records()).isGreaterThanOrEqualTo(before);

        GuestFileSystem found = GuestFileSystem.inspect(frozen);
        assertThat(found.sound()).as(found.report()).isTrue();
        assertThat(found.journalEmpty()).isTrue();
        assertThat(found.records()).isBetween(Math.max(1, during), during + 1);
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(linux.counted()).isGreaterThan(during + 2));
    }

    @Test
    void aFileSystemThatIsDamagedIsNotSound() throws IOException {
        Path image = folder.resolve("frozen.raw");
        Virsh virsh = new Virsh(libvirtd.unixUri());
        virsh.run("domfsfreeze", "linux");
        try {
            linux.guest().copyDisk("vda", image);
        } finally {
            virsh.run("domfsthaw", "linux");
        }
        // The first group's descriptor.
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.seek(2048);
            file.write(new byte[64]);
        }
        assertThat(GuestFileSystem.inspect(image).sound()).isFalse();
    }

    @Test
    void withoutAnAgentItIsUpAllTheSame() {
        try (LinuxGuest alone = LinuxGuest.on(libvirtd, "alone")
                .fileSystem(16 << 20)
                .withoutAgent()
                .start()) {
            assertThat(alone.run("cat /sys/block/vda/size").strip()).isEqualTo(Long.toString((16 << 20) / 512));
            alone.guest().kill();
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(alone.guest().state()).isEqualTo("shut off"));
            alone.start();
            assertThat(alone.counted()).isPositive();
        }
    }
}
