// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import dev.virtwire.repository.internal.RepositoryStore;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.format.RepositoryFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A folder that holds points of any number of domains. docs/format.md describes every file in it; any image in it opens
 * with {@code qemu-img} as it is.
 *
 * <p>Only this library implements it. Safe for use by several threads and processes: one at a time writes a domain, the
 * others are refused.
 *
 * @since 0.1
 */
public interface Repository {
    /**
     * Opens the repository in {@code folder}.
     *
     * @throws RepositoryException if there is no repository, or one that this program is too old for
     * @throws DamagedException if its {@code virtwire.json} is damaged
     */
    static Repository open(Path folder) {
        return RepositoryStore.open(folder, DurableFiles.PLAIN);
    }

    /**
     * Opens the repository in {@code folder}, or makes one where the folder is empty or does not exist.
     *
     * @throws RepositoryException if the folder holds other things or cannot be written
     */
    static Repository openOrCreate(Path folder) {
        return RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN);
    }

    /**
     * Whether there is a repository in {@code folder}, also one that {@link #open} finds damaged. What is left if the
     * first backup died before it had made one does not count.
     *
     * @throws RepositoryException if the folder cannot be read
     */
    static boolean isThere(Path folder) {
        return RepositoryFile.isIn(folder);
    }

    /** Its folder, absolute. */
    Path folder();

    /** Its id, twelve letters and digits, part of the name of every checkpoint that it owns. */
    String id();

    /**
     * Gives it a new id, and returns that one. This is for a copy of a repository's folder: until then the copy and the
     * original own the same checkpoints, so each takes those of the other for its own and removes them. All points stay
     * as they are. The next increment of a domain reads the disks and compares them, and has a checkpoint of its own
     * from then on. Raises the version of the repository, because older programs know no former ids.
     *
     * <p>This object keeps the old id: open the repository again.
     *
     * @throws RepositoryException if a run is at work on a domain, or has not been cleared up after, or the file cannot
     *     be written
     */
    String newId();

    /** What it holds of every domain, in the order of the names of their folders. */
    List<DomainPoints> points();

    /**
     * What it holds of one domain.
     *
     * @param domain the domain's name, or that of its folder
     * @throws RepositoryException if it holds nothing of it
     */
    DomainPoints points(String domain);

    /**
     * One point.
     *
     * @param domain the domain's name, or that of its folder
     * @param id the point's id
     * @throws RepositoryException if there is no such point
     * @throws DamagedException if its manifest is damaged
     */
    Point point(String domain, String id);

    /**
     * The newest point of a domain.
     *
     * @throws RepositoryException if there is no point
     * @throws DamagedException if a manifest is damaged, so that nobody knows which point is the newest
     */
    Point newestPoint(String domain);

    /**
     * The newest point of a domain that can be restored from here: its images are in the repository, its manifest can
     * be read, and nothing is known to be wrong with it. If no point is like that, the newest whose images are here.
     *
     * @param domain the domain's name, or that of its folder
     * @throws RepositoryException if there is no such point
     * @throws DamagedException if that is so because manifests are damaged
     */
    PointChoice newestRestorable(String domain);

    /**
     * How the backups of a domain stand now, by this machine's clock. Reads manifests and what is known of the points,
     * and no image. A push counts as a point, but never as verified. What counts as verified is a point that the last
     * {@link #verify} of it, to {@link VerifyDepth#DIGESTS} or deeper, found right with all that it builds on. A
     * merge of other points into it does not change that: it compares what it takes over with its digests.
     *
     * @param domain the domain's name, or that of its folder; one that it holds nothing of is missing
     * @param maxAge how old the newest good point may be, or null for no such rule
     * @param verifiedWithin how long ago the last verification of a good point may have begun, or null for no such rule
     */
    DomainStatus status(String domain, @Nullable Duration maxAge, @Nullable Duration verifiedWithin);

    /** Whether it holds anything of a domain of this name, or in a folder of this name. */
    boolean holds(String domain);

    /**
     * Accepts that a point is lost, so that it counts as damage no longer: it is treated as one that was removed.
     *
     * @param domain the domain's name, or that of its folder
     * @param point the id of a point that is gone though nobody removed it
     * @throws RepositoryException if nobody misses such a point, another run writes the domain, or it cannot be written
     */
    void acceptMissing(String domain, String point);

    /**
     * Verifies what is asked for, on several threads: files, the bytes of images, and what a guest would read from
     * them. What is found damaged is remembered in the repository, and taken back when it is found whole again.
     *
     * <p>The result is a report, whatever was found; or a {@link RepositoryException} if there is no such domain or
     * point, if another verification keeps the same record, or where something cannot be read at all, which says
     * nothing of damage; an {@link OperationCancelledException} after {@link Operation#cancel}.
     */
    Operation<VerifyReport> verify(VerifyRequest request, ProgressListener listener);

    /**
     * Restores disks of a point and its domain XML to files: flattened, or as a chain of images. Each is complete,
     * durable and verified when it appears under its name; after a failure none is there, and what would have been
     * replaced is as it was. Damage that takes nothing from these disks stands in the result. What is found damaged is
     * remembered, as by {@link #verify}.
     *
     * <p>Fails with a {@link DamagedException} if anything of the disks cannot be given as it was, unless the request
     * salvages, with an
     * {@link OperationCancelledException} after {@link Operation#cancel}, and with another {@link RepositoryException}
     * where the destination cannot be written or is full, or the images are not here.
     */
    Operation<RestoreResult> restore(RestoreRequest request, ProgressListener listener);

    /**
     * Removes the points of a domain that {@code retention} does not keep. Only points that can be restored from here
     * count for its rules. These stay too: held ones; the newest that can be restored, also with each disk of the
     * domain; the one whose checkpoint the next increment starts from; what is damaged, and what that builds on,
     * as long as the rules would keep it if it were good, and while no newer good point has its disks; and
     * pushed points, whose images lie on their host. What a point that stays needs of one that goes is merged into it;
     * if nothing can be merged, whatever a point that stays builds on stays too, and the report says so. A crash leaves
     * a point as it was or gone; the next prune finishes what was begun. Reads manifests and the sizes of files, and no
     * image but for a merge. A request {@link PruneRequest#ofPoint} lets all points stay but that one.
     *
     * <p>Fails with a {@link RepositoryException} if there is no such domain, another run writes it, or something
     * cannot be read or removed, and after {@link Operation#cancel}; points that stand in no report may be gone then.
     */
    Operation<PruneReport> prune(PruneRequest request, ProgressListener listener);

    /**
     * Holds a point: it stays, whatever the rules say, until it is released. If it is held already, it gets this
     * reason. Raises the version of the repository, because older programs know no holds.
     *
     * @param domain the domain's name, or that of its folder
     * @param reason why, one line, or null
     * @throws RepositoryException if there is no such point, the reason is not one line, or another run writes the
     *     domain
     * @throws DamagedException if the list of its holds is damaged
     */
    Hold hold(String domain, String point, @Nullable String reason);

    /**
     * Ends a hold. The point need not be there any more.
     *
     * @param domain the domain's name, or that of its folder
     * @throws RepositoryException if nobody holds the point, or another run writes the domain
     * @throws DamagedException if the list of the domain's holds is damaged
     */
    void release(String domain, String point);

    /**
     * What it holds of a domain, and what {@link #forget} would do.
     *
     * @param domain the domain's name, or that of its folder
     * @throws RepositoryException if it holds nothing of it
     * @throws DamagedException if the list of its holds is damaged
     */
    ForgetReport lookToForget(String domain);

    /**
     * Erases all of a domain: its points, its journal and its folder. It is gone in one step, and its room is freed
     * after that; if the program dies then, the next forget or prune of any domain frees the rest. What remains on
     * hosts stands in the report.
     *
     * <p>Fails with a {@link RepositoryException} if it holds nothing of the domain, if points of it are held, if a
     * run is at work on it or has not been cleared up after, or if it cannot be deleted; and with a {@link
     * DamagedException} if the list of its holds is damaged.
     *
     * @param domain the domain's name, or that of its folder
     * @param noBackupSince refuses a domain that was backed up since then, or may have been; null for no such condition
     */
    Operation<ForgetReport> forget(String domain, @Nullable Instant noBackupSince, ProgressListener listener);

    /** The names of the folders of all domains that it holds something of, in order. */
    List<String> domains();
}
