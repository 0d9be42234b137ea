// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.consolidation;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Finding;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.ProgressListener;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.copy.CopyCancelledException;
import dev.virtwire.repository.internal.copy.DiskStore;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.damage.Look;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.format.SummedFile;
import dev.virtwire.repository.internal.journal.MergeRecord;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.PointPaths;
import dev.virtwire.repository.internal.store.PointRemoval;
import dev.virtwire.repository.internal.store.RepositoryVersion;
import dev.virtwire.repository.internal.work.CopyMeter;
import dev.virtwire.repository.internal.work.ProgressMeter;
import dev.virtwire.repository.internal.work.RateLimit;
import dev.virtwire.repository.internal.work.Workers;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Merges points that go into the next one that stays: into its images and its manifest, whose content stays the same.
 * The caller holds the domain's lock.
 *
 * <ol>
 *   <li>What a merge will read is read and compared with its digests. New images are written, into {@code
 *       .merged.partial} of the point that stays.
 *   <li>The repository's version is raised, and {@code .journal/POINT.merge} says which points are gone.
 *   <li>Images that are changed in their place are changed, read back and compared.
 *   <li>New digest files and the new manifest are written, and {@code .merged.partial} becomes {@code .merged}. From
 *       then on the point is what that says: see {@link dev.virtwire.repository.internal.store.PointPaths}.
 *   <li>What is in it moves to its place, each file by one rename.
 *   <li>The points that are gone are removed, and then the record.
 * </ol>
 */
public final class Consolidator {
    private final DomainStore store;
    private final DurableFiles files;
    private final RateLimit limit;
    private final CopyMeter meter;

    /** In this domain; {@code limit} bounds what is read. */
    public Consolidator(DomainStore store, RateLimit limit, CopyMeter meter) {
        this.store = store;
        this.files = store.files();
        this.limit = limit;
        this.meter = meter;
    }

    /**
     * Merges into a point those of {@code run} that it builds on, up to the first that is not among them. Those that
     * nothing else builds on are gone then.
     *
     * @throws DamagedException if what stays is damaged: nothing has changed then, unless the damage is newer than the
     *     merge
     * @throws RepositoryException if something cannot be read or written; {@link #resume} continues
     */
    public void merge(String stays, Set<String> run) {
        Point point = store.point(stays);
        try (MergePlan plan = MergePlan.of(store, point, run);
                Workers workers = new Workers("merge", limit)) {
            Map<String, DiskStore.Stored> stored = prepare(plan, workers);
            MergeRecord record = plan.record();
            try {
                RepositoryVersion.raise(store.repositoryFolder(), files);
                store.merges().write(record);
            } catch (IOException | RuntimeException e) {
                discard(partial(stays), e);
                throw e;
            }
            finish(plan, record, stored, workers, false);
        } catch (CopyCancelledException e) {
            throw cancelled(e);
        } catch (IOException e) {
            throw Problems.with("merge points into", point.folder(), e);
        }
    }

    /**
     * Finishes merges that other runs began and whose point is already what it is to be. Cheap: names change, and what
     * is gone is deleted. The caller holds the domain's lock.
     *
     * @throws DamagedException if a record of a merge is damaged
     * @throws RepositoryException if something cannot be read or written
     */
    public static void settle(DomainStore store) {
        new Consolidator(store, new RateLimit(RateLimit.NONE), new ProgressMeter(ProgressListener.NONE, 0, 0)).settle();
    }

    private void settle() {
        try {
            for (MergeRecord record : store.merges().all()) {
                settle(record);
            }
        } catch (IOException e) {
            throw Problems.with("finish a merge of points in", store.folder(), e);
        }
    }

    /**
     * Finishes all merges that other runs began.
     *
     * @throws DamagedException as for {@link #merge}
     * @throws RepositoryException as for {@link #merge}
     */
    public void resume() {
        settle();
        for (MergeRecord record : store.merges().all()) {
            Point point = store.layer(record.point());
            try (MergePlan plan = MergePlan.of(store, point, record);
                    Workers workers = new Workers("merge", limit)) {
                finish(plan, record, prepare(plan, workers), workers, true);
            } catch (CopyCancelledException e) {
                throw cancelled(e);
            } catch (IOException e) {
                throw Problems.with("merge points into", point.folder(), e);
            }
        }
        discardUnrecorded();
    }

    private static RepositoryException cancelled(CopyCancelledException e) {
        Workers.refuseInterrupted();
        return new RepositoryException("the merge was ended", e);
    }

    /** Proves what will be read, and writes new images. */
    private Map<String, DiskStore.Stored> prepare(MergePlan plan, Workers workers) throws IOException {
        Path partial = partial(plan.stays().id());
        files.deleteTree(partial);
        files.createFolder(partial);
        Map<String, DiskStore.Stored> stored = new HashMap<>();
        try {
            for (DiskRun run : plan.edited().values()) {
                new DiskEdit(run, workers, meter).prove();
            }
            for (Map.Entry<String, DiskRun> copied : plan.copied().entrySet()) {
                stored.put(copied.getKey(), DiskCopying.run(copied.getValue(), partial, limit, meter));
            }
            return stored;
        } catch (IOException | RuntimeException | Error e) {
            discard(partial, e);
            throw e;
        }
    }

    private void discard(Path partial, Throwable cause) {
        // A thread that is interrupted could not wait until a folder is on disk.
        boolean interrupted = Thread.interrupted();
        try {
            files.deleteTree(partial);
        } catch (IOException | RuntimeException e) {
            cause.addSuppressed(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void finish(
            MergePlan plan, MergeRecord record, Map<String, DiskStore.Stored> stored, Workers workers, boolean again)
            throws IOException {
        Path partial = partial(record.point());
        for (Map.Entry<String, DiskRun> edited : plan.edited().entrySet()) {
            Workers.refuseInterrupted();
            stored.put(edited.getKey(), new DiskEdit(edited.getValue(), workers, meter).run(partial, again));
        }
        SummedFile.write(
                files, partial.resolve(Names.MANIFEST), partial.resolve(Names.MANIFEST_SUM), plan.manifest(stored));
        Workers.refuseInterrupted();
        files.rename(partial, merged(record.point()));
        settle(record);
    }

    private void settle(MergeRecord record) throws IOException {
        if (Files.isDirectory(merged(record.point()), LinkOption.NOFOLLOW_LINKS)) {
            moveIn(record);
        }
        if (!store.hasFolder(record.point())) {
            throw new DamagedException(Finding.of(
                    store.folder().resolve(record.point()),
                    "is missing, and earlier points were being merged into it"));
        }
        if (store.layer(record.point()).manifestSha256().equals(record.manifestSha256())) {
            return;
        }
        forgetDamage(record);
        PointRemoval removal = new PointRemoval(store);
        for (String gone : record.gone()) {
            if (store.hasFolder(gone)) {
                removal.remove(gone);
            }
        }
        store.merges().remove(record.point());
    }

    /** What was found wrong in files that are no more says nothing of those that took their place. */
    private void forgetDamage(MergeRecord record) {
        Point point = store.layer(record.point());
        Look look = new Look(point);
        for (MergeRecord.Disk disk : record.disks()) {
            ManifestDisk merged = requireNonNull(point.manifest().disk(disk.target()), disk.target());
            look.file(PointPaths.image(point, merged), List.of(), true);
            look.file(PointPaths.digests(point, merged), List.of(), true);
        }
        DamageRecord.write(store, List.of(look), "prune");
    }

    /** Any order is right: a reader looks into both places. */
    private void moveIn(MergeRecord record) throws IOException {
        Path folder = store.folder().resolve(record.point());
        for (MergeRecord.Disk disk : record.disks()) {
            if (disk.into() != null) {
                Path image = store.folder().resolve(disk.into()).resolve(disk.image());
                if (Files.exists(image, LinkOption.NOFOLLOW_LINKS)) {
                    move(image, folder.resolve(disk.image()));
                }
            }
        }
        List<Path> made;
        try (Stream<Path> list = Files.list(merged(record.point()))) {
            made = list.sorted().toList();
        }
        for (Path file : made) {
            move(file, folder.resolve(String.valueOf(file.getFileName())));
        }
        files.delete(merged(record.point()));
    }

    private void move(Path from, Path to) throws IOException {
        if (Files.exists(to, LinkOption.NOFOLLOW_LINKS) && Files.isSameFile(from, to)) {
            // A power cut left both names; a rename would leave them too.
            files.delete(from);
            return;
        }
        files.rename(from, to);
        files.syncFolder(from.resolveSibling("."));
    }

    /** What was made for a merge that never came to its record. */
    private void discardUnrecorded() {
        for (String id : store.pointIds()) {
            try {
                if (store.merges().of(id) == null) {
                    files.deleteTree(partial(id));
                }
            } catch (IOException e) {
                throw Problems.with("remove", partial(id), e);
            }
        }
    }

    private Path partial(String point) {
        return store.folder().resolve(point).resolve(Names.MERGED_PARTIAL);
    }

    private Path merged(String point) {
        return store.folder().resolve(point).resolve(Names.MERGED);
    }
}
