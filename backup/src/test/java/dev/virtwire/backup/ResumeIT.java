// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.Libvirt;
import dev.virtwire.image.Compression;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyReport;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A backup whose program was killed in mid-copy is finished by another, from where it was and as of when it began. */
@ExtendWith(LibvirtdExtension.class)
class ResumeIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    private Guest guest(String name) {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(24 * MIB).random(0, 24 * MIB, 1))
                .disk(GuestDisk.qcow2(12 * MIB + 512).random(0, 12 * MIB, 2))
                .start();
    }

    private static BackupRequest resuming(Guest guest) {
        return BackupRequest.of(guest.name()).resuming();
    }

    private void die(Guest guest, long bytes, boolean resume) throws Exception {
        HalfBackup.killed(libvirtd.unixUri(), guest.name(), scene.backups(), bytes, resume);
    }

    private Path truth(Guest guest, String name) throws IOException {
        Path truth = Files.createDirectories(folder.resolve(name));
        guest.targets().forEach(target -> guest.copyDisk(target, truth.resolve(target + ".raw")));
        return truth;
    }

    /** All that the guest writes now is after the point: over what was copied, and over what was not. */
    private static void writeEverywhere(Guest guest, int value) {
        for (long at = 0; at < 24 * MIB; at += 5 * MIB) {
            guest.write("vda", at, MIB / 2, value);
        }
        guest.zero("vda", 12 * MIB, MIB);
        guest.write("vdb", 9 * MIB, MIB, value);
    }

    private void requireTruth(Point point, Path truth) throws Exception {
        VerifyReport report = scene.repository()
                .verify(VerifyRequest.everything(), ProgressListener.NONE)
                .join();
        assertThat(report.damage()).isEmpty();
        assertThat(report.notices()).isEmpty();
        for (ManifestDisk disk : point.manifest().disks()) {
            Path image = point.folder().resolve(disk.target() + ".qcow2");
            tools.check(image);
            tools.compare(truth.resolve(disk.target() + ".raw"), image, "qcow2");
        }
    }

    private String unfinished(Guest guest) {
        return scene.repository().points(guest.name()).unfinished().get(0);
    }

    private static String wentOn(String point) {
        return "resumed point " + point + ", which an earlier run began at ";
    }

    @Test
    void aFullBackupThatWasKilledTwiceIsFinishedAsOfItsBegin() throws Exception {
        try (Guest guest = guest("resumed-full")) {
            Path truth = truth(guest, "truth");
            die(guest, 14 * MIB, false);
            Instant died = Instant.now();
            String id = unfinished(guest);
            writeEverywhere(guest, 0x11);
            die(guest, 20 * MIB, true);
            writeEverywhere(guest, 0x22);

            BackupResult result = scene.backup(resuming(guest));

            assertThat(result.point().id()).isEqualTo(id);
            assertThat(result.point().manifest().began()).isBefore(died);
            assertThat(result.notices()).singleElement().asString().startsWith(wentOn(id));
            assertThat(result.bytesRead()).isLessThanOrEqualTo(36 * MIB + 512 - 20 * MIB);
            assertThat(tools.list(result.point().folder()))
                    .containsExactly(
                            "checkpoint.xml",
                            "domain.xml",
                            "live.xml",
                            "manifest.json",
                            "manifest.sha256",
                            "vda.digests",
                            "vda.qcow2",
                            "vdb.digests",
                            "vdb.qcow2");
            requireTruth(result.point(), truth);
            scene.requireClean(guest.name(), result.point().manifest().checkpoint());

            Path later = truth(guest, "later");
            BackupResult next = scene.backup(resuming(guest));
            assertThat(next.notices()).isEmpty();
            assertThat(next.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            assertThat(next.bytesRead()).isLessThan(12 * MIB);
            requireTruth(next.point(), later);
            scene.requireClean(guest.name(), next.point().manifest().checkpoint());
        }
    }

    @Test
    void anIncrementIsFinishedAndADiskThatWasCompleteIsNotReadAgain() throws Exception {
        try (Guest guest = guest("resumed-increment")) {
            scene.backup(BackupRequest.of(guest.name()));
            guest.write("vda", 3 * MIB + 4096, 10 * MIB, 0x31);
            guest.zero("vda", 15 * MIB, 2 * MIB + 65536);
            guest.write("vdb", 2 * MIB, 10 * MIB + 512, 0x32);
            Path truth = truth(guest, "truth");
            die(guest, 24 * MIB + 8 * MIB, false);
            String id = unfinished(guest);
            writeEverywhere(guest, 0x33);

            BackupResult result = scene.backup(resuming(guest));

            assertThat(result.point().id()).isEqualTo(id).endsWith("-incremental");
            assertThat(result.notices()).singleElement().asString().startsWith(wentOn(id));
            // Of vda nothing, of vdb what was not yet copied.
            assertThat(result.bytesRead()).isLessThanOrEqualTo(4 * MIB + 512);
            requireTruth(result.point(), truth);
            Path later = truth(guest, "later");
            BackupResult next = scene.backup(BackupRequest.of(guest.name()));
            requireTruth(next.point(), later);
            scene.requireClean(guest.name(), next.point().manifest().checkpoint());
        }
    }

    @Test
    void aBackupThatLostItsHostIsFinishedOverAnotherConnection() throws Exception {
        try (Guest guest = guest("resumed-lost");
                Libvirt lost = scene.connect()) {
            Path truth = truth(guest, "truth");
            Runnable cut = lost::close;
            ProgressListener listener = progress -> {
                if (progress.bytesDone() >= 14 * MIB) {
                    cut.run();
                }
            };
            BackupRequest plan = BackupRequest.of(guest.name());
            assertThatThrownBy(() -> Backups.of(lost, scene.repository())
                            .backup(plan, listener)
                            .result()
                            .join())
                    .cause()
                    .hasMessageContaining("Left behind: perhaps, on host ")
                    .hasMessageEndingWith("Or 'virtwire backup --resume' finishes it, if its job still runs then");
            writeEverywhere(guest, 0x66);

            BackupResult result = scene.backup(resuming(guest));

            assertThat(result.notices()).singleElement().asString().startsWith("resumed point");
            assertThat(result.bytesRead()).isLessThanOrEqualTo(36 * MIB + 512 - 14 * MIB);
            requireTruth(result.point(), truth);
            scene.requireClean(guest.name(), result.point().manifest().checkpoint());
        }
    }

    @Test
    void itIsFinishedThroughThePortThatItListensOn() throws Exception {
        try (Guest guest = guest("resumed-tcp");
                Libvirt libvirt = Libvirt.connect(libvirtd.tcpUri()).join()) {
            Path truth = truth(guest, "truth");
            HalfBackup.killed(libvirtd.tcpUri(), guest.name(), scene.backups(), 30 * MIB, false);
            writeEverywhere(guest, 0x44);

            BackupResult result = Backups.of(libvirt, scene.repository())
                    .backup(resuming(guest), ProgressListener.NONE)
                    .result()
                    .join();

            assertThat(result.notices()).singleElement().asString().startsWith("resumed point");
            assertThat(result.bytesRead()).isLessThanOrEqualTo(6 * MIB + 512);
            requireTruth(result.point(), truth);
            scene.requireClean(guest.name(), result.point().manifest().checkpoint());
        }
    }

    /** What happened to the backup in between, and why it is not resumed then. */
    private enum Change {
        JOB_ENDED("its job no longer runs on the host"),
        GUEST_RESTARTED("the domain was started again since"),
        NOTE_DAMAGED("that run had not come to copy anything");

        private final String reason;

        Change(String reason) {
            this.reason = reason;
        }
    }

    private void happen(Change change, Guest guest) throws IOException {
        switch (change) {
            case JOB_ENDED -> {
                try (Libvirt libvirt = scene.connect()) {
                    libvirt.domain(guest.name())
                            .join()
                            .attachBackup()
                            .join()
                            .abort()
                            .join();
                }
            }
            case GUEST_RESTARTED -> {
                guest.destroy();
                guest.start();
            }
            case NOTE_DAMAGED ->
                Files.writeString(
                        scene.backups().resolve(guest.name() + "/." + unfinished(guest) + ".partial/.begun"), "{}");
        }
    }

    @Test
    void whereAnythingIsNotAsItWasLeftANewBackupIsMade() throws Exception {
        try (Guest guest = guest("not-resumed")) {
            for (Change change : Change.values()) {
                die(guest, 5 * MIB, false);
                String id = unfinished(guest);
                happen(change, guest);
                requireNewPoint(guest, resuming(guest), id, change.reason);
            }
            die(guest, 5 * MIB, false);
            requireNewPoint(
                    guest,
                    resuming(guest).withCompression(Compression.ZSTD),
                    unfinished(guest),
                    "it was begun with other options");
        }
    }

    private void requireNewPoint(Guest guest, BackupRequest plan, String unfinished, String reason) throws Exception {
        writeEverywhere(guest, 0x55);
        Path truth = truth(guest, "truth");
        BackupResult result = scene.backup(plan);
        assertThat(result.notices())
                .extracting(Notice::text)
                .contains("point " + unfinished + ", which an earlier run began, is not resumed: " + reason)
                .anyMatch(notice -> notice.startsWith("an earlier run was cleaned up after: "));
        requireTruth(result.point(), truth);
        scene.requireClean(guest.name(), result.point().manifest().checkpoint());
    }
}
