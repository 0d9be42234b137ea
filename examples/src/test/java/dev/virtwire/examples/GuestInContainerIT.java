// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.DomainInfo;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.LibvirtdContainer;
import org.junit.jupiter.api.Test;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;

/** A test of one's own against a real libvirtd in a container: this one suspends a guest. */
@Testcontainers(disabledWithoutDocker = true)
class GuestInContainerIT {
    @Container
    private static final LibvirtdContainer LIBVIRTD = LibvirtdContainer.debian("trixie");

    @Test
    void aSuspendedGuestIsPaused() {
        try (Guest guest = Guest.on(LIBVIRTD, "web1")
                        .disk(GuestDisk.qcow2(16 << 20))
                        .start();
                Libvirt libvirt = Libvirt.connect(LIBVIRTD.tcpUri()).join()) {
            Domain domain = libvirt.domain(guest.name()).join();
            DomainInfo info =
                    domain.suspend().thenCompose(done -> domain.info()).join();
            assertThat(info.state()).contains(DomainState.PAUSED);
        }
    }
}
