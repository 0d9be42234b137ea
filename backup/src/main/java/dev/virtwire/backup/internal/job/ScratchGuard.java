// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.BlockThresholdEvent;
import dev.virtwire.client.event.DomainEventKind;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a pull backup before its scratch files cannot grow any more: QEMU would fail the guest's own writes then. It looks
 * once a second at what the job uses and at what is free where the files are, if that can be seen from here; and it has
 * QEMU announce when a file grows past the place that was safe at the last look, so that a fast guest is noticed in time.
 */
final class ScratchGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScratchGuard.class);

    private static final long PERIOD_MILLIS = 1000;
    private static final Duration END = Duration.ofSeconds(60);

    /** Of what is free at the begin an eighth is left alone, and a GiB at the most. */
    private static final long MOST_LEFT_ALONE = 1L << 30;

    private static final int SHARE_LEFT_ALONE = 8;

    /** A scratch file has tables too; more often than at each of its clusters no announcement makes sense. */
    private static final long LEAST_STEP = 64 << 10;

    private final Domain domain;
    private final BackupJob job;
    private final @Nullable Long limit;
    private final List<Scratch> scratches = new ArrayList<>();
    private final Map<FileStore, Long> leftAlone = new HashMap<>();
    private final BlockingQueue<String> announced = new LinkedBlockingQueue<>();
    private volatile @Nullable String reason;
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;

    /** A scratch file: its name for libvirt, and where it is if that is here. */
    private static final class Scratch {
        final String device;
        final Path file;
        final @Nullable FileStore store;
        long threshold;

        Scratch(String device, Path file, @Nullable FileStore store) {
            this.device = device;
            this.file = file;
            this.store = store;
        }
    }

    private ScratchGuard(Domain domain, BackupJob job, @Nullable Long limit) {
        this.domain = domain;
        this.job = job;
        this.limit = limit;
    }

    /**
     * Watches a job that has begun.
     *
     * @param limit bytes that all scratch files together may take, or null for what their file systems have
     */
    static ScratchGuard watch(Domain domain, BackupJob job, TransferPlan plan, @Nullable Long limit)
            throws IOException {
        ScratchGuard guard = new ScratchGuard(domain, job, limit);
        for (BackupDisk disk : Waiting.await(job.description()).disks()) {
            if (disk.included() && disk.index() != null) {
                guard.add(disk.name() + "[" + disk.index() + "]", Path.of(plan.storageOf(disk.name())));
            }
        }
        if (limit != null || !guard.leftAlone.isEmpty()) {
            guard.start();
        }
        return guard;
    }

    private void add(String device, Path file) throws IOException {
        // The name is like no other on earth: where a file has it, it is this one.
        FileStore store = Files.exists(file) ? Files.getFileStore(file.getParent()) : null;
        scratches.add(new Scratch(device, file, store));
        if (store != null && !leftAlone.containsKey(store)) {
            leftAlone.put(store, Math.min(MOST_LEFT_ALONE, store.getUsableSpace() / SHARE_LEFT_ALONE));
        }
    }

    /** Why the job was ended, or null where it was not by this. */
    @Nullable
    String reason() {
        return reason;
    }

    private void start() {
        domain.events(DomainEventKind.BLOCK_THRESHOLD).subscribe(new Announcements());
        Thread thread = new Thread(this::run, "virtwire scratch " + domain.name());
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (!job.completion().isDone() && pause()) {
                try {
                    look();
                } catch (LibvirtException | IOException e) {
                    // The end of the connection ends the job for us too; what else was wrong is asked again.
                    LOG.debug("The scratch files of {} could not be looked at", domain, e);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits until it is time to look, and says whether it still is. */
    private boolean pause() throws InterruptedException {
        String device = announced.poll(PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        while (device != null) {
            for (Scratch scratch : scratches) {
                if (scratch.device.equals(device)) {
                    scratch.threshold = 0;
                }
            }
            device = announced.poll();
        }
        return !closed;
    }

    private void look() throws IOException {
        OptionalLong known = Waiting.await(job.statistics()).temporaryUsed();
        if (known.isEmpty()) {
            return;
        }
        long used = known.getAsLong();
        if (reason == null) {
            reason = reasonToEnd(used);
        }
        if (reason != null) {
            LOG.debug("Ending the backup of {}: {}", domain, reason);
            Waiting.await(job.abort(), END, "the end of the backup job");
        } else {
            for (Scratch scratch : scratches) {
                arm(scratch, used);
            }
        }
    }

    private @Nullable String reasonToEnd(long used) throws IOException {
        String grown = "the guest overwrites so much that the scratch files have grown to " + mebibytes(used);
        String ended = ". The backup was ended before the guest's writes would fail: ";
        if (limit != null && used >= limit) {
            return grown + ", and " + mebibytes(limit) + " is the limit" + ended + "raise it by --scratch-limit";
        }
        for (Scratch scratch : scratches) {
            FileStore store = scratch.store;
            if (store != null && store.getUsableSpace() <= reserve(store)) {
                return grown + ", and only " + mebibytes(store.getUsableSpace()) + " is left free in "
                        + scratch.file.getParent() + ended + "choose a folder with more room by --scratch";
            }
        }
        return null;
    }

    /** The files share what room there is; each is announced when it has taken its share. */
    private void arm(Scratch scratch, long used) throws IOException {
        long room = limit == null ? Long.MAX_VALUE : (limit - used) / scratches.size();
        long end = used;
        if (scratch.store != null) {
            long sharing = scratches.stream()
                    .filter(other -> scratch.store.equals(other.store))
                    .count();
            room = Math.min(room, (scratch.store.getUsableSpace() - reserve(scratch.store)) / sharing);
            end = Files.size(scratch.file);
        } else if (limit == null) {
            return;
        }
        long place = end + Math.max(room, LEAST_STEP);
        if (Math.abs(place - scratch.threshold) < Math.max(room / 4, LEAST_STEP)) {
            return;
        }
        try {
            Waiting.await(domain.setBlockThreshold(scratch.device, place));
            scratch.threshold = place;
        } catch (RemoteException e) {
            // Then what is seen each second has to do.
            LOG.debug("No announcements of {} of {}", scratch.device, domain, e);
        }
    }

    private long reserve(FileStore store) {
        return leftAlone.getOrDefault(store, 0L);
    }

    private static String mebibytes(long bytes) {
        return (bytes >> 20) + " MiB";
    }

    @Override
    public void close() {
        closed = true;
        announced.add("");
        Flow.Subscription subscribed = subscription;
        if (subscribed != null) {
            subscribed.cancel();
        }
    }

    /** Wakes the guard up. */
    private final class Announcements implements Flow.Subscriber<BlockThresholdEvent> {
        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            begun.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(BlockThresholdEvent event) {
            announced.add(event.device());
        }

        @Override
        public void onError(Throwable cause) {
            LOG.debug("No announcements of {} any more", domain, cause);
        }

        @Override
        public void onComplete() {}
    }
}
