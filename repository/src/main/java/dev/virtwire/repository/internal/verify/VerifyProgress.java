// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.verify;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.VerifyDepth;
import dev.virtwire.repository.internal.chain.Prefix;
import dev.virtwire.repository.internal.format.Json;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.DomainLock;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps, in a file of the domain's journal, what a verification has found right, so that a later one can resume there.
 * The file's first line is the SHA-256 of the rest: a record that was altered must not make anybody believe anything.
 */
final class VerifyProgress implements AutoCloseable {
    private static final long SAVE_NANOS = 10_000_000_000L;

    private final DomainStore domain;
    private final Path file;
    private final DomainLock lock;
    private final VerifyDepth depth;
    private final Map<String, DiskProgress> disks = new LinkedHashMap<>();
    private Instant began = now();
    private @Nullable Notice notice;
    private long saved = System.nanoTime();

    private VerifyProgress(DomainStore domain, VerifyDepth depth, DomainLock lock) {
        this.domain = domain;
        this.depth = depth;
        this.lock = lock;
        this.file = domain.journal().folder().resolve(Names.VERIFIED);
    }

    /** Reads what there is; no other verification can do so before this is closed. */
    static VerifyProgress open(DomainStore domain, VerifyDepth depth) {
        try {
            domain.files().createFolder(domain.journal().folder());
        } catch (IOException e) {
            throw Problems.with("create", domain.journal().folder(), e);
        }
        DomainLock lock = DomainLock.acquire(
                domain.journal().folder().resolve(Names.VERIFIED_LOCK),
                "the record of verifications of domain " + domain.name() + " in " + domain.repositoryFolder());
        VerifyProgress progress = new VerifyProgress(domain, depth, lock);
        try {
            progress.load();
            return progress;
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private static Instant now() {
        return Instant.now().truncatedTo(ChronoUnit.MILLIS);
    }

    private void load() {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            return;
        } catch (IOException e) {
            notice = Notice.information(
                    file + " cannot be read: " + Problems.reason(e) + "; everything is verified again");
            return;
        }
        VerifyRecord found = Json.readSummed(bytes, VerifyRecord.class);
        if (found == null || !found.format().equals(VerifyRecord.FORMAT)) {
            notice = Notice.information(file + " is damaged; everything is verified again");
        } else if (found.depth() != depth || found.version() != VerifyRecord.VERSION) {
            notice = Notice.information(
                    "what was verified to depth " + found.depth() + " is verified again to depth " + depth);
        } else {
            began = found.began();
            found.disks().forEach(disk -> disks.put(key(disk.point(), disk.target()), new DiskProgress(disk)));
        }
    }

    private static String key(String point, String target) {
        return point + "/" + target;
    }

    /** Why nothing is resumed although something was recorded, or null. */
    @Nullable
    Notice notice() {
        return notice;
    }

    /** Whether there is anything to resume. */
    boolean resumes() {
        return !disks.isEmpty();
    }

    /** When the verification began that this one resumes, or this one. */
    Instant began() {
        return began;
    }

    /**
     * What is known of a disk whose image file was changed last at {@code modified}; nothing, where anything differs.
     */
    synchronized DiskProgress disk(Point point, ManifestDisk disk, Instant modified) {
        DiskProgress known = disks.get(key(point.id(), disk.target()));
        if (known == null || !known.isOf(point, modified)) {
            known = new DiskProgress(
                    new VerifyRecord.Disk(point.id(), point.manifestSha256(), disk.target(), modified, 0, 0, null));
            disks.put(key(point.id(), disk.target()), known);
        }
        return known;
    }

    /** Writes the record, if the last time is a while ago. For any thread. */
    void saveSometimes() {
        synchronized (this) {
            if (System.nanoTime() - saved < SAVE_NANOS) {
                return;
            }
        }
        save();
    }

    /** Writes the record. */
    synchronized void save() {
        saved = System.nanoTime();
        byte[] bytes = Json.writeSummed(new VerifyRecord(
                VerifyRecord.FORMAT,
                VerifyRecord.VERSION,
                depth,
                began,
                disks.values().stream().map(DiskProgress::toRecord).toList()));
        try {
            domain.files().replace(file, bytes);
        } catch (IOException e) {
            throw Problems.with("write", file, e);
        }
    }

    /** All of these points were looked at: the next verification starts from the beginning. */
    synchronized void finish(Set<String> points) {
        disks.values().removeIf(disk -> points.contains(disk.point()) || !domain.hasPoint(disk.point()));
        if (!disks.isEmpty()) {
            save();
            return;
        }
        try {
            domain.files().delete(file);
        } catch (IOException e) {
            throw Problems.with("delete", file, e);
        }
    }

    /** Lets others in; what was not saved is not recorded. */
    @Override
    public void close() {
        lock.close();
    }

    /** What is known of one disk. */
    static final class DiskProgress {
        private final VerifyRecord.Disk before;
        private final Prefix file;
        private final Prefix content;
        private volatile @Nullable Instant verified;

        DiskProgress(VerifyRecord.Disk before) {
            this.before = before;
            this.file = new Prefix(before.fileBlocks());
            this.content = new Prefix(before.contentBlocks());
            this.verified = before.verified();
        }

        private boolean isOf(Point point, Instant modified) {
            return before.manifestSha256().equals(point.manifestSha256())
                    && before.modified().equals(modified);
        }

        String point() {
            return before.point();
        }

        /** Up to where the image file is right. */
        Prefix file() {
            return file;
        }

        /** Up to where the disk's content is right. */
        Prefix content() {
            return content;
        }

        /** When the disk was found right as a whole, or null. */
        @Nullable
        Instant verified() {
            return verified;
        }

        /** The disk was found right as a whole. */
        void setVerified() {
            verified = now();
        }

        private VerifyRecord.Disk toRecord() {
            return new VerifyRecord.Disk(
                    before.point(),
                    before.manifestSha256(),
                    before.target(),
                    before.modified(),
                    file.length(),
                    content.length(),
                    verified);
        }
    }
}
