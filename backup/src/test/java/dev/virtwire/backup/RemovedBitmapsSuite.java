// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.RestoreRequest;
import dev.virtwire.testkit.Guest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Bitmaps that nobody needs go with the next point, with {@code recover}, or when a person says so. */
abstract class RemovedBitmapsSuite extends BitmapsSuite {
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
