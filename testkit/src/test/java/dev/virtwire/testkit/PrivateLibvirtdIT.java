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
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class PrivateLibvirtdIT {

    @Test
    void answersOverBothTransportsAndForBothDrivers() {
        try (Libvirtd libvirtd = PrivateLibvirtd.start()) {
            for (String uri : List.of(libvirtd.unixUri(), libvirtd.tcpUri())) {
                assertThat(new Virsh(uri).run("version")).contains("Running hypervisor: QEMU");
            }
            for (String uri : List.of(libvirtd.testUnixUri(), libvirtd.testTcpUri())) {
                assertThat(new Virsh(uri).run("list", "--name").strip()).isEqualTo("test");
            }
        }
    }

    @Test
    void severalRunAtOnceAndSeeOnlyTheirOwnGuests() {
        try (Libvirtd one = PrivateLibvirtd.start();
                Libvirtd other = PrivateLibvirtd.start();
                Guest guest = Guest.on(one, "only-here")
                        .disk(GuestDisk.qcow2(1 << 20))
                        .start()) {
            assertThat(guest.state()).isEqualTo("running");
            assertThat(new Virsh(other.unixUri()).run("list", "--all", "--name"))
                    .isBlank();
        }
    }

    @Test
    void guestsOutliveALibvirtdThatIsKilled() {
        try (Libvirtd libvirtd = PrivateLibvirtd.start();
                Guest guest = Guest.on(libvirtd, "survivor")
                        .disk(GuestDisk.qcow2(1 << 20))
                        .start()) {
            libvirtd.kill();
            assertThatThrownBy(guest::state).isInstanceOf(TestkitException.class);
            libvirtd.restart();

            assertThat(guest.state()).isEqualTo("running");
            guest.write("vda", 0, 4096, 7);
            libvirtd.shutDown();
            libvirtd.restart();
            assertThat(guest.state()).isEqualTo("running");
        }
    }

    @Test
    void leavesNothingBehind() throws IOException {
        Path folder;
        try (Libvirtd libvirtd = PrivateLibvirtd.start()) {
            folder = libvirtd.directory();
            Guest.on(libvirtd, "left-running").disk(GuestDisk.qcow2(1 << 20)).start();
            libvirtd.kill();
            assertThat(processesThatMention(folder)).isNotEmpty();
        }
        assertThat(folder).doesNotExist();
        // What clears up after a launcher that was killed ends a moment after the launcher has.
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(processesThatMention(folder)).isEmpty());
    }

    @Test
    void leavesNothingBehindWhenItsLauncherIsKilled() throws Exception {
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.start()) {
            Path folder = libvirtd.directory();
            Guest.on(libvirtd, "left-running").disk(GuestDisk.qcow2(1 << 20)).start();
            libvirtd.launcherProcess().destroyForcibly().waitFor();

            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> {
                assertThat(folder).doesNotExist();
                assertThat(processesThatMention(folder)).isEmpty();
            });
        }
    }

    @Test
    void runsTheLibvirtOfANewerDebian() {
        try (Libvirtd libvirtd = PrivateLibvirtd.builder().debian("trixie").start();
                Guest guest = Guest.on(libvirtd, "newer")
                        .disk(GuestDisk.qcow2(1 << 20))
                        .start()) {
            assertThat(new Virsh(libvirtd.tcpUri()).run("version", "--daemon"))
                    .contains("Running hypervisor: QEMU 10.", "Running against daemon: 11.3.0");
            guest.write("vda", 0, 4096, 1);
            guest.copyDisk("vda", libvirtd.directory().resolve("copy"));
        }
    }

    @Test
    void saysWhyItDidNotStart() {
        assertThatThrownBy(() -> PrivateLibvirtd.builder()
                        .libvirtdConf("no_such_option = ")
                        .start())
                .isInstanceOf(TestkitException.class)
                .hasMessageContaining("libvirtd did not start")
                .hasMessageContaining("libvirtd.conf");
    }

    /** Looks at command lines and mounts of all processes. */
    private static List<String> processesThatMention(Path folder) throws IOException {
        try (Stream<Path> processes = Files.list(Path.of("/proc"))) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("[0-9]+"))
                    .flatMap(process -> Stream.of(process.resolve("cmdline"), process.resolve("mountinfo")))
                    .filter(file -> read(file).contains(folder.toString()))
                    .map(Path::toString)
                    .toList();
        }
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return ""; // the process has ended meanwhile
        }
    }
}
