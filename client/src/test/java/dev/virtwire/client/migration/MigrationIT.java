// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.MigrationException;
import dev.virtwire.client.MigrationException.Place;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.domain.JobStatistics;
import dev.virtwire.protocol.remote.DomainRunningReason;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.protocol.remote.JobOperation;
import dev.virtwire.protocol.remote.MigrateFlags;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A guest moves between two hosts. */
@Timeout(300)
class MigrationIT {
    private static final long MIB = 1 << 20;

    private static PrivateLibvirtd hostA;
    private static PrivateLibvirtd hostB;
    private static Libvirt a;
    private static Libvirt b;

    @BeforeAll
    static void start() {
        hostA = PrivateLibvirtd.start();
        hostB = PrivateLibvirtd.start();
        a = Libvirt.connect(hostA.unixUri()).join();
        b = Libvirt.connect(hostB.unixUri()).join();
    }

    @AfterAll
    static void end() {
        a.close();
        b.close();
        hostA.close();
        hostB.close();
    }

    /** Both see the same disks, and QEMU would have them without a cache. */
    private static MigrationSpec.Builder to(PrivateLibvirtd host) {
        return MigrationSpec.live()
                .persistent()
                .flags(MigrateFlags.UNSAFE)
                .dataUri("unix://" + host.directory().resolve("disks/migration.sock"));
    }

    private static Guest.Builder guest(String name) {
        return Guest.on(hostA, name).disk(GuestDisk.qcow2(4 * MIB).fill(0, MIB, 7));
    }

    @Test
    void aGuestMovesAndMovesBack() {
        try (Guest guest = guest("moves").start()) {
            Domain here = a.domain(guest.name()).join();
            Domain there = here.migrate(b, to(hostB).build()).result().join();
            assertThat(there.libvirt()).isEqualTo(b);
            assertThat(there.status().join().state()).contains(DomainState.RUNNING);
            assertThat(there.status().join().reason()).isEqualTo(Optional.of(DomainRunningReason.MIGRATED));
            assertThat(a.domains().join()).doesNotContain(here);

            Domain back = there.migrate(a, to(hostA).build()).result().join();
            assertThat(back).isEqualTo(here);
            assertThat(back.isPersistent().join()).isTrue();
            assertThat(b.domains().join()).isEmpty();
            guest.write("vda", 0, MIB, 8);
        }
    }

    @Test
    void aMigrationIsWatchedSlowedAndCancelled() {
        try (Guest guest = guest("cancelled").start()) {
            Domain here = a.domain(guest.name()).join();
            Migration migration = here.migrate(b, to(hostB).bandwidth(1).build());
            await().ignoreExceptions()
                    .until(() -> migration.progress().join().memoryProcessed().orElse(0) > 0);
            JobStatistics progress = migration.progress().join();
            assertThat(progress.operation()).contains(JobOperation.MIGRATION_OUT);
            assertThat(progress.memoryTotal().orElseThrow()).isGreaterThanOrEqualTo(64 * MIB);
            assertThat(progress.memoryRemaining().orElseThrow()).isPositive();
            assertThat(migration.bandwidth().join()).isEqualTo(1);
            migration.setMaxDowntime(Duration.ofMillis(100)).join();
            assertThat(migration.maxDowntime().join()).hasMillis(100);

            migration.cancel().join();
            CompletionException wrapped = catchThrowableOfType(
                    CompletionException.class, () -> migration.result().join());
            assertThat(wrapped.getCause()).isInstanceOfSatisfying(MigrationException.class, error -> {
                assertThat(error.place()).isEqualTo(Place.SOURCE);
                assertThat(error.isCancelled()).isTrue();
            });
            assertThat(here.status().join().state()).contains(DomainState.RUNNING);
            assertThat(b.domains().join()).isEmpty();

            // Nothing is in the way of the next one.
            here.migrate(b, to(hostB).build())
                    .result()
                    .join()
                    .migrate(a, to(hostA).build())
                    .result()
                    .join();
        }
    }

    @Test
    void aSlowMigrationIsHurriedOn() {
        try (Guest guest = guest("hurried").start()) {
            Migration migration = a.domain(guest.name())
                    .join()
                    .migrate(b, to(hostB).bandwidth(1).build());
            await().ignoreExceptions()
                    .until(() -> migration.progress().join().memoryProcessed().orElse(0) > 0);
            migration.setBandwidth(10_000).join();
            migration.result().join().migrate(a, to(hostA).build()).result().join();
        }
    }

    @Test
    void aSourceDirectsItself() {
        try (Guest guest = guest("peers").start()) {
            Domain there = a.domain(guest.name())
                    .join()
                    .migrate(b, to(hostB).peerToPeer(hostB.unixUri()).build())
                    .result()
                    .join();
            assertThat(there.isActive().join()).isTrue();
            there.migrate(a, to(hostA).build()).result().join();
        }
    }

    @Test
    void aDiskThatIsNotSharedIsCopied() throws IOException {
        try (Guest guest = Guest.on(hostA, "copied")
                .disk(GuestDisk.raw(4 * MIB).fill(0, MIB, 7))
                .start()) {
            Domain here = a.domain(guest.name()).join();
            Path image = guest.image("vda");
            Path copy = hostB.directory().resolve("disks/copied-vda");
            Files.copy(image, copy);
            String xml = here.xml(DomainXmlFlags.MIGRATABLE).join().replace(image.toString(), copy.toString());
            guest.write("vda", 0, MIB, 9);
            Domain there = here.migrate(
                            b,
                            to(hostB)
                                    .copyDisk("vda")
                                    .disksUri("unix://" + hostB.directory().resolve("disks/copied.sock"))
                                    .destinationXml(xml)
                                    .persistentXml(xml)
                                    .build())
                    .result()
                    .join();
            assertThat(there.xml().join()).contains(copy.toString());
            assertThat(there.disk("vda").peek(MIB - 1, 1).join()).isEqualTo(new byte[] {9});
            there.destroy().join();
            there.undefine().join();
            a.defineDomain(xml.replace(copy.toString(), image.toString())).join();
        }
    }

    @Test
    void anUnreachableDestinationLeavesTheGuestWhereItIs() {
        try (Guest guest = guest("stays").start()) {
            Domain here = a.domain(guest.name()).join();
            Migration migration = here.migrate(
                    b,
                    MigrationSpec.live()
                            .flags(MigrateFlags.UNSAFE)
                            .dataUri("unix:///nowhere/at/all.sock")
                            .build());
            CompletionException wrapped = catchThrowableOfType(
                    CompletionException.class, () -> migration.result().join());
            assertThat(wrapped.getCause())
                    .isInstanceOfSatisfying(
                            MigrationException.class,
                            error -> assertThat(error.place()).isEqualTo(Place.SOURCE));
            assertThat(here.status().join().state()).contains(DomainState.RUNNING);
            assertThat(b.domains().join()).isEmpty();
            here.migrate(b, to(hostB).build())
                    .result()
                    .join()
                    .migrate(a, to(hostA).build())
                    .result()
                    .join();
        }
    }
}
