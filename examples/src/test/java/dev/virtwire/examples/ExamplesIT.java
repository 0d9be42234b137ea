// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.DomainPoints;
import dev.virtwire.repository.Repository;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples do what they say. */
class ExamplesIT {
    @Test
    void allGuestsAreBackedUp(@TempDir Path folder) throws Exception {
        try (Libvirtd libvirtd = PrivateLibvirtd.start();
                Guest one = Guest.on(libvirtd, "one")
                        .disk(GuestDisk.qcow2(4 << 20).pattern(1))
                        .start();
                Guest two = Guest.on(libvirtd, "two")
                        .disk(GuestDisk.qcow2(4 << 20).pattern(2))
                        .start()) {
            assertThat(BackUpAllGuests.backUpAll(libvirtd.unixUri(), folder.resolve("backups")))
                    .isTrue();
            assertThat(Repository.open(folder.resolve("backups")).points())
                    .extracting(DomainPoints::domain)
                    .containsExactlyInAnyOrder(one.name(), two.name());
        }
    }

    @Test
    void eventsAreWatched() {
        List<String> printed = new CopyOnWriteArrayList<>();
        try (Libvirtd libvirtd = PrivateLibvirtd.start();
                Libvirt libvirt = Libvirt.connect(libvirtd.tcpUri()).join()) {
            WatchEvents.watch(libvirt, printed::add);
            Guest.on(libvirtd, "seen").disk(GuestDisk.qcow2(1 << 20)).start().close();
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(printed).contains("seen STARTED", "seen STOPPED"));
        }
    }
}
