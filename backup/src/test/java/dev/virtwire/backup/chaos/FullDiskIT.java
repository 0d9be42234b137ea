// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.RecoverReport;
import dev.virtwire.backup.chaos.files.Change;
import dev.virtwire.backup.chaos.files.WatchedFileSystem;
import dev.virtwire.backup.chaos.files.Watcher;
import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The disk is full from one of the writes on. That is said, nothing is left behind, and the next run is as if nothing
 * had been.
 */
@ExtendWith(LibvirtdExtension.class)
class FullDiskIT {
    @TempDir
    Path folder;

    private final Random random = Chaos.random("FullDiskIT");
    private Guest guest;
    private World world;

    /** A disk with room for so many writes and new names. */
    private static final class Room implements Watcher {
        private int left;

        Room(int left) {
            this.left = left;
        }

        @Override
        public synchronized void before(Change change) throws IOException {
            switch (change.kind()) {
                case CREATE, CREATE_FOLDER, WRITE -> {
                    if (left == 0) {
                        throw new IOException("No space left on device");
                    }
                    left--;
                }
                default -> {} // what changes no size goes well on a full disk
            }
        }
    }

    @BeforeEach
    void prepare(Libvirtd libvirtd) throws Exception {
        guest = Guest.on(libvirtd, "full-disk")
                .disk(GuestDisk.qcow2(3 << 20).pattern(5))
                .disk(GuestDisk.qcow2((1 << 20) + 512).pattern(6))
                .start();
        world = new World(libvirtd, new ModelGuest(libvirtd, guest, random, folder), folder);
        world.backup();
    }

    @AfterEach
    void end() throws Exception {
        guest.close();
    }

    private static Path onFullDisk(Path path, int room) {
        return new WatchedFileSystem(new Room(room)).path(path);
    }

    private static int used(Room room) {
        return Integer.MAX_VALUE - room.left;
    }

    private BackupRequest plan() {
        return BackupRequest.of(guest.name());
    }

    @Test
    void aBackupMayMeetItAtAnyWrite() throws Exception {
        Room endless = new Room(Integer.MAX_VALUE);
        world.guest().change(3);
        world.backup(new WatchedFileSystem(endless).path(world.backups()), plan());
        int failed = 0;
        // The first writes are those of the lock's courtesy to others, which may fail.
        for (int room : Chaos.some(used(endless), 5, random).toArray()) {
            world.guest().change(2);
            try {
                world.backup(onFullDisk(world.backups(), room), plan());
            } catch (CompletionException e) {
                failed++;
                assertThat(e.getCause())
                        .as("room for %d writes", room)
                        .isInstanceOfAny(BackupException.class, RepositoryException.class)
                        .hasMessageContaining("the file system is full")
                        .hasMessageNotContaining("Left behind");
            }
            world.requireRecovered();
        }
        assertThat(failed).isPositive();
        world.requireAllRestored();
        System.out.printf("The disk was full at %d of %d writes of a backup.%n", failed, used(endless));
    }

    @Test
    void aRestoreMayMeetItAtAnyWrite() throws Exception {
        Repository repository = Repository.open(world.backups());
        Point point = repository.newestPoint(guest.name());
        Room endless = new Room(Integer.MAX_VALUE);
        Path out = new WatchedFileSystem(endless).path(world.out());
        repository.restore(RestoreRequest.of(point, out), ProgressListener.NONE).join();
        World.deleteTree(world.out());
        for (int room : Chaos.some(used(endless), 5, random).toArray()) {
            Path full = onFullDisk(world.out(), room);
            assertThatThrownBy(() -> repository
                            .restore(RestoreRequest.of(point, full), ProgressListener.NONE)
                            .join())
                    .as("room for %d writes", room)
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageContaining("the file system is full");
            assertThat(world.out()).doesNotExist();
        }
    }

    /** What a run left that died is what fills the disk, as likely as not. */
    @Test
    void aRecoveryNeedsNoRoom() throws Exception {
        ChildRun whole = ChildRun.of(Action.INCREMENT, world, Steps.ALL);
        world.done(whole.done(), world.guest().truth());
        ChildRun died = ChildRun.of(Action.INCREMENT, world, whole.steps().indexOf("reply 421") + 20);
        assertThat(died.stopped()).isNotNull();

        RecoverReport report = Backups.recover(
                        Repository.open(onFullDisk(world.backups(), 0)),
                        () -> Libvirt.connect(world.libvirtd().unixUri()).join(),
                        ProgressListener.NONE)
                .join();

        assertThat(report.left()).isEmpty();
        assertThat(report.busy()).isEmpty();
        assertThat(report.done()).anyMatch(done -> done.startsWith("ended the backup job"));
        world.requireRecovered();
    }
}
