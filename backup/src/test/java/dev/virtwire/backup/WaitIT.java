// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static dev.virtwire.backup.Scene.MIB;
import static dev.virtwire.backup.Scene.inMidCopy;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.virtwire.client.ConnectOptions;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.ReconnectPolicy;
import dev.virtwire.protocol.remote.StoragePoolProcedures;
import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryBusyException;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.Tools;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.FaultyProxy;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.Libvirtd;
import dev.virtwire.testkit.LibvirtdExtension;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Backups that wait for whatever is in the way. */
@ExtendWith(LibvirtdExtension.class)
@SuppressWarnings("try") // a guest is there to run, not to be asked
class WaitIT {
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofSeconds(3);
    private static final String RUN = "domain busy in %s is being written by another run (process "
            + ProcessHandle.current().pid();
    private static final String JOB = "another job is active on domain busy (backup, for ";

    @TempDir
    Path folder;

    private Libvirtd libvirtd;
    private Scene scene;
    private Scene other;

    @BeforeEach
    void prepare(Libvirtd shared) throws Exception {
        libvirtd = shared;
        scene = new Scene(shared, folder);
        other = new Scene(shared, Files.createDirectory(folder.resolve("other")));
    }

    private Guest guest() {
        return Guest.on(libvirtd, "busy")
                .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                .start();
    }

    /** Remembers what is waited for. */
    private static final class Waiter implements ProgressListener {
        private final List<String> reasons = new CopyOnWriteArrayList<>();
        private final CountDownLatch waits = new CountDownLatch(1);

        @Override
        public void progressed(Progress progress) {}

        @Override
        public void waiting(String reason) {
            reasons.add(reason);
            waits.countDown();
        }

        void await() {
            try {
                assertThat(waits.await(5, TimeUnit.MINUTES)).isTrue();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void aRunAndAnotherRepositorysJobAreWaitedForAndEachIsNamedOnce() throws Exception {
        BackupRequest patient = BackupRequest.of("busy").waitingFor(LONG);
        Waiter forRun = new Waiter();
        Waiter forJob = new Waiter();
        AtomicReference<CompletableFuture<BackupResult>> second = new AtomicReference<>();
        AtomicReference<CompletableFuture<BackupResult>> third = new AtomicReference<>();
        try (Guest guest = guest()) {
            BackupResult first = scene.backup(BackupRequest.of("busy"), inMidCopy(() -> {
                second.set(CompletableFuture.supplyAsync(() -> scene.backup(patient, forRun)));
                forRun.await();
                third.set(CompletableFuture.supplyAsync(() -> other.backup(patient, forJob)));
                forJob.await();
            }));

            BackupResult next = second.get().join();
            assertThat(next.point().manifest().level()).isEqualTo(Level.INCREMENTAL);
            assertThat(next.point().manifest().parent().point())
                    .isEqualTo(first.point().id());
            assertThat(third.get().join().point().manifest().level()).isEqualTo(Level.FULL);
            assertThat(forRun.reasons.get(0))
                    .startsWith("it waits for at most 10 min, because " + RUN.formatted(scene.backups()))
                    .endsWith(")");
            assertThat(forJob.reasons)
                    .singleElement()
                    .asString()
                    .matches("\\Qit waits for at most 10 min, because " + JOB + "\\E\\d+ s\\)");
            assertThat(next.notices()).isEmpty();
        }
    }

    @Test
    void aCopyOfADiskIsWaitedForToo() throws Exception {
        Waiter waiter = new Waiter();
        String copying = "another job is active on disk vda of domain busy (copy)";
        try (Guest guest = guest()) {
            String copy = libvirtd.directory().resolve("disks/busy-copy.qcow2").toString();
            virsh("blockcopy", "busy", "vda", copy, "--transient-job");
            assertThat(scene.failure(BackupRequest.of("busy")))
                    .isInstanceOf(DomainBusyException.class)
                    .hasMessage(copying + ": wait until it ends, or end it");

            CompletableFuture<BackupResult> waiting = CompletableFuture.supplyAsync(
                    () -> scene.backup(BackupRequest.of("busy").waitingFor(LONG), waiter));
            waiter.await();
            virsh("blockjob", "busy", "vda", "--abort");

            scene.requireClean("busy", waiting.join().point().manifest().checkpoint());
            assertThat(waiter.reasons).containsExactly("it waits for at most 10 min, because " + copying);
        }
    }

    private void virsh(String... arguments) throws Exception {
        new Tools()
                .run(Stream.concat(Stream.of("virsh", "-q", "-c", libvirtd.unixUri()), Stream.of(arguments))
                        .toList());
    }

    @Test
    void theErrorAfterwardsSaysForHowLongItWaited() throws Exception {
        BackupRequest impatient = BackupRequest.of("busy").waitingFor(SHORT);
        AtomicReference<RuntimeException> ofRun = new AtomicReference<>();
        AtomicReference<RuntimeException> ofJob = new AtomicReference<>();
        try (Guest guest = guest()) {
            BackupResult made = scene.backup(BackupRequest.of("busy"), inMidCopy(() -> {
                ofRun.set(scene.failure(impatient));
                ofJob.set(other.failure(impatient));
            }));

            assertThat(ofRun.get())
                    .isInstanceOf(RepositoryBusyException.class)
                    .hasMessageStartingWith(RUN.formatted(scene.backups()))
                    .hasMessageEndingWith("). It was waited for, 3 s");
            assertThat(ofJob.get())
                    .isInstanceOf(DomainBusyException.class)
                    .hasMessageMatching("\\Q" + JOB + "\\E\\d+ s\\)\\Q. It was waited for, 3 s\\E");
            scene.requireClean("busy", made.point().manifest().checkpoint());
        }
    }

    @Test
    void whoCancelsDoesNotWait() throws Exception {
        AtomicReference<Throwable> cancelled = new AtomicReference<>();
        try (Guest guest = guest();
                Libvirt libvirt = scene.connect()) {
            scene.backup(BackupRequest.of("busy"), inMidCopy(() -> {
                Waiter waiter = new Waiter();
                Operation<BackupResult> waiting = Backups.of(libvirt, scene.repository())
                        .backup(BackupRequest.of("busy").waitingFor(LONG), waiter);
                waiter.await();
                waiting.cancel().join();
                assertThatThrownBy(() -> waiting.result().join()).satisfies(cancelled::set);
            }));
            assertThat(cancelled.get())
                    .hasCauseInstanceOf(BackupCancelledException.class)
                    .cause()
                    .hasMessage("the backup of domain busy was cancelled");
        }
    }

    @Test
    void eachOfSeveralWaitsByItselfAndThePruneWaitsToo() throws Exception {
        try (Guest guest = guest();
                Guest free = Guest.on(libvirtd, "free")
                        .disk(GuestDisk.qcow2(MIB).pattern(1))
                        .start();
                Libvirt libvirt = scene.connect()) {
            Waiter waiter = new Waiter();
            CountDownLatch freeIsDone = new CountDownLatch(1);
            AtomicReference<Operation<BatchResult>> batch = new AtomicReference<>();
            scene.backup(BackupRequest.of("busy"), inMidCopy(() -> {
                BatchRequest both = BatchRequest.of(List.of(
                                BackupRequest.of("busy").waitingFor(LONG),
                                BackupRequest.of("free").waitingFor(LONG)))
                        .withJobs(2)
                        .keeping(Retention.ofLast(1));
                batch.set(Backups.of(libvirt, scene.repository())
                        .backupAll(
                                both,
                                domain -> domain.equals("busy")
                                        ? waiter
                                        : progress -> {
                                            if (progress.phase() == Progress.Phase.DONE) {
                                                freeIsDone.countDown();
                                            }
                                        }));
                waiter.await();
                try {
                    assertThat(freeIsDone.await(5, TimeUnit.MINUTES)).isTrue();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }));
            BatchResult result = batch.get().join();
            assertThat(result.domains()).allMatch(outcome -> outcome.failure() == null && outcome.pruned() != null);
            assertThat(result.domains().get(0).pruned().points()).hasSize(2);
        }
    }

    @Test
    void aRecoveryWaitsForTheJobThatKeepsBitmapsFromBeingLookedAt() throws Exception {
        try (Guest guest = guest()) {
            scene.backup(BackupRequest.of("busy"));
            Waiter waiter = new Waiter();
            AtomicReference<RecoverReport> hasty = new AtomicReference<>();
            AtomicReference<Operation<RecoverReport>> patient = new AtomicReference<>();
            other.backup(BackupRequest.of("busy"), inMidCopy(() -> {
                hasty.set(Backups.recover(scene.repository(), scene::connect, ProgressListener.NONE)
                        .join());
                patient.set(Backups.recover(scene.repository(), scene::connect, new Patience(LONG), waiter));
                waiter.await();
            }));

            assertThat(hasty.get().notices())
                    .singleElement()
                    .extracting(Notice::text)
                    .asString()
                    .startsWith("bitmaps that domain busy does not need were not looked for: " + JOB);
            RecoverReport report = patient.get().join();
            assertThat(report.notices()).isEmpty();
            assertThat(report.clean()).isTrue();
            assertThat(waiter.reasons)
                    .singleElement()
                    .asString()
                    .startsWith("it waits for at most 10 min, because " + JOB);
        }
    }

    /** The connection is lost at its question for storage pools, and is there again when it asks for the job. */
    @Test
    void aRecoveryTellsOfItsLastTryAlone() throws Exception {
        Path way = folder.resolve("cut.sock");
        AtomicBoolean cut = new AtomicBoolean();
        try (Guest guest = Guest.on(libvirtd, "busy")
                        .disk(GuestDisk.qcow2(24 * MIB).pattern(3))
                        .uefi()
                        .start();
                FaultyProxy proxy = FaultyProxy.onUnix(way, UnixDomainSocketAddress.of(libvirtd.socket()))) {
            proxy.toServer().watch(piece -> {
                int procedure = ByteBuffer.wrap(piece).getInt(12);
                if (procedure == StoragePoolProcedures.CONNECT_LIST_ALL_STORAGE_POOLS.number()
                        && cut.compareAndSet(false, true)) {
                    proxy.cut();
                }
            });
            scene.backup(BackupRequest.of("busy"));
            Waiter waiter = new Waiter();
            AtomicReference<Operation<RecoverReport>> patient = new AtomicReference<>();
            other.backup(BackupRequest.of("busy"), inMidCopy(() -> {
                patient.set(Backups.recover(
                        scene.repository(),
                        () -> Libvirt.connect(
                                        "qemu+unix:///system?socket=" + way,
                                        ConnectOptions.builder()
                                                .reconnect(ReconnectPolicy.usual())
                                                .build())
                                .join(),
                        new Patience(LONG),
                        waiter));
                waiter.await();
            }));

            RecoverReport report = patient.get().join();
            assertThat(cut).isTrue();
            assertThat(waiter.reasons.get(0)).startsWith("it waits for at most 10 min, because " + JOB);
            assertThat(report.notices()).isEmpty();
            assertThat(report.clean()).isTrue();
        }
    }

    @Test
    void aRecoveryWaitsForARunThatWritesTheDomain() throws Exception {
        Waiter waiter = new Waiter();
        AtomicReference<Operation<RecoverReport>> patient = new AtomicReference<>();
        try (Guest guest = guest()) {
            scene.backup(BackupRequest.of("busy"), inMidCopy(() -> {
                patient.set(Backups.recover(scene.repository(), scene::connect, new Patience(LONG), waiter));
                waiter.await();
            }));

            RecoverReport report = patient.get().join();
            assertThat(report.busy()).isEmpty();
            assertThat(report.clean()).isTrue();
            assertThat(waiter.reasons.get(0))
                    .startsWith("it waits for at most 10 min, because " + RUN.formatted(scene.backups()));
        }
    }
}
