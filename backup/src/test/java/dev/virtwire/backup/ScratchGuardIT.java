// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Tools;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest that overwrites without a pause, while it is backed up slowly, more than its scratch files may hold. */
class ScratchGuardIT {
    private static final long DISK = 256 * MIB;
    private static final long ROOM = 256 * MIB;
    private static final long SLOW = 2 * MIB;
    private static final long PIECE = 4 * MIB;

    @TempDir
    static Path small;

    private static PrivateLibvirtd libvirtd;
    private static Guest guest;

    @TempDir
    Path folder;

    private final AtomicLong largest = new AtomicLong();
    private Path seen = small;

    @BeforeAll
    static void startGuest() throws Exception {
        // Mounted before libvirtd gets mounts of its own, so that it sees this one too.
        new Tools().run(List.of("mount", "-t", "tmpfs", "-o", "size=" + ROOM, "scratch", small.toString()));
        libvirtd = PrivateLibvirtd.start();
        guest = Guest.on(libvirtd, "busy")
                .disk(GuestDisk.qcow2(DISK).fill(0, DISK, 1))
                .disk(GuestDisk.qcow2(DISK).fill(0, DISK, 2))
                .start();
    }

    @AfterAll
    static void endGuest() throws Exception {
        try {
            guest.close();
            libvirtd.close();
        } finally {
            new Tools().run(List.of("umount", small.toString()));
        }
    }

    /** Writes from the beginning of the disks, by turns, until the backup has ended, and then on for a while. */
    private void overwrite(CompletableFuture<BackupResult> backup, long most) {
        int further = 3;
        for (long at = 0; at < most && further > 0; at += PIECE) {
            // Throws where the write failed.
            guest.write("vda", at, PIECE, 0x33);
            guest.write("vdb", at, PIECE, 0x44);
            largest.accumulateAndGet(scratchSize(), Math::max);
            further -= backup.isDone() ? 1 : 0;
        }
    }

    private long scratchSize() {
        try (Stream<Path> list = Files.list(seen)) {
            return list.filter(path -> path.toString().endsWith(".scratch"))
                    .mapToLong(path -> path.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private BackupResult backup(BackupRequest plan, Scene scene, long bandwidth, long most) {
        CompletableFuture<Void> begun = new CompletableFuture<>();
        ProgressListener listener = progress -> {
            if (progress.phase() == Progress.Phase.COPYING) {
                begun.complete(null);
            }
        };
        try (Libvirt libvirt = scene.connect()) {
            CompletableFuture<BackupResult> result = Backups.of(libvirt, scene.repository())
                    .within(TransferLimits.of(1, bandwidth))
                    .backup(plan.scratchFolder() == null ? plan.withScratchFolder(small.toString()) : plan, listener)
                    .result();
            CompletableFuture.anyOf(begun, result).join();
            overwrite(result, most);
            return result.join();
        }
    }

    /** The error is the backup's, and the guest has none. */
    private RuntimeException failure(BackupRequest plan) throws Exception {
        return failure(plan, new Scene(libvirtd, folder));
    }

    private RuntimeException failure(BackupRequest plan, Scene scene) throws Exception {
        try {
            backup(plan, scene, SLOW, DISK);
        } catch (CompletionException e) {
            assertThat(guest.state()).isEqualTo("running");
            scene.requireClean("busy");
            assertThat(seen).isEmptyDirectory();
            return (BackupException) e.getCause();
        }
        throw new AssertionError("the backup did not fail");
    }

    @Test
    void aScratchFolderThatFillsUpEndsTheBackupAndNotTheGuest() throws Exception {
        assertThat(failure(BackupRequest.of("busy")))
                .hasMessageMatching(
                        "the backup of domain busy failed: the guest overwrites so much that the scratch files"
                                + " have grown to \\d+ MiB, and only \\d+ MiB is left free in " + small
                                + "\\. The backup was ended before the guest's writes would fail: choose a folder with more"
                                + " room by --scratch");
        assertThat(largest.get()).isBetween(ROOM / 2, ROOM);
    }

    @Test
    void aLimitIsWhatTheScratchFilesStayBelow() throws Exception {
        assertThat(failure(BackupRequest.of("busy").withScratchLimit(96 * MIB)))
                .hasMessageMatching(
                        "the backup of domain busy failed: the guest overwrites so much that the scratch files"
                                + " have grown to \\d+ MiB, near their limit of 96 MiB\\. The backup was ended before the"
                                + " guest's writes would fail: raise it by --scratch-limit");
        assertThat(largest.get()).isBetween(32 * MIB, 96 * MIB);
    }

    /** As on another machine: the folder is there for libvirtd and not for us. */
    @Test
    void theHostIsAskedForTheRoomInAFolderThatCannotBeSeen() throws Exception {
        String there = "/var/lib/libvirt/scratch";
        seen = Files.createDirectory(libvirtd.directory().resolve("lib/scratch"));
        String namespace =
                Files.readString(libvirtd.directory().resolve("init.pid")).strip();
        List<String> inside = List.of("nsenter", "-t", namespace, "-m");
        Tools tools = new Tools();
        tools.run(Stream.concat(
                        inside.stream(), Stream.of("mount", "-t", "tmpfs", "-o", "size=" + ROOM, "scratch", there))
                .toList());
        try {
            assertThat(failure(
                            BackupRequest.of("busy").withScratchFolder(there),
                            new Scene(libvirtd, libvirtd.tcpUri(), folder)))
                    .hasMessageMatching(
                            "the backup of domain busy failed: the guest overwrites so much that the scratch files"
                                    + " have grown to \\d+ MiB, near the \\d+ MiB that were free in " + there
                                    + " of the host\\. The backup was ended before the guest's writes would fail: choose"
                                    + " a folder with more room by --scratch");
            try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
                assertThat(libvirt.storage().pools().join()).isEmpty();
            }
        } finally {
            tools.run(Stream.concat(inside.stream(), Stream.of("umount", there)).toList());
        }
    }

    @Test
    void whatFitsIsBackedUpWithoutADisturbance() throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        Path truth = folder.resolve("truth.raw");
        guest.copyDisk("vda", truth);
        BackupResult result = backup(
                BackupRequest.of("busy").withDisk("vda").withScratchLimit(96 * MIB),
                scene,
                TransferLimits.UNLIMITED,
                16 * MIB);
        new Tools().compare(truth, result.point().folder().resolve("vda.qcow2"), "qcow2");
        assertThat(guest.state()).isEqualTo("running");
        try (Libvirt libvirt = scene.connect()) {
            libvirt.domain("busy")
                    .join()
                    .checkpoints()
                    .find(result.point().manifest().checkpoint())
                    .join()
                    .delete()
                    .join();
        }
    }
}
