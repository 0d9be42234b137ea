// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.BackupResult;
import dev.virtwire.backup.Backups;
import dev.virtwire.backup.TransferLimits;
import dev.virtwire.client.Libvirt;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.backup.BackupSpec;
import dev.virtwire.client.backup.BackupStorage;
import dev.virtwire.client.backup.NbdServer;
import dev.virtwire.repository.Operation;
import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.Repository;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.testkit.Guest;
import dev.virtwire.testkit.GuestDisk;
import dev.virtwire.testkit.PrivateLibvirtd;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Backups of several guests are given up in every way that a caller has, at any moment, and libvirtd dies while others
 * copy. Nothing is left of them: no job, no file, no checkpoint, no thread. What was said to be done is right.
 *
 * <p>libvirtd does not die while it begins or ends a job: libvirt 9.0 then loses track of QEMU's NBD server or of the
 * job for as long as the guest runs, and nobody's client can help that.
 */
class BackupSoakIT {
    private static final Duration TIME = Duration.ofSeconds(Chaos.isFull() ? 600 : 15);
    private static final int GUESTS = 3;

    /** Bytes a second, so that a copy takes a moment. */
    private static final long SLOWLY = 4 << 20;

    @TempDir
    Path folder;

    private final Random random = Chaos.random("BackupSoakIT");

    /** A guest has one of these while its libvirtd must live. */
    private final Semaphore fragile = new Semaphore(GUESTS, true);

    private final AtomicInteger deaths = new AtomicInteger();
    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger givenUp = new AtomicInteger();

    @Test
    void nothingIsLeftOfBackupsThatWereGivenUp() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        List<Guest> guests = new ArrayList<>();
        try (PrivateLibvirtd libvirtd = PrivateLibvirtd.start()) {
            ExecutorService threads = Executors.newFixedThreadPool(GUESTS);
            List<Future<?>> all = new ArrayList<>();
            long end = System.nanoTime() + TIME.toNanos();
            for (int i = 0; i < GUESTS; i++) {
                Guest guest = Guest.on(libvirtd, "soak-" + i)
                        .disk(GuestDisk.qcow2(6 << 20).pattern(i + 1))
                        .start();
                guests.add(guest);
                Random own = new Random(random.nextLong());
                all.add(threads.submit(() -> soak(libvirtd, guest, own, end)));
            }
            while (System.nanoTime() < end) {
                TimeUnit.MILLISECONDS.sleep(1000 + random.nextInt(3000));
                fragile.acquire(GUESTS);
                try {
                    deaths.incrementAndGet();
                    libvirtd.kill();
                    libvirtd.restart();
                } finally {
                    fragile.release(GUESTS);
                }
            }
            threads.shutdown();
            for (Future<?> each : all) {
                each.get();
            }
            guests.forEach(Guest::close);
        }
        System.out.printf(
                "%d backups were made and %d given up; libvirtd died %d times.%n",
                made.get(), givenUp.get(), deaths.get());
        await().atMost(Duration.ofMinutes(1))
                .untilAsserted(() -> assertThat(Thread.getAllStackTraces().keySet())
                        .filteredOn(thread -> !before.contains(thread))
                        .extracting(Thread::getName)
                        .noneMatch(name -> name.startsWith("virtwire")));
    }

    private Void soak(PrivateLibvirtd libvirtd, Guest guest, Random own, long end) throws Exception {
        fragile.acquire();
        try {
            Path place = folder.resolve(guest.name());
            assertThat(place.toFile().mkdir()).isTrue();
            ModelGuest model = new ModelGuest(libvirtd, guest, own, place);
            World world = new World(libvirtd, model, place);
            world.backup();
            while (System.nanoTime() < end) {
                model.change(2);
                model.flush();
                if (own.nextInt(4) == 0) {
                    job(world, own);
                } else {
                    backup(world, own);
                }
                world.recover();
                world.requireClean();
                fragile.release();
                fragile.acquire();
            }
            world.requireRecovered();
            world.requireAllRestored();
        } finally {
            fragile.release();
        }
        return null;
    }

    private void backup(World world, Random own) throws Exception {
        Truth truth = world.guest().truth();
        int wait = own.nextInt(2000);
        boolean full = own.nextBoolean();
        BackupRequest request = BackupRequest.of(world.guest().name());
        try (Libvirt libvirt = world.connect()) {
            Operation<BackupResult> operation = Backups.of(libvirt, Repository.open(world.backups()))
                    .within(TransferLimits.of(1, SLOWLY))
                    .backup(full ? request.withLevel(Level.FULL) : request, whileCopying(full));
            CompletableFuture<BackupResult> result = operation.result();
            switch (own.nextInt(6)) {
                case 0 -> result.orTimeout(wait, TimeUnit.MILLISECONDS);
                case 1 -> result.thenApply(BackupResult::point).orTimeout(wait, TimeUnit.MILLISECONDS);
                case 2 -> later(wait, () -> result.cancel(true));
                case 3 -> later(wait, operation::cancel);
                case 4 -> later(wait, libvirt::close);
                default -> {}
            }
            try {
                world.done(result.join().point().id(), truth);
                made.incrementAndGet();
            } catch (CompletionException | CancellationException e) {
                assertThat(e instanceof CompletionException ? e.getCause() : e)
                        .isInstanceOfAny(BackupException.class, TimeoutException.class, CancellationException.class);
                givenUp.incrementAndGet();
            }
            // It may still clean up.
            operation.cancel().join();
        }
    }

    /** Lets libvirtd die in the first half of a full copy: the job has begun then, and will not end within a moment. */
    private ProgressListener whileCopying(boolean full) {
        AtomicBoolean released = new AtomicBoolean();
        return progress -> {
            boolean robust = full
                    && progress.phase() == Progress.Phase.COPYING
                    && progress.bytesDone() < progress.bytesTotal() / 2;
            if (released.getAndSet(robust) != robust) {
                if (robust) {
                    fragile.release();
                } else {
                    fragile.acquireUninterruptibly();
                }
            }
        };
    }

    /** A job that a program begins by itself: if it is given up before it has the job, that is ended. */
    private void job(World world, Random own) throws Exception {
        String name = world.guest().name();
        BackupSpec spec = BackupSpec.pull(
                        NbdServer.unix(world.scratch().resolve("nbd.sock").toString()))
                .disk(BackupDisk.of("vda")
                        .on(BackupStorage.file(
                                world.scratch().resolve("scratch").toString())))
                .build();
        Libvirt libvirt = world.connect();
        CompletableFuture<BackupJob> begun = libvirt.domain(name)
                .thenCompose(domain -> domain.beginBackup(spec, null, Set.of()))
                .orTimeout(own.nextInt(100), TimeUnit.MILLISECONDS);
        try {
            begun.join().abort().join();
            made.incrementAndGet();
        } catch (CompletionException e) {
            assertThat(e.getCause()).isInstanceOf(TimeoutException.class);
            givenUp.incrementAndGet();
        }
        // What came too late is undone before it says goodbye.
        libvirt.closeAsync().join();
        try (Libvirt again = world.connect()) {
            // libvirt answers an abort before the job has ended.
            await().atMost(Duration.ofMinutes(1))
                    .untilAsserted(() -> assertThat(
                                    again.domain(name).join().activeBackup().join())
                            .isEmpty());
        }
    }

    private static void later(int millis, Runnable giveUp) {
        CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(giveUp);
    }
}
