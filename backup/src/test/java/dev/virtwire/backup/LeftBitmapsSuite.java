// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whatever happens to a domain, its images keep the bitmaps that the next increment needs, and no others. */
abstract class LeftBitmapsSuite extends BitmapsSuite {
    @Test
    void aCrashAfterAnOrderlyStopLeavesNone() throws Exception {
        try (Guest guest = guest("left-crash")) {
            backup();
            for (int i = 0; i < 3; i++) {
                guest.destroy();
                guest.start();
                crash(guest);
                backup();
            }
            requireOnly(guest, backup());
        }
    }

    @Test
    void aLostBitmapOfOneDiskLeavesNoneOnTheOthers() throws Exception {
        try (Guest guest = guest("left-lost")) {
            for (int i = 0; i < 3; i++) {
                String checkpoint = backup();
                guest.destroy();
                tools.run(List.of(
                        "qemu-img",
                        "bitmap",
                        "--remove",
                        guest.image(i == 1 ? "vda" : "vdb").toString(),
                        checkpoint));
                guest.start();
            }
            requireOnly(guest, backup());
        }
    }

    @Test
    void fullPointsOfADomainThatIsDefinedAgainLeaveNone() throws Exception {
        try (Guest guest = guest("left-defined")) {
            String newest = "";
            for (int i = 0; i < 3; i++) {
                newest = history.backup(full(guest)).point().manifest().checkpoint();
                defineAgain(guest);
            }
            crash(guest);
            newest = history.backup(full(guest)).point().manifest().checkpoint();
            requireOnly(guest, newest);
        }
    }

    /** What is needed for a differential point later is not only in the images: libvirt knows it too. */
    @Test
    void aFullPointThatIsKeptIsKnownAgainAfterTheDomainWasDefinedAgain() throws Exception {
        try (Guest guest = guest("left-kept")) {
            BackupRequest keeping = BackupRequest.of(guest.name()).keepingFullCheckpoint();
            BackupResult full = history.backup(keeping);
            history.backup(keeping);
            defineAgain(guest);

            String newest = history.backup(keeping).point().manifest().checkpoint();

            String kept = full.point().manifest().checkpoint();
            scene.requireClean(guest.name(), kept, newest);
            assertThat(bitmaps.of(domain(guest)).get("vda")).containsExactlyInAnyOrder(kept, newest);
            BackupResult since = history.backup(keeping.since(full.point().id()));
            assertThat(since.point().manifest().disks())
                    .allSatisfy(disk -> assertThat(disk.level()).isEqualTo(Level.DIFFERENTIAL));
            history.requireTruth();
        }
    }

    /**
     * libvirt gives the overlay the bitmaps that its base has, known to a checkpoint or not; no image tells of them.
     */
    @Test
    void aSnapshotTakesNoForgottenBitmapAlong() throws Exception {
        try (Guest guest = guest("left-overlay")) {
            String forgotten = backup();
            defineAgain(guest);
            Path overlay = libvirtd.directory().resolve("disks/left-overlay.qcow2");
            history.virsh(
                    "snapshot-create-as",
                    guest.name(),
                    "--no-metadata",
                    "--disk-only",
                    "--diskspec",
                    "vda,snapshot=external,file=" + overlay,
                    "--diskspec",
                    "vdb,snapshot=no");
            assertThat(bitmaps.of(domain(guest)).get("vda")).containsExactly(forgotten);

            String newest = history.backup(full(guest)).point().manifest().checkpoint();

            scene.requireClean(guest.name(), newest);
            assertThat(bitmaps.of(domain(guest)).values()).containsOnly(Set.of(newest));
            guest.destroy();
        }
    }

    /** A killed QEMU leaves bitmaps that nobody can build on, and that keep a disk from getting another size. */
    @Test
    void aFullPointThatIsKeptLeavesNoBrokenBitmaps() throws Exception {
        try (Guest guest = guest("left-broken")) {
            BackupRequest keeping = BackupRequest.of(guest.name()).keepingFullCheckpoint();
            BackupResult full = history.backup(keeping);
            history.backup(keeping);
            defineAgain(guest);
            crash(guest);
            assertThat(bitmaps.of(domain(guest)).get("vda"))
                    .contains(full.point().manifest().checkpoint());

            String newest = history.backup(keeping).point().manifest().checkpoint();

            requireOnly(guest, newest);
            history.requireTruth();
        }
    }

    @Test
    void fullPointsOfATransientDomainLeaveNone() throws Exception {
        try (Guest guest = guest("left-transient")) {
            Path xml = xml(guest);
            guest.destroy();
            history.virsh("undefine", guest.name());
            String newest = "";
            for (int i = 0; i < 3; i++) {
                history.virsh("create", xml.toString());
                newest = history.backup(full(guest)).point().manifest().checkpoint();
                guest.destroy();
                assertThat(bitmaps.in(guest.image("vda"))).containsExactly(newest);
            }
            history.virsh("define", xml.toString());
            guest.start();
            requireOnly(guest, backup());
        }
    }
}
