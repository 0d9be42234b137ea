// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import io.netty.channel.epoll.Epoll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Sockets by Netty's native part, for whoever has put it on the class path; the other classes here have it for TCP. */
@ExtendWith(LibvirtdExtension.class)
class EpollIT {
    @Test
    void aUnixSocketIsReachedByIt(Libvirtd libvirtd) {
        assumeTrue(System.getProperty("os.arch").equals("amd64"));
        assertThat(Epoll.isAvailable()).isTrue();
        try (Libvirt libvirt = Libvirt.connect("test+unix:///default?socket=" + libvirtd.socket())
                .join()) {
            assertThat(libvirt.hostname().join()).isNotBlank();
        }
    }
}
