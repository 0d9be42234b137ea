// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to a domain, its images keep the bitmaps that the next increment needs, and no others. */
@ExtendWith(LibvirtdExtension.class)
abstract class LeftBitmapsSuite {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;
    private History history;
    private Bitmaps bitmaps;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
        bitmaps = new Bitmaps(shared);
    }

    private Guest guest(String name) {
        Guest guest = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(8 * MIB).pattern(3))
                .disk(GuestDisk.qcow2(5 * MIB).pattern(4))
                .start();
        history = new History(libvirtd, guest, scene, folder);
        return guest;
    }

    private BackupRequest full(Guest guest) {
        return BackupRequest.of(guest.name()).withLevel(Level.FULL);
    }

    private String backup() throws Exception {
        return history.backup().point().manifest().checkpoint();
    }

    private void crash(Guest guest) {
        guest.kill();
        await().atMost(Duration.ofMinutes(1)).until(() -> guest.state().equals("shut off"));
        guest.start();
    }

    private Path xml(Guest guest) throws Exception {
        return Files.writeString(
                folder.resolve(guest.name() + ".xml"), history.virsh("dumpxml", "--inactive", guest.name()));
    }

    /** Both disks keep one bitmap of that name, and can grow, while the guest runs and while it is off. */
    private void requireOnly(Guest guest, String checkpoint) throws Exception {
        scene.requireClean(guest.name(), checkpoint);
        history.virsh("blockresize", guest.name(), "vda", "9M");
        guest.destroy();
        for (String target : guest.targets()) {
            assertThat(bitmaps.in(guest.image(target))).as(target).containsExactly(checkpoint);
            tools.run(List.of("qemu-img", "resize", "-q", guest.image(target).toString(), "10M"));
        }
        guest.start();
    }

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

    /** It may stay so for months. */
    @Test
    void aPointWhoseManifestCannotBeReadLeavesNone() throws Exception {
        try (Guest guest = guest("left-unread")) {
            String first = history.backup().point().id();
            backup();
            Path manifest = scene.backups().resolve(guest.name()).resolve(first).resolve("manifest.json");
            Files.write(manifest, new byte[] {' '}, StandardOpenOption.APPEND);
            for (int i = 0; i < 3; i++) {
                scene.requireClean(guest.name(), backup());
            }
            requireOnly(guest, backup());
        }
    }

    @Test
    void fullPointsOfADomainThatIsDefinedAgainLeaveNone() throws Exception {
        try (Guest guest = guest("left-defined")) {
            Path xml = xml(guest);
            String newest = "";
            for (int i = 0; i < 3; i++) {
                newest = history.backup(full(guest)).point().manifest().checkpoint();
                guest.destroy();
                history.virsh("undefine", guest.name(), "--checkpoints-metadata");
                history.virsh("define", xml.toString());
                guest.start();
            }
            crash(guest);
            newest = history.backup(full(guest)).point().manifest().checkpoint();
            requireOnly(guest, newest);
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

    @Test
    void whatEarlierProgramsLeftGoesWithTheNextPointAlsoAfterACrash() throws Exception {
        try (Guest guest = guest("left-earlier")) {
            backup();
            leak(guest, 2);
            scene.requireClean(guest.name(), backup());
            leak(guest, 2);
            crash(guest);
            requireOnly(guest, backup());
        }
    }

    /** As a program did that forgot checkpoints without their bitmaps. */
    private void leak(Guest guest, int times) throws Exception {
        guest.destroy();
        for (int i = 0; i < times; i++) {
            add(
                    guest,
                    "virtwire-%s-2020010%dT000000Z-full"
                            .formatted(scene.repository().id(), i + 1));
        }
        guest.start();
    }

    private void add(Guest guest, String bitmap) throws Exception {
        for (String target : guest.targets()) {
            tools.run(List.of("qemu-img", "bitmap", "--add", guest.image(target).toString(), bitmap));
        }
    }

    private Domain domain(Guest guest) {
        return connection().domain(guest.name()).join();
    }

    private Libvirt connection;

    private Libvirt connection() {
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

    @Test
    void aDiskThatWasRestoredInPlaceLeavesNoneOnTheOther() throws Exception {
        try (Guest guest = guest("left-restored")) {
            backup();
            BackupResult result = history.backup();
            scene.repository()
                    .restore(
                            RestoreRequest.of(result.point(), folder.resolve("out"))
                                    .withDisks(Set.of("vdb")),
                            ProgressListener.NONE)
                    .join();
            guest.destroy();
            Files.move(
                    folder.resolve("out/" + guest.name() + "-vdb.qcow2"),
                    guest.image("vdb"),
                    StandardCopyOption.REPLACE_EXISTING);
            guest.start();
            requireOnly(guest, backup());
            history.requireTruth();
        }
    }

    @Test
    void recoverRemovesThoseThatNoPointNeeds() throws Exception {
        try (Guest guest = guest("left-recover")) {
            String first = backup();
            history.virsh("checkpoint-delete", guest.name(), first, "--metadata");
            guest.destroy();
            String orphan = "virtwire-" + scene.repository().id() + "-20200101T000000Z-full";
            String others = "virtwire-aaaaaaaaaaaa-20200101T000000Z-full";
            for (String name : List.of(orphan, others)) {
                tools.run(List.of(
                        "qemu-img", "bitmap", "--add", guest.image("vdb").toString(), name));
            }

            assertThat(scene.recover(scene::connect).left())
                    .singleElement()
                    .asString()
                    .startsWith(
                            "bitmap " + orphan + " of disk vdb, which no checkpoint has: it can be removed while domain"
                                    + " left-recover runs, or by 'qemu-img bitmap --remove -f qcow2 ");
            guest.start();
            crash(guest);
            RecoverReport report = scene.recover(scene::connect);

            assertThat(report.done()).containsExactly("removed bitmap " + orphan + " of vdb, which no checkpoint had");
            assertThat(report.clean()).isTrue();
            assertThat(bitmaps.of(domain(guest)).get("vdb")).containsExactlyInAnyOrder(first, others);
            assertThat(scene.recover(scene::connect).done()).isEmpty();
        }
    }

    @Test
    void onAnotherMachineTheyAreFoundByTheNamesOfPoints() throws Exception {
        try (Guest guest = guest("left-remote")) {
            Scene remote = new Scene(libvirtd, libvirtd.tcpUri(), folder);
            BackupRequest request = full(guest).withNbd(NbdListen.parse("127.0.0.1:10850-10860"));
            for (int i = 0; i < 2; i++) {
                String checkpoint = remote.backup(request).point().manifest().checkpoint();
                scene.requireClean(guest.name(), checkpoint);
                history.virsh("checkpoint-delete", guest.name(), checkpoint, "--metadata");
                if (i == 1) {
                    crash(guest);
                }
            }
            String newest = remote.backup(request).point().manifest().checkpoint();
            scene.requireClean(guest.name(), newest);
            String first = scene.repository()
                    .points(guest.name())
                    .points()
                    .get(0)
                    .manifest()
                    .checkpoint();
            guest.destroy();
            add(guest, first);
            guest.start();
            crash(guest);

            assertThat(remote.recover(remote::connect).done())
                    .containsExactly("removed bitmap " + first + " of vda, vdb, which no checkpoint had");

            assertThat(bitmaps.of(domain(guest)).get("vda")).containsExactly(newest);
        }
    }

    @Test
    void allCheckpointsCanBeRemovedWhileTheDomainRuns() throws Exception {
        try (Guest guest = guest("left-removed")) {
            Scene other = new Scene(libvirtd, Files.createDirectory(folder.resolve("b")));
            String there = other.backup(BackupRequest.of(guest.name()))
                    .point()
                    .manifest()
                    .checkpoint();
            String here = backup();
            scene.requireClean(guest.name(), here, there);
            history.virsh("checkpoint-create-as", guest.name(), "not-ours");

            assertThat(remove(guest, scene.repository()).done()).containsExactly("deleted checkpoint " + here);
            scene.requireClean(guest.name(), there, "not-ours");
            String forgotten = backup();
            guest.destroy();
            guest.start();
            history.virsh("checkpoint-delete", guest.name(), forgotten, "--metadata");
            RecoverReport report = remove(guest, null);

            assertThat(report.done()).hasSize(2);
            assertThat(report.clean()).isTrue();
            scene.requireClean(guest.name(), "not-ours");
            assertThat(remove(guest, null).done()).isEmpty();
        }
    }

    @Test
    void ofADomainThatIsOffTheyAreForgottenAndTheCommandsForTheRestAreNamed() throws Exception {
        Guest guest = guest("left-off");
        Path xml = xml(guest);
        String checkpoint = backup();
        guest.destroy();

        RecoverReport report = remove(guest, null);

        assertThat(report.done()).containsExactly("forgot checkpoint " + checkpoint);
        assertThat(report.left()).hasSize(2);
        for (String left : report.left()) {
            String command = left.substring(left.indexOf('\'') + 1, left.lastIndexOf('\''));
            tools.run(List.of(command.split(" ")));
        }
        assertThat(bitmaps.in(guest.image("vda"))).isEmpty();
        assertThat(bitmaps.in(guest.image("vdb"))).isEmpty();
        history.virsh("undefine", guest.name());
        history.virsh("define", xml.toString());
        guest.close();
    }

    private RecoverReport remove(Guest guest, Repository repository) {
        return Backups.removeCheckpoints(connection(), guest.name(), repository).join();
    }
}
