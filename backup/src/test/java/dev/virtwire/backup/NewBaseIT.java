// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A chain that may not be longer is followed by a new base, made out of the repository. The limit is near because the
 * repository's folder has a very long name.
 */
@ExtendWith(LibvirtdExtension.class)
class NewBaseIT {
    private static final int NAME = 3920;

    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
    }

    @Test
    void aNewBaseReadsNoMoreOfTheGuestThanAnIncrement() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "base-1")
                .disk(GuestDisk.qcow2(48 * MIB).random(0, 32 * MIB, 5))
                .disk(GuestDisk.qcow2(9 * MIB + 512).pattern(4))
                .start()) {
            Scene scene = new Scene(libvirtd, Files.createDirectories(deep(folder)));
            History history = new History(libvirtd, guest, scene, folder);
            List<BackupResult> results = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                guest.write("vda", (3L * i + 1) * MIB + 65536, 200_192, 0x40 + i);
                guest.write("vdb", 9 * MIB, 512, 0x50 + i);
                guest.zero("vda", (3L * i + 2) * MIB, 65536);
                results.add(history.backup());
            }
            List<Level> levels = results.stream()
                    .map(result -> result.point().manifest().level())
                    .toList();
            int second = levels.lastIndexOf(Level.FULL);
            assertThat(second).as("%s", levels).isBetween(2, 7);
            BackupResult base = results.get(second);
            Manifest manifest = base.point().manifest();
            assertThat(manifest.parent()).isNull();
            assertThat(manifest.checkpoint()).isNotNull();
            assertThat(base.bytesRead()).as("of the guest").isLessThan(4 * MIB);
            assertThat(base.bytesStored()).isGreaterThan(30 * MIB);
            for (ManifestDisk disk : manifest.disks()) {
                assertThat(disk.level()).isEqualTo(Level.FULL);
                assertThat(disk.image().backing()).isNull();
                assertThat(disk.bitmap()).isNotNull();
                assertThat(disk.reason())
                        .startsWith("a new base, made out of point "
                                + results.get(second - 1).point().id() + " and what changed since: its chain has ");
            }
            history.requireTruth();
        }
    }

    @Test
    void itIsMadeIfAnIncrementIsAskedForToo_alsoIfNoBitmapTellsWhatChanged() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "base-2")
                .disk(GuestDisk.raw(3 * MIB + 512).random(0, 2 * MIB, 6))
                .start()) {
            Scene scene = new Scene(libvirtd, Files.createDirectories(deep(folder)));
            History history = new History(libvirtd, guest, scene, folder);
            history.backup();
            BackupRequest increment = BackupRequest.of(guest.name()).withLevel(Level.INCREMENTAL);
            BackupResult base = null;
            for (int i = 0; i < 7 && base == null; i++) {
                guest.write("vda", MIB + 4096L * i, 4096, 0x40 + i);
                BackupResult next = history.backup(increment);
                base = next.point().manifest().level() == Level.FULL ? next : null;
            }

            ManifestDisk disk = requireNonNull(base).point().manifest().disk("vda");
            assertThat(disk.image().backing()).isNull();
            assertThat(disk.reason())
                    .startsWith("a new base: its chain has ")
                    .endsWith("; and its format is raw, which keeps no bitmap of changes");
            assertThat(history.backup(increment).point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            history.requireTruth();
        }
    }

    @Test
    void ofADiskWhoseBitmapMissesChangesAllIsReadAndTheReasonSaysSo() throws Exception {
        int size = 3 << 20;
        try (Guest guest = Guest.on(libvirtd, "base-3")
                .disk(GuestDisk.qcow2(size).random(0, size, 7))
                .start()) {
            Scene scene = new Scene(libvirtd, Files.createDirectories(deep(folder)));
            History history = new History(libvirtd, guest, scene, folder);
            BackupResult before = history.backup();
            BackupResult base = null;
            for (int i = 0; i < 7 && base == null; i++) {
                guest.write("vda", 0, size, 0x60 + i);
                before = history.backup();
                history.virsh("blockresize", guest.name(), "vda", (size - 65536) + "B");
                history.virsh("blockresize", guest.name(), "vda", size + "B");
                BackupResult next = history.backup();
                String last = before.point().id();
                ManifestDisk disk = next.point().manifest().disk("vda");
                String missed = "its bitmap misses changes, as it does if the disk was smaller for a while";
                if (disk.level() == Level.INCREMENTAL) {
                    assertThat(disk.reason())
                            .isEqualTo("what differs from point " + last + ", found by reading all of it: " + missed);
                    assertThat(next.notices())
                            .extracting(Notice::text)
                            .containsExactly("disk vda holds " + disk.reason());
                } else {
                    assertThat(disk.reason())
                            .startsWith("a new base: its chain has ")
                            .endsWith("; and " + missed);
                    assertThat(next.notices())
                            .extracting(Notice::text)
                            .containsExactly("disk vda was copied in full: " + disk.reason());
                    base = next;
                }
                assertThat(next.bytesRead()).isGreaterThanOrEqualTo(size - MIB);
            }
            assertThat(base).isNotNull();
            history.requireTruth();
        }
    }

    @Test
    void itIsFinishedWithoutThePointThatItIsMadeOf() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "base-4")
                .disk(GuestDisk.qcow2(6 * MIB).random(0, 6 * MIB, 8))
                .start()) {
            Scene scene = new Scene(libvirtd, Files.createDirectories(deep(folder)));
            Path truth = folder.resolve("truth.raw");
            BackupResult base = scene.backup(BackupRequest.of(guest.name()));
            List<String> journal = new ArrayList<>();
            for (int i = 0; i < 7 && journal.isEmpty(); i++) {
                guest.write("vda", MIB, 65536, 0x30 + i);
                Files.deleteIfExists(truth);
                guest.copyDisk("vda", truth);
                Path parent = base.point().folder();
                base = scene.backup(BackupRequest.of(guest.name()), Scene.inMidCopy(() -> {
                    String begun =
                            scene.repository().points(guest.name()).unfinished().get(0);
                    if (begun.contains("-full")) {
                        Path entry = parent.resolveSibling(".journal").resolve(begun + ".json");
                        journal.add(takeAway(parent.resolve("vda.qcow2"), entry));
                    }
                }));
            }

            assertThat(journal).singleElement().asString().contains("\"parent\" : null");
            assertThat(base.point().manifest().parent()).isNull();
            Path image = base.point().folder().resolve("vda.qcow2");
            tools.check(image);
            tools.compare(truth, image, "qcow2");
            scene.requireClean(guest.name(), base.point().manifest().checkpoint());
        }
    }

    /** As somebody may who needs the room; what is open is still read. */
    private static String takeAway(Path image, Path entry) {
        try {
            Files.delete(image);
            return Files.readString(entry);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path deep(Path folder) {
        Path deep = folder;
        while (deep.toString().length() + 202 < NAME) {
            deep = deep.resolve("d".repeat(200));
        }
        return deep.resolve("e".repeat(Math.max(1, NAME - deep.toString().length() - 1)));
    }
}
