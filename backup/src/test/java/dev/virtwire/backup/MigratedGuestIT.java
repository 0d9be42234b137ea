// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.migration.MigrationSpec;
import dev.virtwire.protocol.remote.MigrateFlags;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A guest that is backed up moves to another host while it runs, and is backed up there. */
@ExtendWith(LibvirtdExtension.class)
class MigratedGuestIT {
    private static final String NAME = "migrant";

    @TempDir
    Path folder;

    /** QEMU stores the bitmaps in the images when it lets go of them, and the other one reads them there. */
    @Test
    void theNextPointOnTheOtherHostIsAnIncrement(Libvirtd home) throws Exception {
        try (Guest guest = Guest.on(home, NAME)
                        .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                        .start();
                PrivateLibvirtd elsewhere = PrivateLibvirtd.start();
                Libvirt here = Libvirt.connect(home.unixUri()).join();
                Libvirt there = Libvirt.connect(elsewhere.unixUri()).join()) {
            History atHome = new History(home, guest, new Scene(home, folder), folder.resolve("home"));
            History away = new History(elsewhere, guest, new Scene(elsewhere, folder), folder.resolve("away"));
            backup(atHome, Level.FULL);
            atHome.write("vda", 3 * MIB, 51_200, 0x11);

            Domain moved = migrate(here, there, elsewhere);
            assertThat(moved.isActive().join()).isTrue();
            away.write("vda", 5 * MIB, 51_200, 0x22);
            backup(away, Level.INCREMENTAL);

            migrate(there, here, home);
            atHome.write("vda", 7 * MIB, 51_200, 0x33);
            backup(atHome, Level.INCREMENTAL);

            atHome.requireTruth();
            away.requireTruth();
        }
    }

    private static Domain migrate(Libvirt from, Libvirt to, Libvirtd host) {
        return from.domain(NAME)
                .join()
                .migrate(
                        to,
                        MigrationSpec.live()
                                .flags(MigrateFlags.UNSAFE, MigrateFlags.PERSIST_DEST)
                                .dataUri("unix://" + host.directory().resolve("disks/migration.sock"))
                                .build())
                .result()
                .join();
    }

    private static void backup(History history, Level level) throws Exception {
        BackupResult result = history.backup();
        System.out.println(
                "[backup] " + result.point().manifest().disks().get(0).level() + ", read " + result.bytesRead()
                        + " bytes: " + result.notices());
        assertThat(result.point().manifest().disks())
                .extracting(ManifestDisk::level)
                .containsOnly(level);
    }
}
