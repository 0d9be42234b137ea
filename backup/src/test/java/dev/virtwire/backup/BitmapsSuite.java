// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A guest with two disks, and what bitmaps its images keep. */
@ExtendWith(LibvirtdExtension.class)
abstract class BitmapsSuite {
    @TempDir
    Path folder;

    final Tools tools = new Tools();
    Libvirtd libvirtd;
    Scene scene;
    History history;
    Bitmaps bitmaps;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
        bitmaps = new Bitmaps(shared);
    }

    Guest guest(String name) {
        Guest guest = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(8 * MIB).pattern(3))
                .disk(GuestDisk.qcow2(5 * MIB).pattern(4))
                .start();
        history = new History(libvirtd, guest, scene, folder);
        return guest;
    }

    BackupRequest full(Guest guest) {
        return BackupRequest.of(guest.name()).withLevel(Level.FULL);
    }

    String backup() throws Exception {
        return history.backup().point().manifest().checkpoint();
    }

    void crash(Guest guest) {
        guest.kill();
        await().atMost(Duration.ofMinutes(1)).until(() -> guest.state().equals("shut off"));
        guest.start();
    }

    Path xml(Guest guest) throws Exception {
        return Files.writeString(
                folder.resolve(guest.name() + ".xml"), history.virsh("dumpxml", "--inactive", guest.name()));
    }

    /** libvirt forgets the guest with its checkpoints, and is told of it again. */
    void defineAgain(Guest guest) throws Exception {
        Path xml = xml(guest);
        guest.destroy();
        history.virsh("undefine", guest.name(), "--checkpoints-metadata");
        history.virsh("define", xml.toString());
        guest.start();
    }

    /** Both disks keep one bitmap of that name, and can grow, while the guest runs and while it is off. */
    void requireOnly(Guest guest, String checkpoint) throws Exception {
        scene.requireClean(guest.name(), checkpoint);
        history.virsh("blockresize", guest.name(), "vda", "9M");
        guest.destroy();
        for (String target : guest.targets()) {
            assertThat(bitmaps.in(guest.image(target))).as(target).containsExactly(checkpoint);
            tools.run(List.of("qemu-img", "resize", "-q", guest.image(target).toString(), "10M"));
        }
        guest.start();
    }

    void add(Guest guest, String bitmap) throws Exception {
        for (String target : guest.targets()) {
            tools.run(List.of("qemu-img", "bitmap", "--add", guest.image(target).toString(), bitmap));
        }
    }

    Domain domain(Guest guest) {
        return connection().domain(guest.name()).join();
    }

    private Libvirt connection;

    Libvirt connection() {
        if (connection == null) {
            connection = scene.connect();
        }
        return connection;
    }

    @AfterEach
    void disconnect() {
        if (connection != null) {
            connection.close();
        }
    }
}
