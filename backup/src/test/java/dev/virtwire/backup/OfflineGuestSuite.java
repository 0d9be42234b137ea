// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.DomainState;
import dev.virtwire.protocol.remote.DomainStatsTypes;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Guests that are off are backed up like others, and nothing of them runs meanwhile. */
@ExtendWith(LibvirtdExtension.class)
abstract class OfflineGuestSuite {
    static final Duration LONG = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    final Tools tools = new Tools();
    Libvirtd libvirtd;
    Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    static BackupRequest plan(Guest guest) {
        return BackupRequest.of(guest.name());
    }

    /** The domains of this host that serve disks of a guest. */
    List<Domain> clones(Libvirt libvirt, Guest guest) {
        return libvirt.domains().join().stream()
                .filter(domain -> domain.name().startsWith(guest.name() + "-virtwire-"))
                .toList();
    }

    void requireNoClone(Guest guest) {
        try (Libvirt libvirt = scene.connect()) {
            assertThat(clones(libvirt, guest)).isEmpty();
        }
    }

    /** In mid-copy a domain serves the disks; it is paused, and its processor has done nothing. */
    private void requireNothingRuns(Guest guest) {
        assertThat(guest.state()).isEqualTo("shut off");
        try (Libvirt libvirt = scene.connect()) {
            Domain clone = clones(libvirt, guest).get(0);
            assertThat(clones(libvirt, guest)).hasSize(1);
            assertThat(Backups.servesAnother(clone.name())).isTrue();
            assertThat(clone.status().join().state()).contains(DomainState.PAUSED);
            assertThat(clone.isPersistent().join()).isFalse();
            assertThat(clone.statistics(DomainStatsTypes.VCPU).join().vcpus())
                    .allSatisfy(vcpu -> assertThat(vcpu.time()).contains(Duration.ZERO));
        }
    }

    @Test
    void itsPointsBuildOnEachOtherWhetherItRunsOrNot() throws Exception {
        Guest.Builder built = Guest.on(libvirtd, "off-1")
                .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                .disk(GuestDisk.raw(9 * MIB + 512).pattern(4));
        try (Guest guest = built.define()) {
            History history = new History(libvirtd, guest, scene, folder);
            Path before = Files.createDirectory(folder.resolve("before"));
            copy(guest, before);

            BackupResult first = history.backup();
            Manifest full = first.point().manifest();
            assertThat(full.level()).isEqualTo(Level.FULL);
            assertThat(full.guestState()).isEqualTo(GuestState.OFF);
            assertThat(full.disk("vda").bitmap()).isEqualTo(full.checkpoint());
            assertThat(full.disk("vdb").bitmap()).isNull();
            Path after = Files.createDirectory(folder.resolve("after"));
            copy(guest, after);
            for (String target : guest.targets()) {
                assertThat(Files.mismatch(before.resolve(target), after.resolve(target)))
                        .isEqualTo(-1);
            }
            tools.check(guest.image("vda"));
            scene.requireClean(guest.name(), full.checkpoint());
            requireNoClone(guest);

            Manifest nothing = history.backup().point().manifest();
            assertThat(nothing.disk("vda").reason()).isEqualTo("what changed since point " + full.point());
            assertThat(nothing.disk("vdb").level()).isEqualTo(Level.INCREMENTAL);
            assertThat(nothing.disk("vdb").reason()).contains("found by reading all of it");
            scene.requireClean(guest.name(), nothing.checkpoint());

            guest.start();
            guest.write("vda", 3 * MIB, MIB, 0x21);
            guest.write("vdb", MIB, 4096, 0x22);
            BackupResult running = history.backup();
            assertThat(running.point().manifest().guestState()).isEqualTo(GuestState.RUNNING);
            assertThat(running.point().manifest().disk("vda").reason())
                    .isEqualTo("what changed since point " + nothing.point());
            guest.write("vda", 7 * MIB + 512, 70_144, 0x23);
            guest.destroy();

            BackupResult off = history.backup();
            assertThat(off.point().manifest().disk("vda").reason())
                    .isEqualTo("what changed since point " + running.point().id());
            scene.requireClean(guest.name(), off.point().manifest().checkpoint());

            guest.start();
            guest.write("vda", 11 * MIB, 4096, 0x24);
            history.virsh("managedsave", guest.name());
            Manifest saved = history.backup().point().manifest();
            assertThat(saved.guestState()).isEqualTo(GuestState.SAVED);
            guest.start();
            assertThat(guest.state()).isEqualTo("running");
            guest.write("vda", 13 * MIB, 4096, 0x25);
            BackupResult last = history.backup();
            assertThat(last.point().manifest().disk("vda").reason())
                    .isEqualTo("what changed since point " + saved.point());
            scene.requireClean(guest.name(), last.point().manifest().checkpoint());
            history.requireTruth();
        }
    }

    private void copy(Guest guest, Path into) throws Exception {
        for (String target : guest.targets()) {
            tools.run(List.of(
                    "qemu-img",
                    "convert",
                    "-O",
                    "raw",
                    guest.image(target).toString(),
                    into.resolve(target).toString()));
        }
    }

    @Test
    void nothingOfItRunsAndWhoeverStartsItHasToTryTwiceAtMost() throws Exception {
        Guest.Builder built =
                Guest.on(libvirtd, "off-wanted").disk(GuestDisk.qcow2(64 * MIB).random(0, 64 * MIB, 5));
        try (Guest guest = built.define()) {
            String checkpoint = scene.backup(plan(guest)).point().manifest().checkpoint();
            for (int i = 0; i < 2; i++) {
                RuntimeException failure = failureIfStartedInMidCopy(guest);

                assertThat(failure)
                        .hasMessageStartingWith("the backup of domain off-wanted failed: it was to be started, and the"
                                + " backup gave way");
                // It failed before it failed once more.
                assertThat(tools.run(List.of("virsh", "-c", libvirtd.unixUri(), "domstate", "--reason", guest.name())))
                        .contains("shut off (failed)");
                requireNoClone(guest);
            }
            guest.start();
            assertThat(scene.recover(scene::connect).clean()).isTrue();
            scene.requireClean(guest.name(), checkpoint);
        }
    }

    private RuntimeException failureIfStartedInMidCopy(Guest guest) {
        ProgressListener listener = Scene.inMidCopy(() -> {
            requireNothingRuns(guest);
            assertThat(catchThrowable(guest::start)).hasMessageContaining("Failed to get \"write\" lock");
        });
        try (Libvirt libvirt = scene.connect()) {
            return (RuntimeException) catchThrowable(() -> Backups.of(libvirt, scene.repository())
                            .within(TransferLimits.of(1, 4 * MIB))
                            .backup(plan(guest).withLevel(Level.FULL), listener)
                            .result()
                            .join())
                    .getCause();
        }
    }
}
