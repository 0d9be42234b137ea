// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.ImageFormat;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.GuestFileSystem;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.LinuxGuest;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A guest that writes all the while, frozen while its backup begins. */
@ExtendWith(LibvirtdExtension.class)
class QuiesceIT {
    private static LinuxGuest linux;

    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeAll
    static void startGuest(Libvirtd shared) {
        linux = LinuxGuest.on(shared, "quiesced").start();
    }

    @AfterAll
    static void endGuest() {
        linux.close();
    }

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    /** The guest is for all tests, each of which has a repository of its own. */
    @AfterEach
    void deleteCheckpoints() {
        try (Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain("quiesced").join();
            domain.checkpoints()
                    .list()
                    .join()
                    .forEach(checkpoint -> checkpoint.delete().join());
        }
    }

    private static BackupRequest plan() {
        return BackupRequest.of("quiesced").quiescing();
    }

    /** That it writes says that it is not frozen. */
    private static void requireWriting() {
        long before = linux.counted();
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(linux.counted()).isGreaterThan(before + 1));
    }

    private GuestFileSystem restored(Point point, String name) {
        Path out = folder.resolve(name);
        scene.repository()
                .restore(RestoreRequest.of(point, out).withFormat(ImageFormat.RAW), ProgressListener.NONE)
                .join();
        return GuestFileSystem.inspect(out.resolve(point.domain() + "-vda.raw"));
    }

    @Test
    void aQuiescedPointNeedsNoRepairAndAnotherOneDoes() throws Exception {
        long before = linux.counted();
        BackupResult quiesced = scene.backup(plan());
        requireWriting();
        GuestFileSystem found = restored(quiesced.point(), "quiesced");
        assertThat(found.sound()).as(found.report()).isTrue();
        assertThat(found.journalEmpty()).isTrue();
        assertThat(found.records()).isGreaterThanOrEqualTo(before);
        assertThat(quiesced.point().manifest().quiesced()).isTrue();
        assertThat(quiesced.frozen()).isPositive().isLessThanOrEqualTo(quiesced.duration());

        BackupResult live = scene.backup(BackupRequest.of("quiesced"));
        assertThat(live.point().manifest().quiesced()).isFalse();
        assertThat(live.frozen()).isNull();
        assertThat(restored(live.point(), "live").journalEmpty()).isFalse();

        BackupResult increment = scene.backup(plan());
        GuestFileSystem later = restored(increment.point(), "increment");
        assertThat(later).matches(state -> state.sound() && state.journalEmpty());
        assertThat(later.records()).isGreaterThan(found.records());
        scene.requireClean("quiesced", increment.point().manifest().checkpoint());
    }

    @Test
    void aRefusedBackupLeavesNothingFrozen() throws Exception {
        Path nowhere = libvirtd.directory().resolve("disks/nowhere");
        RuntimeException failure =
                scene.failure(BackupRequest.of("quiesced").quiescing().withScratchFolder(nowhere.toString()));
        assertThat(failure).hasMessageContaining("No such file or directory");
        requireWriting();
        scene.requireClean("quiesced");
    }

    @Test
    void withoutAnAgentNothingIsBegun() throws Exception {
        try (Guest guest =
                Guest.on(libvirtd, "no-agent").disk(GuestDisk.qcow2(MIB)).start()) {
            RuntimeException failure =
                    scene.failure(BackupRequest.of("no-agent").quiescing());
            assertThat(failure)
                    .hasMessageStartingWith("the backup of domain no-agent failed: the guest's file systems cannot be"
                            + " frozen: argument unsupported: QEMU guest agent is not configured")
                    .hasMessageEndingWith(
                            "Nothing was begun. Have qemu-guest-agent run in the guest, or back up without --quiesce");
            scene.requireClean(guest.name());
        }
    }

    @Test
    void anAgentThatIsSilentIsNotAskedToFreeze() throws Exception {
        linux.run("kill -STOP $(pidof qemu-ga)");
        try {
            assertThat(scene.failure(plan()))
                    .hasMessageContaining("its agent did not answer within 10 s. Nothing was begun");
        } finally {
            linux.run("kill -CONT $(pidof qemu-ga)");
        }
        requireWriting();
        scene.requireClean("quiesced");
    }
}
