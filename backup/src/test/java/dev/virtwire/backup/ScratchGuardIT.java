// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.LinuxGuest;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A guest that overwrites, while it is backed up, more than its scratch files may hold. */
class ScratchGuardIT {
    private static final String OVERWRITE = "dd if=/dev/zero of=/dev/vdb bs=1M count=96 conv=fsync";

    @TempDir
    static Path tiny;

    private static PrivateLibvirtd libvirtd;
    private static LinuxGuest linux;

    @TempDir
    Path folder;

    @BeforeAll
    static void startGuest() throws Exception {
        // Mounted before libvirtd gets mounts of its own, so that it sees this one too.
        new Tools().run(List.of("mount", "-t", "tmpfs", "-o", "size=32m", "scratch", tiny.toString()));
        libvirtd = PrivateLibvirtd.start();
        linux = LinuxGuest.on(libvirtd, "busy")
                .disk(GuestDisk.qcow2(128 * MIB).random(0, 128 * MIB, 1))
                .start();
    }

    @AfterAll
    static void endGuest() throws Exception {
        try {
            libvirtd.close();
        } finally {
            new Tools().run(List.of("umount", tiny.toString()));
        }
    }

    /** The guest is for all tests, each of which has a repository of its own. */
    @AfterEach
    void deleteCheckpoints() {
        try (Libvirt libvirt = Libvirt.connect(libvirtd.unixUri()).join()) {
            Domain domain = libvirt.domain("busy").join();
            domain.checkpoints()
                    .join()
                    .forEach(checkpoint -> checkpoint.delete().join());
        }
    }

    /** The guest overwrites while the copy waits; the error is the backup's, and the guest has none. */
    private BackupException failure(BackupPlan.Builder plan) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        BackupException failure = scene.failure(
                plan.listener(Scene.inMidCopy(() -> linux.run(OVERWRITE))).build());
        assertThat(linux.guest().state()).isEqualTo("running");
        assertThat(linux.run("dmesg | grep -i 'error' || true")).isEmpty();
        linux.run(OVERWRITE);
        long before = linux.counted();
        await().untilAsserted(() -> assertThat(linux.counted()).isGreaterThan(before));
        scene.requireClean("busy");
        return failure;
    }

    @Test
    void aScratchFolderThatFillsUpEndsTheBackupAndNotTheGuest() throws Exception {
        BackupException failure = failure(BackupPlan.builder("busy").scratchFolder(tiny.toString()));
        assertThat(failure)
                .hasMessageMatching(
                        "the backup of domain busy failed: the guest overwrites so much that the scratch files"
                                + " have grown to \\d+ MiB, and only \\d MiB is left free in " + tiny
                                + "\\. The backup was ended"
                                + " before the guest's writes would fail: choose a folder with more room by --scratch");
        try (var left = Files.list(tiny)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void aLimitEndsTheBackupToo() throws Exception {
        assertThat(failure(BackupPlan.builder("busy").scratchLimit(8 * MIB)))
                .hasMessageContaining(", and 8 MiB is the limit. The backup was ended before the guest's writes would"
                        + " fail: raise it by --scratch-limit");
    }

    @Test
    void whatFitsIsBackedUp() throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        BackupResult result = scene.backup(BackupPlan.builder("busy")
                .scratchFolder(tiny.toString())
                .scratchLimit(24 * MIB)
                .listener(Scene.inMidCopy(() -> linux.run("dd if=/dev/zero of=/dev/vdb bs=1M count=6 conv=fsync")))
                .build());
        scene.requireClean("busy", result.point().manifest().checkpoint());
    }
}
