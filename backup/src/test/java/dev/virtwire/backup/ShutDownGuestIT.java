// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.inMidCopy;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A guest that shuts down during its backup, where libvirt ends it then: before 11.10. */
@ExtendWith(LibvirtdExtension.class)
class ShutDownGuestIT {
    @TempDir
    Path folder;

    @Test
    void isTheReasonAndTheNextBackupClearsUp(Libvirtd libvirtd) throws Exception {
        Scene scene = new Scene(libvirtd, folder);
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "leaving", 48 << 20)) {
            BackupRequest request = BackupRequest.of("leaving");

            RuntimeException failure = scene.failure(request, inMidCopy(() -> guest.powerOff("shut off")));

            assertThat(failure)
                    .hasMessageStartingWith(
                            "the backup of domain leaving failed: the backup job ended on the host before everything was"
                                    + " read: domain leaving shut down meanwhile; libvirt keeps such a guest until its"
                                    + " backup has ended from version 11.10 on. Left behind: checkpoint virtwire-");
            guest.guest().start();
            BackupResult next = scene.backup(request);
            scene.requireClean("leaving", next.point().manifest().checkpoint());
        }
    }
}
