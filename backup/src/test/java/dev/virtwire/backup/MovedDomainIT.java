// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A domain on shared storage runs on one host and then on another. The bitmaps are in its images and move with them;
 * what libvirt knows of its checkpoints stays behind.
 */
@ExtendWith(LibvirtdExtension.class)
class MovedDomainIT {
    private static final String NAME = "traveller";

    @TempDir
    Path folder;

    @Test
    void makesIncrementsOnAnotherHostAndWhenItComesBack(Libvirtd home) throws Exception {
        try (Guest guest = Guest.on(home, NAME)
                        .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                        .disk(GuestDisk.qcow2(5 * MIB + 512).pattern(4))
                        .start();
                PrivateLibvirtd elsewhere = PrivateLibvirtd.start()) {
            Scene sceneAtHome = new Scene(home, folder);
            Scene sceneAway = new Scene(elsewhere, folder);
            History atHome = new History(home, guest, sceneAtHome, folder.resolve("home"));
            History away = new History(elsewhere, guest, sceneAway, folder.resolve("away"));
            Path xml = Files.writeString(folder.resolve("domain.xml"), atHome.virsh("dumpxml", "--inactive", NAME));
            backup(atHome, Level.FULL);
            write(atHome, 0x11);

            atHome.virsh("destroy", NAME);
            away.virsh("define", xml.toString());
            away.virsh("start", NAME);
            write(away, 0x22);
            sceneAway.requireClean(NAME, backup(away, Level.INCREMENTAL));

            // At home libvirt still has the first point's checkpoint, whose bitmaps are gone, and none of the second.
            write(away, 0x33);
            away.virsh("destroy", NAME);
            atHome.virsh("start", NAME);
            write(atHome, 0x44);
            backup(atHome, Level.INCREMENTAL);
            write(atHome, 0x55);
            sceneAtHome.requireClean(NAME, backup(atHome, Level.INCREMENTAL));

            atHome.requireTruth();
            away.requireTruth();
        }
    }

    @Test
    void whoeverRenamesADomainIsToldWhereItsEarlierPointsLie(Libvirtd home) throws Exception {
        Scene scene = new Scene(home, folder);
        try (Guest guest =
                Guest.on(home, NAME).disk(GuestDisk.qcow2(5 * MIB).pattern(4)).start()) {
            History history = new History(home, guest, scene, folder.resolve("truths"));
            history.backup();
            history.virsh("destroy", NAME);
            String xml = history.virsh("dumpxml", "--inactive", NAME);
            history.virsh("undefine", NAME, "--checkpoints-metadata");
            Path renamed = Files.writeString(
                    folder.resolve("renamed.xml"), xml.replace("<name>" + NAME + "</name>", "<name>settler</name>"));
            history.virsh("create", renamed.toString());
            try {
                BackupRequest request = BackupRequest.of("settler");
                assertThat(scene.backup(request).notices())
                        .extracting(Notice::text)
                        .containsOnlyOnce("folder " + NAME + " has points of a domain with the same UUID on this host:"
                                + " if it was renamed, they stay there");
                assertThat(scene.backup(request).notices()).isEmpty();
            } finally {
                history.virsh("destroy", "settler");
                history.virsh("define", Files.writeString(renamed, xml).toString());
            }
        }
    }

    /** A point whose disks are all of that level; returns its checkpoint. */
    private static String backup(History history, Level level) throws Exception {
        Point point = history.backup().point();
        assertThat(point.manifest().disks()).extracting(ManifestDisk::level).containsOnly(level);
        return point.manifest().checkpoint();
    }

    private static void write(History history, int value) throws Exception {
        history.write("vda", 3 * MIB + 4096, 51_200, value);
        history.write("vdb", MIB, 512, value);
    }
}
