// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(LibvirtdExtension.class)
class FaultyProxyIT {

    @Test
    void carriesLibvirtOverTcp(Libvirtd libvirtd) {
        try (FaultyProxy proxy = FaultyProxy.onTcp(new InetSocketAddress("127.0.0.1", libvirtd.tcpPort()))) {
            Virsh virsh = new Virsh("qemu+tcp://127.0.0.1:" + proxy.port() + "/system");
            assertThat(virsh.run("version")).contains("QEMU");

            proxy.toClient().cutAfter(100);
            assertThatThrownBy(() -> virsh.run("version")).hasMessageContaining("exit code 1");
        }
    }

    @Test
    void carriesLibvirtOverUnixSockets(Libvirtd libvirtd) {
        Path socket = libvirtd.directory().resolve("proxy");
        try (FaultyProxy proxy = FaultyProxy.onUnix(socket, UnixDomainSocketAddress.of(libvirtd.socket()))) {
            assertThat(new Virsh("qemu+unix:///system?socket=" + socket).run("version"))
                    .contains("QEMU");
            assertThat(proxy.connections()).isEqualTo(1);
        }
    }
}
