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
    void aBackupWhoseDataConnectionsAreCutFailsAtOnceAndLeavesNothing(Libvirtd libvirtd) throws Exception {
        try (Guest guest = Guest.on(libvirtd, "cut-connection")
                .disk(GuestDisk.qcow2(5 << 20).random(0, 5 << 20, 1))
                .disk(GuestDisk.qcow2((1 << 20) + 512).pattern(6))
                .start()) {
            ModelGuest model = new ModelGuest(libvirtd, guest, random, folder);
            World world = new World(libvirtd, model, folder);
            world.backup();
            model.change(4);
            CountedTransport whole = new CountedTransport(Integer.MAX_VALUE);
            String id = run(world, whole);
            world.done(id, model.truth());
            int[] cuts = Chaos.some(whole.messages(), 6, random).toArray();
            int failed = 0;
            for (int cut : cuts) {
                model.change(4);
                Truth truth = model.truth();
                try {
                    // The last messages say goodbye: whoever is cut off there has all that he wanted.
                    world.done(run(world, new CountedTransport(cut)), truth);
                } catch (BackupException e) {
                    failed++;
                    assertThat(e)
                            .as("cut before message %d of %d", cut, whole.messages())
                            .hasMessageContaining("nbd+unix://")
                            .hasMessageNotContaining("Left behind");
                }
                world.requireRecovered();
            }
            world.requireAllRestored();
            assertThat(failed).isPositive();
            System.out.printf(
                    "NBD was cut before %d of %d messages: %d backups failed.%n",
                    cuts.length, whole.messages(), failed);
        }
    }

    private static String run(World world, CountedTransport transport) {
        try (Libvirt libvirt = world.connect()) {
            RepositoryStore store = RepositoryStore.open(world.backups(), DurableFiles.PLAIN);
            BackupRequest plan = BackupRequest.of(world.guest().name());
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
