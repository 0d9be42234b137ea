// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.inMidCopy;
import static dev.virtwire.repository.ProgressListener.NONE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.backup.chaos.files.Change;
import dev.virtwire.backup.chaos.files.WatchedFileSystem;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.protocol.remote.DomainProcedures;
import dev.virtwire.protocol.remote.DomainXmlFlags;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.GuestState;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.Manifest;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A guest that shuts down during its backup, where libvirt ends the job then: before 11.10. */
@ExtendWith(LibvirtdExtension.class)
class ShutDownGuestIT {
    private static final int SIZE = 48 << 20;
    private static final String SHUT_DOWN = "the guest shut down meanwhile, and was backed up as one that is off";

    @TempDir
    Path folder;

    private final Tools tools = new Tools();
    private Libvirtd libvirtd;
    private Scene scene;

    @BeforeEach
    void prepare(Libvirtd shared) {
        libvirtd = shared;
        scene = new Scene(shared, folder);
    }

    private static ProgressListener poweringOff(PoweringOffGuest guest) {
        return inMidCopy(() -> guest.powerOff("shut off"));
    }

    private static String shutDownMeanwhile(String name) {
        return "the backup of domain " + name + " failed: the backup job ended on the host before everything was"
                + " read: domain " + name + " shut down meanwhile; libvirt keeps such a guest until its backup has"
                + " ended from version 11.10 on. Left behind: checkpoint virtwire-";
    }

    private void requireContent(PoweringOffGuest guest, BackupResult result) throws Exception {
        Path truth = folder.resolve("vda.raw");
        guest.guest().copyDisk("vda", truth);
        tools.compare(truth, result.point().folder().resolve("vda.qcow2"), "qcow2");
    }

    /** The same run has backed it up as one that is off, says so once, and has left nothing. */
    private void requireBackedUp(PoweringOffGuest guest, BackupResult result) throws Exception {
        assertThat(guest.guest().state()).isEqualTo("shut off");
        Manifest manifest = result.point().manifest();
        assertThat(manifest.guestState()).isEqualTo(GuestState.OFF);
        assertThat(result.notices()).extracting(Notice::text).containsExactly(SHUT_DOWN);
        assertThat(result.warnings()).isEmpty();
        assertThat(result.left()).isEmpty();
        requireContent(guest, result);
        scene.requireClean(guest.guest().name(), manifest.checkpoint());
    }

    @Test
    void isBackedUpByTheSameRunAsOneThatIsOff() throws Exception {
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "leaving", SIZE)) {
            BackupRequest request = BackupRequest.of("leaving");
            BackupResult full = scene.backup(request, poweringOff(guest));
            requireBackedUp(guest, full);
            assertThat(full.point().manifest().level()).isEqualTo(Level.FULL);

            guest.guest().start();
            guest.guest().write("vda", 5 << 20, 3 << 20, 7);
            BackupResult increment = scene.backup(request, poweringOff(guest));
            requireBackedUp(guest, increment);
            assertThat(increment.point().manifest().disk("vda").reason())
                    .isEqualTo("what changed since point " + full.point().id());

            guest.guest().start();
            guest.guest().write("vda", 9 << 20, 1 << 20, 8);
            BackupResult next = scene.backup(request);
            assertThat(next.notices()).isEmpty();
            assertThat(next.point().manifest().disk("vda").reason())
                    .isEqualTo("what changed since point " + increment.point().id());
            requireContent(guest, next);
            scene.requireClean("leaving", next.point().manifest().checkpoint());
        }
    }

    @Test
    void isBackedUpAsUsualIfItRunsAgain() throws Exception {
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "restarted", SIZE)) {
            BackupResult result =
                    scene.backup(BackupRequest.of("restarted").runningOnly(true).resuming(), inMidCopy(() -> {
                        guest.powerOff("shut off");
                        guest.guest().start();
                    }));

            assertThat(result.point().manifest().guestState()).isEqualTo(GuestState.RUNNING);
            assertThat(result.notices())
                    .extracting(Notice::text)
                    .containsExactly(
                            "the guest was stopped and started again meanwhile, so that its backup began again");
            assertThat(result.left()).isEmpty();
            requireContent(guest, result);
            scene.requireClean("restarted", result.point().manifest().checkpoint());
        }
    }

    @Test
    void isPushedAsOneThatIsOff() throws Exception {
        Path target = Files.createDirectory(libvirtd.directory().resolve("pushed-leaving"));
        Path socket = libvirtd.directory().resolve("disks/rated.sock");
        // Bits a second: the host's job takes half a minute until that is raised.
        Path rate = Files.writeString(folder.resolve("rate"), "8M");
        try (NetworkDisk rated = NetworkDisk.by(
                        socket,
                        "nbdkit",
                        "--foreground",
                        "--unix",
                        socket.toString(),
                        "--filter=rate",
                        "--filter=cow",
                        "pattern",
                        "size=32M",
                        "rate-file=" + rate);
                PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "pushed", SIZE, rated.device("vdb", "raw"))) {
            AtomicBoolean happened = new AtomicBoolean();
            BackupRequest request =
                    BackupRequest.of("pushed").pushingTo(target.toString()).onOwnStorage();
            BackupResult result = scene.backup(request, progress -> {
                if (progress.phase() == Progress.Phase.COPYING && !happened.get()) {
                    guest.powerOff("shut off");
                    write(rate, "100G");
                    happened.set(true);
                }
            });

            assertThat(happened).isTrue();
            Manifest manifest = result.point().manifest();
            assertThat(manifest.guestState()).isEqualTo(GuestState.OFF);
            assertThat(result.notices()).extracting(Notice::text).contains(SHUT_DOWN);
            assertThat(result.left()).isEmpty();
            Path truth = folder.resolve("vda.raw");
            guest.guest().copyDisk("vda", truth);
            tools.compare(truth, Path.of(manifest.disk("vda").pushed().path()), "qcow2");
            tools.run(List.of(
                    "qemu-img",
                    "compare",
                    "-f",
                    "raw",
                    "nbd+unix:///?socket=" + socket,
                    "-F",
                    "qcow2",
                    manifest.disk("vdb").pushed().path()));
            assertThat(tools.list(target)).hasSize(2);
        }
    }

    private static void write(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Between the first question to the host and the begin of the job. */
    @Test
    void isBackedUpIfItTurnsOffBeforeTheJobBegins() throws Exception {
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "early", SIZE);
                Libvirt libvirt = scene.connect()) {
            scene.repository();
            AtomicBoolean happened = new AtomicBoolean();
            Path watched = new WatchedFileSystem(change -> {
                        boolean begins = change.kind() == Change.Kind.CREATE_FOLDER
                                && change.path().toString().endsWith("-full.partial");
                        if (begins && happened.compareAndSet(false, true)) {
                            guest.powerOff("shut off");
                        }
                    })
                    .path(scene.backups());

            BackupResult result = Backups.of(libvirt, Repository.openOrCreate(watched))
                    .backup(BackupRequest.of("early"), ProgressListener.NONE)
                    .result()
                    .join();

            assertThat(happened).isTrue();
            requireBackedUp(guest, result);
        }
    }

    /** QEMU has told that the guest is off, and then waits for a disk that answers nothing. */
    @Test
    void isWaitedForIfItIsStillEndingAtTheBeginUnlessThatIsCancelled() throws Exception {
        Path image = libvirtd.directory().resolve("disks/held.raw");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "raw", image.toString(), "4M"));
        Path way = folder.resolve("watched.sock");
        CountDownLatch asked = new CountDownLatch(3);
        try (NetworkDisk held = NetworkDisk.of(image, libvirtd.directory().resolve("disks/held.sock"));
                PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "ending", SIZE, held.device("vdb", "raw"));
                FaultyProxy proxy = FaultyProxy.onUnix(way, UnixDomainSocketAddress.of(libvirtd.socket()));
                Libvirt libvirt =
                        Libvirt.connect("qemu+unix:///system?socket=" + way).join()) {
            proxy.toServer().watch(piece -> {
                if (ByteBuffer.wrap(piece).getInt(12) == DomainProcedures.DOMAIN_GET_STATE.number()) {
                    asked.countDown();
                }
            });
            BackupRequest request = BackupRequest.of("ending").onOwnStorage();
            held.hold();
            guest.guest().monitor("qemu-io -d /machine/peripheral/virtio-disk1/virtio-backend \"aio_write 0 512\"");
            guest.powerOff("in shutdown");

            Operation<BackupResult> unwanted =
                    Backups.of(libvirt, scene.repository()).backup(request, NONE);
            assertThat(asked.await(5, TimeUnit.MINUTES)).isTrue();
            unwanted.cancel().join();
            assertThatThrownBy(() -> unwanted.result().join()).hasCauseInstanceOf(BackupCancelledException.class);
            assertThat(guest.guest().state()).isEqualTo("in shutdown");

            CompletableFuture<BackupResult> wanted = CompletableFuture.supplyAsync(() -> scene.backup(request));
            held.proceed();
            BackupResult result = wanted.join();
            assertThat(result.point().manifest().guestState()).isEqualTo(GuestState.OFF);
            assertThat(result.left()).isEmpty();
            requireContent(guest, result);
        }
    }

    @Test
    void isNotBackedUpWhereOnlyRunningOnesAreMeant() throws Exception {
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "running-only", SIZE)) {
            RuntimeException failure =
                    scene.failure(BackupRequest.of("running-only").runningOnly(true), poweringOff(guest));

            assertThat(failure)
                    .hasMessageStartingWith(shutDownMeanwhile("running-only"))
                    .hasMessageEndingWith("'virtwire recover " + scene.backups() + "' clears it");
            guest.guest().start();
            BackupResult next = scene.backup(BackupRequest.of("running-only"));
            scene.requireClean("running-only", next.point().manifest().checkpoint());
        }
    }

    @Test
    void isNotBackedUpWhereItsDisksMayBeOtherHostsToo() throws Exception {
        Path image = libvirtd.directory().resolve("disks/shared.raw");
        Path socket = libvirtd.directory().resolve("disks/shared.sock");
        tools.run(List.of("qemu-img", "create", "-q", "-f", "raw", image.toString(), "4M"));
        try (NetworkDisk shared = NetworkDisk.of(image, socket);
                PoweringOffGuest guest =
                        PoweringOffGuest.start(libvirtd, "sharing", SIZE, shared.device("vdb", "raw"))) {
            RuntimeException failure = scene.failure(BackupRequest.of("sharing"), poweringOff(guest));

            assertThat(failure)
                    .hasMessageStartingWith(shutDownMeanwhile("sharing"))
                    .hasMessageEndingWith(". A second try failed too: domain sharing is off, and its disk vdb lies"
                            + " on the network, nbd:net: the guest may run on another host, and QEMU's locks would"
                            + " not show it here. If no other host uses the disk, say so by --own-storage");
            BackupResult next = scene.backup(BackupRequest.of("sharing").onOwnStorage());
            assertThat(next.left()).isEmpty();
            scene.requireHereClean("sharing");
        }
    }

    /** libvirt forgets it when it ends. */
    @Test
    void isNotBackedUpIfItIsGoneThen() throws Exception {
        try (PoweringOffGuest guest = PoweringOffGuest.start(libvirtd, "transient", SIZE);
                Libvirt libvirt = scene.connect()) {
            Domain domain = libvirt.domain("transient").join();
            String xml = domain.xml(DomainXmlFlags.INACTIVE).join();
            domain.undefine().join();

            RuntimeException failure = scene.failure(BackupRequest.of("transient"), inMidCopy(() -> {
                try {
                    guest.powerOff("shut off");
                } catch (RuntimeException gone) {
                    assertThat(gone).hasMessageContaining("failed to get domain");
                }
            }));

            libvirt.defineDomain(xml).join();
            assertThat(failure)
                    .hasMessageStartingWith("the backup of domain transient failed: the backup job ended on the host"
                            + " before everything was read: ")
                    .hasMessageNotContaining("second try");
        }
    }
}
