// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.storage.StoragePool;
import dev.virtwire.examples.NasBackup.Answer;
import dev.virtwire.examples.NasBackup.Stored;
import dev.virtwire.protocol.remote.DomainUndefineFlags;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.LinuxGuest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The agent's class on a real host: what it does, and what is left if it cannot. The share is a small tmpfs. */
@ExtendWith(LibvirtdExtension.class)
class NasBackupIT {
    private static final int MIB = 1 << 20;

    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Libvirt libvirt;
    private Path share;
    private NasBackup nas;

    @BeforeEach
    void mount(Libvirtd shared) throws Exception {
        libvirtd = shared;
        libvirt = Libvirt.await(Libvirt.connect(libvirtd.unixUri()));
        share = Files.createDirectory(folder.resolve("share"));
        run("mount", "-t", "tmpfs", "-o", "size=64m", "share", share.toString());
        nas = new NasBackup(libvirt, share, Duration.ofMinutes(5));
        assertThat(nas.register().success()).isTrue();
    }

    @AfterEach
    void unmount() throws Exception {
        libvirt.close();
        run("umount", share.toString());
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).inheritIO().start();
        assertThat(process.waitFor()).as(String.join(" ", command)).isZero();
    }

    private Answer take(String instance) {
        return nas.takeBackup(instance, null, false, ProgressListener.NONE);
    }

    private Answer recover() {
        return nas.recover(() -> Libvirt.connect(libvirtd.unixUri()));
    }

    private static Answer done(Answer answer) {
        assertThat(answer.success()).as(answer.details()).isTrue();
        return answer;
    }

    private Path truth(Guest guest, String target) {
        Path file = folder.resolve(guest.name() + "-" + target + ".raw");
        guest.copyDisk(target, file);
        return file;
    }

    private static void requireSame(Path raw, Path qcow2) throws Exception {
        run("qemu-img", "compare", "-q", "-f", "raw", "-F", "qcow2", raw.toString(), qcow2.toString());
    }

    private StoragePool pool() throws Exception {
        Path volumes = Files.createTempDirectory(libvirtd.directory(), "primary");
        return Libvirt.await(libvirt.storage()
                .createPool("<pool type='dir'><name>%s</name><target><path>%s</path></target></pool>"
                        .formatted(volumes.getFileName(), volumes)));
    }

    private Path volume(StoragePool pool, String name) {
        return libvirtd.directory().resolve(pool.name()).resolve(name);
    }

    /** Nothing but so many checkpoints on the host, and nothing unfinished on the share. */
    private void requireNothingLeft(String instance, int checkpoints) throws Exception {
        requireNoJob(instance, checkpoints);
        if (repository().holds(instance)) {
            assertThat(repository().points(instance).unfinished()).isEmpty();
        }
    }

    /** No job, no file of ours beside the disks, and so many checkpoints. */
    private void requireNoJob(String instance, int checkpoints) throws Exception {
        Domain domain = Libvirt.await(libvirt.domain(instance));
        assertThat(Libvirt.await(domain.activeBackup())).isEmpty();
        assertThat(Libvirt.await(domain.checkpoints().list())).hasSize(checkpoints);
        try (Stream<Path> files = Files.walk(libvirtd.directory().resolve("disks"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.contains("virtwire-" + repository().id()));
        }
    }

    private Repository repository() {
        return Repository.open(share.resolve("backups"));
    }

    @Test
    void anInstanceIsBackedUpWhetherItRunsOrNotAndRestored() throws Exception {
        Guest.Builder built = Guest.on(libvirtd, "nas-1")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(1))
                .disk(GuestDisk.qcow2(2 * MIB).pattern(2));
        try (Guest guest = built.start()) {
            assertThat(nas.list("nas-1")).isEmpty();
            Answer full = done(take("nas-1"));
            assertThat(full.details()).startsWith("full: ");
            assertThat(full.bytes()).isPositive();
            guest.write("vda", MIB, MIB, 0x21);
            Answer increment = done(take("nas-1"));
            assertThat(increment.details()).startsWith("incremental: 1048576 bytes read");
            guest.destroy();
            Answer off = done(take("nas-1"));
            assertThat(off.details()).startsWith("incremental: 0 bytes read");
            requireNothingLeft("nas-1", 1);

            assertThat(nas.list("nas-1"))
                    .extracting(Stored::id)
                    .containsExactly(full.backup(), increment.backup(), off.backup());
            done(nas.deleteBackup("nas-1", increment.backup()));
            assertThat(nas.deleteBackup("nas-1", off.backup()).details())
                    .isEqualTo("backup " + off.backup() + " stays: the next increment starts from its checkpoint");
            assertThat(nas.deleteBackup("nas-1", "20200101T000000Z-full").success())
                    .isFalse();
            assertThat(nas.list("nas-1")).extracting(Stored::id).containsExactly(full.backup(), off.backup());
            done(nas.verify("nas-1", off.backup()));
            assertThat(nas.stats().total()).isEqualTo(64L * MIB);
            assertThat(nas.stats().used()).isBetween(full.bytes(), 64L * MIB);

            Path truth = truth(guest, "vda");
            guest.start();
            guest.write("vda", 0, 4 * MIB, 0x66);
            assertThat(nas.restoreInstance("nas-1", off.backup()).details())
                    .isEqualTo("domain nas-1 is running: shut it down");
            guest.destroy();
            done(nas.restoreInstance("nas-1", off.backup()));
            requireSame(truth, guest.image("vda"));
            requireNothingLeft("nas-1", 1);
            done(nas.deleteBackup("nas-1", full.backup()));
            guest.start();
            assertThat(done(nas.deleteBackup("nas-1", off.backup())).warnings()).isEmpty();
            assertThat(nas.list("nas-1")).isEmpty();
            requireNoJob("nas-1", 0);
        }
    }

    @Test
    void theLastBackupThatCanBeReadStaysBesideOneThatCannot() throws Exception {
        try (Guest guest =
                Guest.on(libvirtd, "nas-blind").disk(GuestDisk.qcow2(MIB)).start()) {
            String first = done(take(guest.name())).backup();
            Path second = share.resolve("backups/nas-blind")
                    .resolve(done(take(guest.name())).backup());
            Files.writeString(second.resolve("manifest.json"), "{");

            Answer answer = nas.deleteBackup("nas-blind", first);
            assertThat(answer.success()).isFalse();
            assertThat(answer.details()).startsWith("backup " + first + " stays: ");
            assertThat(second).isDirectory();
            assertThat(nas.list("nas-blind")).extracting(Stored::id).containsExactly(first);
        }
    }

    @Test
    void whatRemainsOnAHostOfTheLastBackupIsSaid() throws Exception {
        String backup;
        try (Guest guest =
                Guest.on(libvirtd, "nas-lost").disk(GuestDisk.qcow2(MIB)).start()) {
            backup = done(take(guest.name())).backup();
        }
        assertThat(done(nas.deleteBackup("nas-lost", backup)).warnings())
                .hasSize(2)
                .anyMatch(warning -> warning.startsWith("checkpoint virtwire-"))
                .anyMatch(warning -> warning.startsWith("Domain not found"));
    }

    @Test
    void aDefinitionOfAnotherInstanceIsRefused() throws Exception {
        try (Guest guest =
                Guest.on(libvirtd, "nas-kept").disk(GuestDisk.qcow2(MIB)).define()) {
            String xml =
                    Libvirt.await(Libvirt.await(libvirt.domain(guest.name())).xml());
            Answer answer = nas.takeBackup("nas-unknown", xml, false, ProgressListener.NONE);
            assertThat(answer.details()).isEqualTo("the definition of instance nas-unknown is that of nas-kept");
            assertThat(Libvirt.await(Libvirt.await(libvirt.domain("nas-kept")).xml()))
                    .isEqualTo(xml);
        }
    }

    @Test
    void aBackupIsAnsweredAlsoIfItsDomainIsNotUndefined() throws Exception {
        String xml;
        try (Guest guest = Guest.on(libvirtd, "nas-5")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(5))
                .define()) {
            xml = Libvirt.await(Libvirt.await(libvirt.domain(guest.name())).xml());
        }
        Answer answer = nas.takeBackup("nas-5", xml, false, inMidCopy(this::undefineFive));
        assertThat(done(answer).warnings()).anyMatch(warning -> warning.startsWith("instance nas-5 stays defined: "));
        assertThat(nas.list("nas-5")).extracting(Stored::id).containsExactly(answer.backup());
    }

    private void undefineFive() {
        libvirt.domain("nas-5")
                .thenCompose(domain -> domain.undefine(DomainUndefineFlags.CHECKPOINTS_METADATA))
                .join();
    }

    @Test
    void aVolumeBecomesADiskOfAnotherInstanceAndAnInstanceThatIsGoneIsMadeAgain() throws Exception {
        StoragePool pool = pool();
        try (Guest other =
                Guest.on(libvirtd, "nas-other").disk(GuestDisk.qcow2(MIB)).start()) {
            Path truth;
            String backup;
            try (Guest guest = Guest.on(libvirtd, "nas-2")
                    .disk(GuestDisk.qcow2(4 * MIB).pattern(3))
                    .start()) {
                truth = truth(guest, "vda");
                backup = done(take("nas-2")).backup();
            }
            Path volume = volume(pool, "nas-2-vda.qcow2");
            assertThat(nas.restoreVolume("nas-2", backup, "vda", pool.name(), "nobody"))
                    .matches(answer -> !answer.success() && answer.details().startsWith("Domain not found"));
            assertThat(volume).doesNotExist();

            Answer attached = done(nas.restoreVolume("nas-2", backup, "vda", pool.name(), "nas-other"));
            assertThat(attached.details()).isEqualTo("restored volume " + volume + " is disk vdb");
            Domain running = Libvirt.await(libvirt.domain(other.name()));
            assertThat(Libvirt.await(running.xml())).contains(volume.toString());
            assertThat(nas.recreateInstance("nas-2", backup, pool.name()))
                    .as("its volume is taken")
                    .matches(answer -> !answer.success() && answer.details().contains("nas-2-vda.qcow2"));

            StoragePool empty = pool();
            done(nas.recreateInstance("nas-2", backup, empty.name()));
            requireSame(truth, volume(empty, "nas-2-vda.qcow2"));
            Domain again = Libvirt.await(libvirt.domain("nas-2"));
            Libvirt.await(again.start());
            Libvirt.await(again.destroy());
            Libvirt.await(again.undefine());
            Libvirt.await(empty.destroy());
        }
        Libvirt.await(pool.destroy());
    }

    @Test
    void aQuiescedGuestIsThawedWhateverBecomesOfItsBackup() throws Exception {
        try (LinuxGuest linux = LinuxGuest.on(libvirtd, "nas-linux").start()) {
            Answer answer = done(nas.takeBackup("nas-linux", null, true, ProgressListener.NONE));
            requireWriting(linux);
            assertThat(nas.list("nas-linux")).singleElement().matches(Stored::quiesced);
            NasBackup hasty = new NasBackup(libvirt, share, Duration.ofNanos(1));
            assertThat(hasty.takeBackup("nas-linux", null, true, ProgressListener.NONE))
                    .matches(failed -> !failed.success() && failed.details().contains("longer than PT0.000000001S"));
            requireWriting(linux);
            requireNothingLeft("nas-linux", 1);
            assertThat(nas.list("nas-linux")).extracting(Stored::id).containsExactly(answer.backup());
        }
    }

    @Test
    void aVolumeInAFolderOfAnyNameIsAttached() throws Exception {
        Path volumes = Files.createTempDirectory(libvirtd.directory(), "it's <R&D>");
        StoragePool odd = Libvirt.await(libvirt.storage()
                .createPool("<pool type='dir'><name>odd</name><target><path>%s</path></target></pool>"
                        .formatted(volumes.toString().replace("&", "&amp;").replace("<", "&lt;"))));
        try (Guest guest =
                Guest.on(libvirtd, "nas-6").disk(GuestDisk.qcow2(MIB)).start()) {
            String backup = done(take("nas-6")).backup();
            assertThat(done(nas.restoreVolume("nas-6", backup, "vda", "odd", guest.name()))
                            .details())
                    .endsWith(" is disk vdb");
        }
        Libvirt.await(odd.destroy());
    }

    private static void requireWriting(LinuxGuest linux) {
        long before = linux.counted();
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(linux.counted()).isGreaterThan(before));
    }

    /** Such are the instances of some clouds: libvirt knows them while they run. */
    @Test
    void incrementsOfAnInstanceThatLibvirtForgetsBuildOnEachOther() throws Exception {
        String xml;
        try (Guest guest = Guest.on(libvirtd, "nas-3")
                .disk(GuestDisk.qcow2(8 * MIB).pattern(5))
                .define()) {
            xml = Libvirt.await(Libvirt.await(libvirt.domain(guest.name())).xml());
        }
        Domain first = Libvirt.await(libvirt.createDomain(xml));
        done(take("nas-3"));
        Libvirt.await(first.destroy());
        assertThat(take("nas-3").details()).contains("Domain not found");

        Answer off = done(nas.takeBackup("nas-3", xml, false, ProgressListener.NONE));
        assertThat(off.details()).startsWith("incremental: ");
        assertThat(Libvirt.await(libvirt.domains()))
                .noneMatch(domain -> domain.name().equals("nas-3"));

        Domain second = Libvirt.await(libvirt.createDomain(xml));
        Answer again = done(take("nas-3"));
        assertThat(again.details()).startsWith("incremental: 0 bytes read");
        requireNothingLeft("nas-3", 1);
        Libvirt.await(second.destroy());
        done(nas.verify("nas-3", again.backup()));
    }

    /** Does something once, in the middle of a copy, which waits for it. */
    private static ProgressListener inMidCopy(Runnable event) {
        AtomicBoolean happened = new AtomicBoolean();
        return progress -> {
            if (progress.bytesMoved() > 0 && happened.compareAndSet(false, true)) {
                event.run();
            }
        };
    }

    private Guest.Builder large(String name) {
        return Guest.on(libvirtd, name).disk(GuestDisk.qcow2(40 * MIB).random(0, 40 * MIB, 7));
    }

    @Test
    void aGuestThatEndsInTheMiddleLeavesNothingButACheckpointWhichTheNextBackupRemoves() throws Exception {
        try (Guest guest = large("nas-killed").start()) {
            Answer answer = nas.takeBackup("nas-killed", null, false, inMidCopy(guest::kill));

            assertThat(answer.success()).isFalse();
            assertThat(answer.tryAgain()).isFalse();
            assertThat(answer.details())
                    .startsWith("the backup of domain nas-killed failed: ")
                    // libvirt deletes none of a guest that is off.
                    .containsPattern("Left behind: checkpoint virtwire-\\S+: it can be deleted while .* runs\\.");
            requireNoJob("nas-killed", 1);
            assertThat(nas.list("nas-killed")).isEmpty();
            guest.start();
            assertThat(done(take("nas-killed")).warnings()).isEmpty();
            requireNothingLeft("nas-killed", 1);
        }
    }

    @Test
    void aShareThatBecomesFullKeepsWhatItHadAndNothingElse() throws Exception {
        Path filler = share.resolve("filler");
        try (Guest guest = large("nas-full").start()) {
            Answer answer = nas.takeBackup("nas-full", null, false, inMidCopy(() -> fill(filler)));

            assertThat(answer.success()).isFalse();
            assertThat(answer.details()).contains("the file system is full").doesNotContain("Left behind");
            requireNothingLeft("nas-full", 0);
            Files.delete(filler);
            assertThat(nas.stats().used()).isLessThan(MIB);
            done(take("nas-full"));
            guest.write("vda", 0, 30 * MIB, 0x31);
            assertThat(take("nas-full").details()).contains("has room for");
            requireNothingLeft("nas-full", 1);
        }
    }

    private static void fill(Path file) {
        try {
            Files.write(file, new byte[64 * MIB]);
        } catch (FileSystemException e) {
            throw new UncheckedIOException(e);
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    @Test
    void aShareThatIsNotMountedGetsNothing() throws Exception {
        try (Guest guest =
                Guest.on(libvirtd, "nas-away").disk(GuestDisk.qcow2(MIB)).start()) {
            run("umount", share.toString());
            Answer answer = take(guest.name());
            assertThat(answer.success()).isFalse();
            assertThat(answer.details()).startsWith("the share is not mounted at ");
            assertThat(nas.register().details()).isEqualTo("the share is not mounted at " + share);
            assertThat(share).isEmptyDirectory();
            run("mount", "-t", "tmpfs", "-o", "size=64m", "share", share.toString());
            done(nas.register());
            requireNothingLeft("nas-away", 0);
        }
    }

    @Test
    void whatAnAgentLeftThatDiedIsCleared() throws Exception {
        try (Guest guest = large("nas-died").start();
                Libvirt dying = Libvirt.await(Libvirt.connect(libvirtd.unixUri()))) {
            NasBackup agent = new NasBackup(dying, share, Duration.ofMinutes(5));
            // Without its connection it can clear nothing on the host.
            Answer answer = agent.takeBackup(guest.name(), null, false, inMidCopy(dying::close));
            assertThat(answer.success()).isFalse();
            assertThat(answer.details()).contains("Left behind");

            assertThat(done(recover()).details()).contains("ended the backup job of domain nas-died");
            requireNothingLeft("nas-died", 0);
            assertThat(done(recover()).details()).isEqualTo("nothing was left");
            done(take("nas-died"));
            assertThat(nas.recover(() -> Libvirt.connect("qemu+unix:///system?socket=" + folder.resolve("none"))))
                    .matches(failed -> !failed.success() && failed.details().contains("none"));
        }
    }

    @Test
    void damageOnTheShareIsFoundAndNotRestored() throws Exception {
        try (Guest guest = Guest.on(libvirtd, "nas-bad")
                .disk(GuestDisk.qcow2(4 * MIB).random(0, 4 * MIB, 9))
                .start()) {
            String backup = done(take(guest.name())).backup();
            Path image = share.resolve("backups/nas-bad").resolve(backup).resolve("vda.qcow2");
            byte[] bytes = Files.readAllBytes(image);
            bytes[bytes.length - MIB] ^= 1;
            Files.write(folder.resolve("damaged"), bytes);
            Files.move(folder.resolve("damaged"), image, StandardCopyOption.REPLACE_EXISTING);
            Answer verified = nas.verify("nas-bad", backup);
            assertThat(verified.success()).isFalse();
            assertThat(verified.details())
                    .startsWith("backup " + backup + ": damaged: " + image + ", bytes ")
                    .doesNotContain("[");
            assertThat(nas.list("nas-bad")).singleElement().matches(Stored::damaged);
            guest.destroy();
            Answer restored = nas.restoreInstance("nas-bad", backup);
            assertThat(restored.success()).isFalse();
            requireSame(truth(guest, "vda"), guest.image("vda"));
            assertThat(List.of(guest.image("vda"))).allMatch(Files::exists);
        }
    }
}
