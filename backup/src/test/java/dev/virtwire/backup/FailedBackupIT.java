// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static dev.virtwire.backup.Scene.inMidCopy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.internal.job.BackupRun;
import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.image.Compression;
import dev.virtwire.nbd.NbdOptions;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.VerifyRequest;
import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.copy.CopyBudget;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What happens when a backup cannot be made or does not come to its end. */
@ExtendWith(LibvirtdExtension.class)
@SuppressWarnings("try") // a guest is there to run, not to be asked
class FailedBackupIT {
    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private final String name = "fail-" + UUID.randomUUID().toString().substring(0, 8);
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    private Guest.Builder guest() {
        return Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(48 * MIB).pattern(3))
                .disk(GuestDisk.qcow2(8 * MIB).pattern(4));
    }

    private BackupRequest plan() {
        return BackupRequest.of(name);
    }

    @Test
    void aDomainThatIsNotThereOrOffThoughOnlyRunningOnesAreMeantIsNamed() {
        assertThat(scene.failure(BackupRequest.of("nobody")))
                .hasMessageStartingWith("the backup of domain nobody failed: Domain not found");
        try (Guest guest = guest().define()) {
            assertThat(scene.failure(plan().runningOnly(true)))
                    .hasMessage("domain " + guest.name() + " is off, and only running ones are backed up");
        }
    }

    @Test
    void aDiskThatIsNotThereIsNamedWithThoseThatAre() throws Exception {
        try (Guest guest = guest().start()) {
            assertThat(scene.failure(plan().withDisk("vdx")))
                    .hasMessage("domain " + name + " has no disk vdx; it has vda, vdb");
            assertThat(scene.failure(plan().withoutDisk("vda").withoutDisk("vdb")))
                    .hasMessage("domain " + name + " has no disk to back up: vda: excluded by the user");
            assertThat(scene.traces()).isEmpty();
        }
    }

    @Test
    void aConnectionThatMayOnlyReadIsRefusedByTheServer() throws Exception {
        try (Guest guest = guest().start();
                Libvirt libvirt = Libvirt.connect(
                                libvirtd.unixUri(),
                                ConnectOptions.builder().readOnly(true).build())
                        .join()) {
            Operation<BackupResult> backup =
                    Backups.of(libvirt, scene.repository()).backup(plan(), ProgressListener.NONE);
            assertThatThrownBy(() -> backup.result().join())
                    .hasCauseInstanceOf(BackupException.class)
                    .hasMessageContaining("failed:")
                    .hasMessageContaining("read only")
                    .hasMessageNotContaining("Left behind");
            scene.requireClean(name);
        }
    }

    @Test
    void aServerThatQemuHasFromBeforeIsNamedWithWhatEndsIt() throws Exception {
        try (Guest guest = guest().start()) {
            guest.monitor("nbd_server_start unix:" + libvirtd.directory().resolve("disks/left.sock"));
            RuntimeException failure = scene.failure(plan());
            assertThat(failure)
                    .hasMessageContaining("NBD server already running")
                    .hasMessageEndingWith("'virsh qemu-monitor-command " + name + " --hmp nbd_server_stop' ends it");
            scene.requireClean(name);

            guest.monitor("nbd_server_stop");
            assertThat(scene.backup(plan()).outcome()).isNotNull();
        }
    }

    @Test
    void twoBackupsOfADomainAtOnceAreOneTooMany() throws Exception {
        try (Guest guest = guest().start()) {
            AtomicReference<RuntimeException> sameRepository = new AtomicReference<>();
            AtomicReference<RuntimeException> otherRepository = new AtomicReference<>();
            Scene other = new Scene(libvirtd, Files.createDirectory(folder.resolve("other")));
            BackupResult result = scene.backup(plan(), inMidCopy(() -> {
                sameRepository.set(scene.failure(plan()));
                otherRepository.set(other.failure(plan()));
            }));

            assertThat(sameRepository.get())
                    .isInstanceOf(RepositoryBusyException.class)
                    .hasMessageContaining("is being written by another run (process "
                            + ProcessHandle.current().pid());
            assertThat(otherRepository.get())
                    .isInstanceOf(BackupException.class)
                    .hasMessageMatching("another job is active on domain " + name
                            + " \\(backup, for \\d+ s\\): wait until it ends, or end it");
            scene.requireClean(name, result.point().manifest().checkpoint());
        }
    }

    @Test
    void aCancelledBackupLeavesNothing() throws Exception {
        try (Guest guest = guest().start();
                Libvirt libvirt = scene.connect()) {
            CompletableFuture<Operation<BackupResult>> started = new CompletableFuture<>();
            AtomicReference<CompletableFuture<Void>> cancelled = new AtomicReference<>();
            Operation<BackupResult> backup = Backups.of(libvirt, scene.repository())
                    .backup(plan(), inMidCopy(() -> cancelled.set(started.join().cancel())));
            started.complete(backup);

            assertThatThrownBy(() -> backup.result().join())
                    .hasCauseInstanceOf(BackupCancelledException.class)
                    .cause()
                    .hasMessage("the backup of domain " + name + " was cancelled");
            cancelled.get().join();
            scene.requireClean(name);
        }
    }

    @Test
    void aGuestThatIsDestroyedInMidBackupIsTheReasonAndTheNextRunClearsUp() throws Exception {
        try (Guest guest = guest().start()) {
            RuntimeException failure = scene.failure(plan(), inMidCopy(guest::destroy));

            assertThat(failure)
                    .hasMessageStartingWith("the backup of domain " + name
                            + " failed: the backup job ended on the host before everything was read: ");
            guest.start();
            BackupResult result = scene.backup(plan());
            scene.requireClean(name, result.point().manifest().checkpoint());
        }
    }

    @Test
    void aQemuThatIsKilledInMidBackupIsTheReasonAndTheNextRunClearsUp() throws Exception {
        try (Guest guest = guest().start()) {
            RuntimeException failure = scene.failure(plan(), inMidCopy(guest::kill));

            assertThat(failure)
                    .hasMessageStartingWith("the backup of domain " + name
                            + " failed: the backup job ended on the host before everything was read: ")
                    .hasMessageContaining("Left behind: checkpoint virtwire-")
                    .hasMessageContaining(
                            ": it can be deleted while domain " + name + " runs. It stands in the journal");
            guest.start();
            BackupResult result = scene.backup(plan());
            assertThat(result.notices())
                    .singleElement()
                    .asString()
                    .startsWith("an earlier run was cleaned up after: forgot checkpoint virtwire-")
                    .endsWith(", whose bitmap is gone");
            scene.requireClean(name, result.point().manifest().checkpoint());
        }
    }

    @Test
    void anNbdConnectionThatIsCutFailsTheBackupAndLeavesNothing() throws Exception {
        try (Guest guest = guest().start();
                Libvirt libvirt = scene.connect()) {
            RepositoryStore store = RepositoryStore.openOrCreate(scene.backups(), DurableFiles.PLAIN);
            NbdOptions cutting = NbdOptions.DEFAULT.withTransport(new CuttingTransport(10 * MIB));

            BackupRequest impatient = plan().withStallTimeout(Duration.ZERO);
            assertThatThrownBy(() -> new BackupRun(
                                    libvirt, store, impatient, ProgressListener.NONE, CopyBudget.ofOne(), cutting)
                            .run())
                    .isInstanceOf(BackupException.class)
                    .hasMessageStartingWith(
                            "the backup of domain " + name + " failed: the disk could not be read: nbd+unix:///vi")
                    .hasMessageNotContaining("Left behind");
            scene.requireClean(name);
        }
    }

    @Test
    void anExportSocketThatMayNotBeOpenedIsExplainedWithTheRemedies() throws Exception {
        try (Guest guest = guest().start();
                Libvirt libvirt = scene.connect()) {
            RepositoryStore store = RepositoryStore.openOrCreate(scene.backups(), DurableFiles.PLAIN);
            NbdOptions denied = NbdOptions.DEFAULT.withTransport((address, timeout) -> {
                throw new SocketException("Permission denied");
            });

            assertThatThrownBy(() -> new BackupRun(
                                    libvirt, store, plan(), ProgressListener.NONE, CopyBudget.ofOne(), denied)
                            .run())
                    .isInstanceOf(BackupException.class)
                    .hasMessageContaining("Permission denied")
                    .hasMessageContaining("The socket belongs to QEMU's user: run this as root or as that user");
            scene.requireClean(name);
        }
    }

    @Test
    void aPortInUseIsPassedOverAndAllPortsInUseAreAnError() throws Exception {
        try (Guest guest = guest().start();
                Libvirt libvirt = Libvirt.connect(libvirtd.tcpUri()).join();
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int port = taken.getLocalPort();
            BackupRequest onlyTaken = plan().withNbd(new NbdListen("127.0.0.1", port, port));
            assertThatThrownBy(() -> Backups.of(libvirt, scene.repository())
                            .backup(onlyTaken, ProgressListener.NONE)
                            .result()
                            .join())
                    .hasCauseInstanceOf(BackupException.class)
                    .hasMessageContaining("every port from " + port + " to " + port
                            + " of 127.0.0.1 is in use on the host: choose others by --nbd");
            scene.requireClean(name);

            BackupRequest several = plan().withNbd(new NbdListen("127.0.0.1", port, Math.min(65535, port + 20)));
            BackupResult result = Backups.of(libvirt, scene.repository())
                    .backup(several, ProgressListener.NONE)
                    .result()
                    .join();
            scene.requireClean(name, result.point().manifest().checkpoint());
        }
    }

    @Test
    void aFullDestinationFailsTheBackupAndLeavesNothing() throws Exception {
        Path small = Files.createDirectory(folder.resolve("small"));
        tools.run(List.of("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", small.toString()));
        try (Guest guest = Guest.on(libvirtd, name)
                .disk(GuestDisk.qcow2(48 * MIB).random(8 * MIB, 40 * MIB, 1))
                .start()) {
            Scene full = new Scene(libvirtd, small);
            assertThat(full.failure(plan()))
                    .hasMessageStartingWith(
                            "the backup of domain " + name + " failed: the disks have about 40 MiB to copy,"
                                    + " and the file system of " + small + "/backups/" + name + " has room for ")
                    .hasMessageNotContaining("Left behind");
            full.requireClean(name);
            // How much of it compresses is not known before.
            assertThat(full.failure(plan().withCompression(Compression.DEFLATE)))
                    .hasMessageStartingWith("the backup of domain " + name + " failed: ")
                    .hasMessageContaining("the file system is full")
                    .hasMessageContaining(small.toString())
                    .hasMessageNotContaining("Left behind");
            full.requireClean(name);
        } finally {
            tools.run(List.of("umount", small.toString()));
        }
    }

    @Test
    void aDestinationThatCannotBeWrittenFailsTheBackupBeforeItBegins() throws Exception {
        Path readOnly = Files.createDirectory(folder.resolve("read-only"));
        tools.run(List.of("mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", readOnly.toString()));
        try (Guest guest = guest().start()) {
            Scene refused = new Scene(libvirtd, readOnly);
            assertThatThrownBy(refused::repository)
                    .isInstanceOf(RepositoryException.class)
                    .hasMessage("cannot create " + readOnly.resolve("backups") + ": Read-only file system");
        } finally {
            tools.run(List.of("umount", readOnly.toString()));
        }
    }

    @Test
    void anotherDomainUnderTheSameNameIsRefusedWithAWayOut() throws Exception {
        try (Guest guest = guest().start()) {
            scene.backup(plan().withDisk("vdb"));
        }
        // libvirt gives a new UUID to a domain that is defined again; the images have to make room.
        for (String target : List.of("vda", "vdb")) {
            Files.delete(libvirtd.directory().resolve("disks/" + name + "-" + target + ".qcow2"));
        }
        try (Guest guest = guest().start()) {
            assertThat(scene.failure(plan()))
                    .isInstanceOf(RepositoryException.class)
                    .hasMessageContaining("holds points of another domain: " + name + " with UUID ")
                    .hasMessageContaining("Move that folder to another name");
            Files.move(scene.backups().resolve(name), scene.backups().resolve("before"));
            scene.backup(plan());
            assertThat(scene.repository()
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .points())
                    .hasSize(2);
        }
    }

    @Test
    void aLibvirtdThatIsKilledInMidBackupLeavesTracesThatAreNamedAndRecovered() throws Exception {
        try (Libvirtd own = PrivateLibvirtd.start();
                Guest guest = Guest.on(own, name)
                        .disk(GuestDisk.qcow2(48 * MIB).pattern(3))
                        .start()) {
            Scene there = new Scene(own, folder);
            RuntimeException failure = there.failure(plan(), inMidCopy(own::kill));

            assertThat(failure)
                    .hasMessageStartingWith(
                            "the backup of domain " + name + " failed: libvirt can no longer be asked: ")
                    .hasMessageContaining("Left behind: perhaps, on host ")
                    .hasMessageContaining("the backup job of domain " + name + ", checkpoint virtwire-")
                    .hasMessageContaining("'virtwire recover " + there.backups() + "' clears it");
            own.restart();
            assertThat(there.repository().points(name).unfinished()).hasSize(1);
            RecoverReport report = Backups.recover(there.repository(), there::connect, ProgressListener.NONE)
                    .join();
            assertThat(report.left()).isEmpty();
            assertThat(report.done())
                    .anyMatch(done -> done.equals("ended the backup job of domain " + name))
                    .anyMatch(done -> done.startsWith("deleted checkpoint virtwire-"));
            there.requireClean(name);
            there.backup(plan());
            assertThat(there.repository()
                            .verify(VerifyRequest.everything(), ProgressListener.NONE)
                            .join()
                            .intact())
                    .isTrue();
        }
    }
}
