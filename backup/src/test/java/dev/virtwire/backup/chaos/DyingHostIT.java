// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.chaos.files.Change;
import dev.virtwire.backup.chaos.files.WatchedFileSystem;
import dev.virtwire.backup.chaos.files.Watcher;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** libvirtd or QEMU dies, as by {@code kill -9}, at a random moment of a backup. */
class DyingHostIT {
    private static final int RUNS = Chaos.isFull() ? 40 : 4;

    @TempDir
    Path folder;

    private final Random random = Chaos.random("DyingHostIT");

    /** Does something once, before the n-th change. */
    private static final class Moment implements Watcher {
        private final Runnable event;
        private int left;

        Moment(int left, Runnable event) {
            this.left = left;
            this.event = event;
        }

        @Override
        public synchronized void before(Change change) {
            if (left-- == 0) {
                event.run();
            }
        }
    }

    @Test
    void afterwardsTheNextRunIsWholeAgain() throws Exception {
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.start();
                Guest guest = Guest.on(libvirtd, "dying-host")
                        .disk(GuestDisk.qcow2(5 << 20).pattern(5))
                        .start()) {
            ModelGuest model = new ModelGuest(libvirtd, guest, random, folder);
            World world = new World(libvirtd, model, folder);
            world.backup();
            int failed = 0;
            for (int i = 0; i < RUNS; i++) {
                model.change(3);
                model.flush();
                boolean daemon = random.nextBoolean();
                Moment moment = new Moment(random.nextInt(60), daemon ? libvirtd::kill : guest::kill);
                try {
                    world.backup(new WatchedFileSystem(moment).path(world.backups()), BackupRequest.of(guest.name()));
                } catch (CompletionException e) {
                    assertThat(e.getCause()).isInstanceOf(BackupException.class);
                    failed++;
                }
                if (daemon) {
                    libvirtd.restart();
                } else if (moment.left < 0) {
                    Administrator.startAgain(guest);
                }
                world.recover();
                world.requireRecovered();
            }
            world.requireAllRestored();
            System.out.printf("The host died in %d backups, %d of which failed.%n", RUNS, failed);
        }
    }
}
