// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.client.Libvirt;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** All NBD connections break before one of the messages that go through them. */
@ExtendWith(LibvirtdExtension.class)
class CutConnectionIT {
    @TempDir
    Path folder;

    private final Random random = Chaos.random("CutConnectionIT");

    @Test
    void aBackupWhoseDataConnectionsAreCutOnceContinues(Libvirtd libvirtd) throws Exception {
        try (Guest guest = guest(libvirtd)) {
            ModelGuest model = new ModelGuest(libvirtd, guest, random, folder);
            World world = new World(libvirtd, model, folder);
            world.backup();
            int[] cuts = cuts(world, model, 4);
            for (int cut : cuts) {
                model.change(4);
                Truth truth = model.truth();
                world.done(run(world, CountedTransport.cutOnce(cut), Duration.ofMinutes(10)), truth);
                world.requireRecovered();
            }
            world.requireAllRestored();
            System.out.printf("NBD was cut before %d messages, and each backup was made.%n", cuts.length);
        }
    }

    @Test
    void aBackupWhoseDataConnectionsAreCutForGoodFailsAndLeavesNothing(Libvirtd libvirtd) throws Exception {
        try (Guest guest = guest(libvirtd)) {
            ModelGuest model = new ModelGuest(libvirtd, guest, random, folder);
            World world = new World(libvirtd, model, folder);
            world.backup();
            int[] cuts = cuts(world, model, 3);
            int failed = 0;
            for (int cut : cuts) {
                model.change(4);
                Truth truth = model.truth();
                try {
                    // The last messages say goodbye: whoever is cut off there has all that he wanted.
                    world.done(run(world, CountedTransport.cutForGood(cut), Duration.ZERO), truth);
                } catch (BackupException e) {
                    failed++;
                    assertThat(e)
                            .as("cut before message %d", cut)
                            .hasMessageContaining("nbd+unix://")
                            .hasMessageNotContaining("Left behind");
                }
                world.requireRecovered();
            }
            world.requireAllRestored();
            assertThat(failed).isPositive();
            System.out.printf("NBD was cut before %d messages: %d backups failed.%n", cuts.length, failed);
        }
    }

    private static Guest guest(Libvirtd libvirtd) {
        return Guest.on(libvirtd, "cut-connection")
                .disk(GuestDisk.qcow2(5 << 20).random(0, 5 << 20, 1))
                .disk(GuestDisk.qcow2((1 << 20) + 512).pattern(6))
                .start();
    }

    /** Some or all of the messages of a backup. */
    private int[] cuts(World world, ModelGuest model, int sample) throws Exception {
        model.change(4);
        CountedTransport whole = CountedTransport.whole();
        String id = run(world, whole, Duration.ZERO);
        world.done(id, model.truth());
        return Chaos.some(whole.messages(), sample, random).toArray();
    }

    private static String run(World world, CountedTransport transport, Duration stallTimeout) {
        try (Libvirt libvirt = world.connect()) {
            RepositoryStore store = RepositoryStore.open(world.backups(), DurableFiles.PLAIN);
            BackupRequest plan = BackupRequest.of(world.guest().name()).withStallTimeout(stallTimeout);
            return new BackupRun(
                            libvirt,
                            store,
                            plan,
                            ProgressListener.NONE,
                            CopyBudget.ofOne(),
                            NbdOptions.DEFAULT.withTransport(transport))
                    .run()
                    .point()
                    .id();
        }
    }
}
