// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.internal.host.Amounts;
import dev.virtwire.backup.internal.host.HostFiles;
import dev.virtwire.backup.internal.host.HostQuestions;
import dev.virtwire.backup.internal.host.Waiting;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.RemoteException;
import dev.virtwire.client.backup.BackupDisk;
import dev.virtwire.client.backup.BackupJob;
import dev.virtwire.client.domain.Domain;
import dev.virtwire.client.event.DomainEvent;
import dev.virtwire.client.event.DomainEventKind;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends a pull backup before its scratch files cannot grow any more: QEMU would fail the guest's own writes then, or
 * stop the guest. QEMU announces the write that takes a file to its share of the room that is left; what it costs to
 * end the job is held back as a reserve ({@link Room}). Between announcements the guard looks itself, because
 * others may fill the file system too, and an announcement may get lost.
 */
public final class ScratchGuard implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ScratchGuard.class);

    private static final long PERIOD_MILLIS = 200;
    /** Asking QEMU costs it a moment; if announcements work, that is not needed at every look. */
    private static final long STATISTICS_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Duration END = Duration.ofSeconds(60);

    private final Domain domain;
    private final BackupJob job;
    private final List<Scratch> scratches = new ArrayList<>();
    private final List<Room> rooms = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Announcement> announced = new LinkedBlockingQueue<>();
    private boolean announcing = true;
    private long asked = System.nanoTime() - STATISTICS_NANOS;
    private long used;
    private @Nullable String notice;
    private volatile @Nullable String reason;
    private volatile Flow.@Nullable Subscription subscription;
    private volatile boolean closed;

    /** A write that took a file to {@code size}; what only wakes the guard up has no device. */
    private record Announcement(String device, long size) {}

    /** A scratch file: its name for libvirt, and how large it is at least. */
    private static final class Scratch {
        final String device;
        final Path file;
        /** Null if it cannot be seen from here. */
        final @Nullable Room store;

        long size;
        long threshold;

        Scratch(String device, Path file, @Nullable Room store) {
            this.device = device;
            this.file = file;
            this.store = store;
        }
    }

    private ScratchGuard(Domain domain, BackupJob job) {
        this.domain = domain;
        this.job = job;
    }

    /**
     * Watches an attempt's job, which has begun. Without a limit, the room is what is free in the folders of the
     * scratch files, as far as they can be seen from here: see {@link #askHost}.
     */
    static ScratchGuard watch(Attempt attempt, HostQuestions questions) throws IOException {
        BackupJob job = attempt.job().job();
        ScratchGuard guard = new ScratchGuard(job.domain(), job);
        Long limit = attempt.request().scratchLimit();
        if (limit != null) {
            guard.rooms.add(Room.ofLimit(limit));
        }
        for (BackupDisk disk :
                questions.ask(() -> Waiting.await(job.description()).disks())) {
            if (disk.included() && disk.index() != null) {
                String storage = attempt.plan().storageOf(disk.name());
                guard.add(disk.name() + "[" + disk.index() + "]", Path.of(storage));
            }
        }
        if (!guard.rooms.isEmpty()) {
            guard.start();
        }
        return guard;
    }

    /**
     * Asks the host for the room of files that cannot be seen from here, unless there is a limit; that takes a moment.
     * All of them count for the folder with the least room, for want of knowing better.
     */
    void askHost(Attempt attempt) {
        Set<String> unseen = scratches.stream()
                .filter(scratch -> scratch.store == null)
                .map(scratch -> String.valueOf(scratch.file.getParent()))
                .collect(Collectors.toSet());
        if (unseen.isEmpty() || attempt.request().scratchLimit() != null) {
            return;
        }
        try {
            HostFiles.Free least = new HostFiles(domain.libvirt(), attempt.entry()).leastFree(unseen);
            boolean started = !rooms.isEmpty();
            rooms.add(Room.ofHost(Path.of(least.folder()), least.bytes()));
            if (!started) {
                start();
            }
        } catch (LibvirtException | IllegalArgumentException e) {
            notice = "nobody watches how full the scratch files' folder becomes, because the host does not tell ("
                    + e.getMessage() + "): a guest that overwrites much can fill it. Set --scratch-limit";
        }
    }

    private void add(String device, Path file) throws IOException {
        Room store = null;
        // The name is like no other on earth: a file that has it is this one.
        if (Files.exists(file)) {
            Room found = Room.ofStore(file);
            store = rooms.stream().filter(found::isSame).findFirst().orElse(found);
            if (store == found) {
                rooms.add(found);
            }
        }
        scratches.add(new Scratch(device, file, store));
    }

    /** What the user should know, or null. */
    @Nullable
    String notice() {
        return notice;
    }

    /** Why the job was ended, or null if it was not by this. */
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
            while (!closed && !job.completion().isDone()) {
                try {
                    look();
                } catch (LibvirtException | BackupException | IOException e) {
                    // The end of the connection ends the job for us too; what else was wrong is asked again.
                    LOG.debug("The scratch files of {} could not be looked at", domain, e);
                }
                note(announced.poll(PERIOD_MILLIS, TimeUnit.MILLISECONDS));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void note(@Nullable Announcement first) {
        for (Announcement next = first; next != null; next = announced.poll()) {
            for (Scratch scratch : scratches) {
                if (scratch.device.equals(next.device)) {
                    LOG.debug("{} of {} has {} bytes", scratch.device, domain, next.size);
                    scratch.size = Math.max(scratch.size, next.size);
                    scratch.threshold = 0;
                    // Of the others nothing is known yet.
                    asked = System.nanoTime() - STATISTICS_NANOS;
                }
            }
        }
    }

    private void look() throws IOException {
        if (reason == null) {
            measure();
            reason = reasonToEnd();
        }
        if (reason == null && askStatistics()) {
            reason = reasonToEnd();
        }
        if (reason != null) {
            LOG.debug("Ending the backup of {}: {}", domain, reason);
            Waiting.await(job.abort(), END, "the end of the backup job");
        } else {
            for (Scratch scratch : scratches) {
                arm(scratch);
            }
        }
    }

    /** What is known without asking the host. */
    private void measure() throws IOException {
        long sum = 0;
        for (Scratch scratch : scratches) {
            if (scratch.store != null) {
                scratch.size = Math.max(scratch.size, Files.size(scratch.file));
            }
            sum += scratch.size;
        }
        used = Math.max(used, sum);
        for (Room room : rooms) {
            room.measure(used);
        }
    }

    /** Asks the host if files cannot be seen from here, and says whether it did. */
    private boolean askStatistics() throws IOException {
        boolean seen = scratches.stream().allMatch(scratch -> scratch.store != null);
        if (seen || (announcing && System.nanoTime() - asked < STATISTICS_NANOS)) {
            return false;
        }
        asked = System.nanoTime();
        OptionalLong known = Waiting.await(job.statistics()).temporaryUsed();
        used = Math.max(used, known.orElse(0));
        measure();
        return known.isPresent();
    }

    private @Nullable String reasonToEnd() {
        for (Room room : rooms) {
            if (room.isFull()) {
                return "the guest overwrites so much that the scratch files have grown to " + Amounts.mebibytes(used)
                        + ", " + room;
            }
        }
        return null;
    }

    /** The files share what room there is; each is announced when it has taken its share. */
    private void arm(Scratch scratch) {
        long share = Long.MAX_VALUE;
        for (Room room : rooms) {
            if (room.store == null) {
                share = Math.min(share, room.left() / scratches.size());
            } else if (room == scratch.store) {
                long sharing =
                        scratches.stream().filter(other -> other.store == room).count();
                share = Math.min(share, room.left() / sharing);
            }
        }
        if (share == Long.MAX_VALUE) {
            return;
        }
        long place = scratch.size + share;
        if (scratch.threshold != 0 && Math.abs(place - scratch.threshold) <= share / 8) {
            return;
        }
        try {
            Waiting.await(domain.disk(scratch.device).setThreshold(place));
            scratch.threshold = place;
        } catch (RemoteException e) {
            // Then what is seen at each look has to do.
            LOG.debug("No announcements of {} of {}", scratch.device, domain, e);
            announcing = false;
        }
    }

    @Override
    public void close() {
        closed = true;
        announced.add(new Announcement("", 0));
        Flow.Subscription subscribed = subscription;
        if (subscribed != null) {
            subscribed.cancel();
        }
    }

    /** Wakes the guard up. */
    private final class Announcements implements Flow.Subscriber<DomainEvent.BlockThreshold> {
        @Override
        public void onSubscribe(Flow.Subscription begun) {
            subscription = begun;
            begun.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(DomainEvent.BlockThreshold event) {
            announced.add(new Announcement(event.device(), event.threshold() + event.excess()));
        }

        @Override
        public void onError(Throwable cause) {
            LOG.debug("No announcements of {} any more", domain, cause);
        }

        @Override
        public void onComplete() {}
    }

    /**
     * Room that scratch files share: what a limit allows them, or what a file system had free at the beginning. A part
     * of it is held back, for what the guest writes from the moment when the rest is taken until the job has ended.
     */
    public static final class Room {
        private static final long LEAST_RESERVE = 64L << 20;
        private static final int RESERVE_SHARE = 20;
        /** What remains is no room for several files to share when it is less than that part of the whole. */
        private static final int LEAST_SHARE = 32;

        private final @Nullable Path folder;
        private final @Nullable FileStore store;
        private final long whole;
        private long left;
        private long free;

        private Room(@Nullable Path folder, @Nullable FileStore store, long whole) {
            this.folder = folder;
            this.store = store;
            this.whole = whole;
            this.free = whole;
            this.left = whole - reserve(whole);
        }

        /** All that scratch files may take together, in bytes. */
        static Room ofLimit(long bytes) {
            return new Room(null, null, bytes);
        }

        /** What a folder of the host had free. */
        static Room ofHost(Path folder, long bytes) {
            return new Room(folder, null, bytes);
        }

        /** What is free now where {@code file} lies. */
        static Room ofStore(Path file) throws IOException {
            FileStore store = Files.getFileStore(file);
            return new Room(file.getParent(), store, store.getUsableSpace());
        }

        /** What is held back of so many bytes: 64 MiB, or a twentieth if that is more, but never more than half. */
        public static long reserve(long bytes) {
            return Math.min(bytes / 2, Math.max(LEAST_RESERVE, bytes / RESERVE_SHARE));
        }

        /** Whether both are the same file system's. */
        boolean isSame(Room other) {
            return store != null && store.equals(other.store);
        }

        /** Looks at what is left when the scratch files take {@code used} bytes together. */
        void measure(long used) throws IOException {
            free = store == null ? whole - used : store.getUsableSpace();
            left = Math.max(0, free - reserve(whole));
        }

        /** The bytes that the files may still take together. */
        long left() {
            return left;
        }

        /** Whether the job has to end. */
        boolean isFull() {
            return left <= (whole - reserve(whole)) / LEAST_SHARE;
        }

        /** Why it has to, and what to do. */
        @Override
        public String toString() {
            String ended = ". The backup was ended before the guest's writes would fail: ";
            if (store == null) {
                return folder == null
                        ? "near their limit of " + Amounts.mebibytes(whole) + ended + "raise it by --scratch-limit"
                        : "near the " + Amounts.mebibytes(whole) + " that were free in " + folder + " of the host"
                                + ended + "choose a folder with more room by --scratch";
            }
            return "and only " + Amounts.mebibytes(free) + " is left free in " + folder + ended
                    + "choose a folder with more room by --scratch";
        }
    }
}
