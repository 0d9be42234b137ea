// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.testcontainers.DockerClientFactory;

/**
 * Needs a Docker engine: {@code ./check} finds or starts one. Without one they are skipped, as no other test may be.
 */
class LibvirtdContainerIT {

    @BeforeAll
    static void findEngine() {
        assumeTrue(
                DockerClientFactory.instance().isDockerAvailable(),
                "SKIPPED: no Docker engine. Run ./check as root, which starts one");
    }

    @ParameterizedTest
    @CsvSource({"bookworm, 9.0.0", "trixie, 11.3.0"})
    void runsGuestsLikeAnyOtherLibvirtd(String suite, String version) {
        Path folder;
        try (LibvirtdContainer libvirtd = LibvirtdContainer.debian(suite)) {
            libvirtd.start();
            folder = libvirtd.directory();
            assertThat(new Virsh(libvirtd.unixUri()).run("version", "--daemon")).contains("daemon: " + version);
            assertThat(new Virsh(libvirtd.testTcpUri()).run("list", "--name").strip())
                    .isEqualTo("test");

            Guest guest = Guest.on(libvirtd, "boxed")
                    .disk(GuestDisk.qcow2(1 << 20).fill(0, 4096, 1))
                    .start();
            libvirtd.kill();
            assertThatThrownBy(guest::state).isInstanceOf(TestkitException.class);
            libvirtd.restart();
            assertThat(new Virsh(libvirtd.tcpUri()).state("boxed")).isEqualTo("running");
            guest.write("vda", 4096, 4096, 2);
            guest.copyDisk("vda", folder.resolve("copy"));
            libvirtd.shutDown();
            libvirtd.restart();
            guest.kill();
        }
        assertThat(folder).doesNotExist();
    }
}
