// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static dev.virtwire.backup.Scene.inMidCopy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.PruneReport;
import dev.virtwire.repository.PruneRequest;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The clock of this machine is set back by an hour during a backup, and later points have earlier times. */
@ExtendWith(LibvirtdExtension.class)
class SteppingClockIT {
    private static final Instant RIGHT = Instant.parse("2026-11-30T03:00:00Z");
    private static final Instant BACK = RIGHT.minus(Duration.ofHours(1));

    @TempDir
    Path folder;

    private final Tools tools = new Tools();

    @Test
    void pointsStayInTheOrderInWhichTheyWereMade(Libvirtd libvirtd) throws Exception {
        AtomicReference<Instant> clock = new AtomicReference<>(RIGHT);
        Path backups = new Scene(libvirtd, folder).backups();
        RepositoryStore store =
                RepositoryStore.openOrCreate(backups, DurableFiles.PLAIN).by(clock::get);
        try (Guest guest = Guest.on(libvirtd, "stepping")
                        .disk(GuestDisk.qcow2(16 * MIB).pattern(2))
                        .start();
                Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Backups here = Backups.of(libvirt, store);
            BackupRequest request = BackupRequest.of("stepping");
            Point first = here.backup(request, inMidCopy(() -> clock.set(BACK)))
                    .join()
                    .point();
            assertThat(first.manifest().began()).isEqualTo(RIGHT);
            assertThat(first.manifest().completed()).isEqualTo(BACK);
            guest.write("vda", MIB, MIB, 1);
            Point second = here.backup(request, ProgressListener.NONE).join().point();
            guest.write("vda", 2 * MIB, MIB, 2);
            Path truth = folder.resolve("vda.raw");
            guest.copyDisk("vda", truth);
            // In one second there are two points, and both have names.
            Point third = here.backup(request, ProgressListener.NONE).join().point();

            assertThat(second.id()).isEqualTo("20261130T020000Z-incremental");
            assertThat(third.id()).isEqualTo("20261130T020000Z-incremental-2");
            assertThat(third.manifest().parent().point()).isEqualTo(second.id());
            assertThat(store.points("stepping").points())
                    .extracting(Point::id)
                    .containsExactly(first.id(), second.id(), third.id());
            assertThat(store.newestRestorable("stepping").point().id()).isEqualTo(third.id());
            assertThat(store.verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .intact())
                    .isTrue();

            // While the first is there, only the second says that the third came after it.
            PruneReport pruned = prune(store);
            assertThat(pruned.removed()).extracting(PointVerdict::point).containsExactly(first.id());
            assertThat(pruned.points().get(1).reason()).startsWith("the clock was set back");
            prune(store);

            assertThat(store.points("stepping").points()).extracting(Point::id).containsExactly(third.id());
            tools.compare(truth, backups.resolve("stepping").resolve(third.id()).resolve("vda.qcow2"), "qcow2");
        }
    }

    private static PruneReport prune(RepositoryStore store) {
        return store.prune(PruneRequest.of("stepping", Retention.ofLast(1)), ProgressListener.NONE)
                .join();
    }
}
