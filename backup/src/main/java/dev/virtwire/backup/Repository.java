// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.backup.internal.job.Recovery;
import dev.virtwire.backup.internal.repository.DomainStore;
import dev.virtwire.backup.internal.repository.DurableFiles;
import dev.virtwire.backup.internal.repository.RepositoryStore;
import dev.virtwire.backup.internal.restore.PoolRestorer;
import dev.virtwire.backup.internal.restore.Restorer;
import dev.virtwire.backup.internal.retention.Pruner;
import dev.virtwire.backup.internal.verify.Verifier;
import dev.virtwire.backup.pool.PoolRestore;
import dev.virtwire.backup.pool.PoolRestoreResult;
import dev.virtwire.backup.retention.PruneReport;
import dev.virtwire.backup.retention.Retention;
import dev.virtwire.client.Libvirt;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A folder that holds points of any number of domains. docs/format.md describes every file in it; any image in it opens
 * with {@code qemu-img} as it is.
 *
 * <p>Safe for use by several threads and processes: one at a time writes a domain, the others are refused.
 */
public final class Repository {
    private final RepositoryStore store;

    private Repository(RepositoryStore store) {
        this.store = store;
    }

    /**
     * Opens the repository in {@code folder}.
     *
     * @throws RepositoryException where there is none, or one that this program is too old for
     * @throws DamagedException where its {@code virtwire.json} is damaged
     */
    public static Repository open(Path folder) {
        return new Repository(RepositoryStore.open(folder, DurableFiles.PLAIN));
    }

    /**
     * Opens the repository in {@code folder}, or makes one where the folder is empty or does not exist.
     *
     * @throws RepositoryException where the folder holds other things or cannot be written
     */
    public static Repository openOrCreate(Path folder) {
        return new Repository(RepositoryStore.openOrCreate(folder, DurableFiles.PLAIN));
    }

    /** Its folder, absolute. */
    public Path folder() {
        return store.folder();
    }

    /** Its id, twelve letters and digits, part of the name of every checkpoint that it owns. */
    public String id() {
        return store.id();
    }

    /** What it holds of every domain, in the order of the names of their folders. */
    public List<DomainPoints> points() {
        return store.domains().stream().map(Repository::list).toList();
    }

    /**
     * What it holds of one domain.
     *
     * @param domain the domain's name, or that of its folder
     * @throws RepositoryException where it holds nothing of it
     */
    public DomainPoints points(String domain) {
        return list(domainStore(domain));
    }

    /**
     * One point.
     *
     * @param domain the domain's name, or that of its folder
     * @param id the point's id
     * @throws RepositoryException where there is no such point
     * @throws DamagedException where its manifest is damaged
     */
    public Point point(String domain, String id) {
        return domainStore(domain).point(id);
    }

    /**
     * The newest point of a domain.
     *
     * @throws RepositoryException where there is none
     * @throws DamagedException where a manifest is damaged, so that nobody knows which point is the newest
     */
    public Point newestPoint(String domain) {
        DomainStore.Listing listing = domainStore(domain).points();
        if (!listing.damage().isEmpty()) {
            throw new DamagedException(listing.damage());
        }
        Point newest = listing.newest();
        if (newest == null) {
            throw new RepositoryException("domain " + domain + " has no point in " + folder());
        }
        return newest;
    }

    /**
     * Verifies every point: its own files, the bytes of its images, and what a guest would read from them.
     *
     * @throws BackupException where something cannot be read at all, which says nothing of damage
     */
    public VerifyReport verify(ProgressListener listener) {
        return verify(VerifyRequest.everything(), listener);
    }

    /**
     * Verifies one point with all that it builds on, or every point of a domain.
     *
     * @param domain the domain's name, or that of its folder
     * @param point the point's id, or null for all points
     * @throws RepositoryException where there is no such domain or point
     */
    public VerifyReport verify(String domain, @Nullable String point, ProgressListener listener) {
        return verify(point == null ? VerifyRequest.ofDomain(domain) : VerifyRequest.ofPoint(domain, point), listener);
    }

    /**
     * Verifies what is asked for, on several threads. Interrupting the one that calls ends it.
     *
     * @throws RepositoryException where there is no such domain or point, or another verification keeps the same record
     * @throws BackupCancelledException where the thread was interrupted
     * @throws BackupException where something cannot be read at all, which says nothing of damage
     */
    public VerifyReport verify(VerifyRequest request, ProgressListener listener) {
        Verifier verifier = new Verifier(request);
        String domain = request.domain();
        String point = request.point();
        if (domain == null) {
            store.domains().forEach(verifier::addAll);
        } else if (point == null) {
            verifier.addAll(domainStore(domain));
        } else {
            verifier.add(domainStore(domain), point);
        }
        return verifier.run(listener);
    }

    /**
     * Restores disks of a point and its domain XML to files: flattened, or as a chain of images. Each is complete, durable
     * and verified when it appears under its name; after a failure none is there, and what would have been replaced is as
     * it was. Interrupting the thread that calls ends it.
     *
     * @throws DamagedException where anything that the disks are restored from is damaged
     * @throws BackupCancelledException where the thread was interrupted
     * @throws BackupException where the destination cannot be written or is full, or the images are not here
     */
    public RestoreResult restore(RestoreRequest request, ProgressListener listener) {
        return new Restorer(domainStore(request.point().domain()), request, null).run(listener);
    }

    /**
     * Restores as {@link #restore(RestoreRequest, ProgressListener)}, and defines the domain with the restored files. Where
     * it cannot be defined, no file is left either.
     *
     * <p>The XML is the saved one, with the paths of the restored disks and UEFI variables. A domain under another name
     * has a UUID and MAC addresses of its own, and none of the first one's disks that are not restored. In place, the
     * domain must not run; its definition is replaced if {@link RestoreRequest#replacing} allows it.
     *
     * @throws BackupException besides, where the host is another machine, or does not accept the domain
     * @throws dev.virtwire.client.LibvirtException where the host cannot be asked
     */
    public RestoreResult restore(RestoreRequest request, DomainDefinition definition, ProgressListener listener) {
        return new Restorer(domainStore(request.point().domain()), request, definition).run(listener);
    }

    /**
     * Restores disks of a point into new volumes of a storage pool, on any host, by nothing but the libvirt connection, and
     * defines the domain with them where that is asked for. Every byte is verified as it is read, and the host has confirmed
     * all of them when this returns. After a failure the volumes are deleted again. Interrupting the thread that calls ends
     * it.
     *
     * @throws DamagedException where anything that the disks are restored from is damaged
     * @throws BackupCancelledException where the thread was interrupted
     * @throws BackupException where there is no such pool, a volume of that name exists, or the host refuses one or the domain
     * @throws dev.virtwire.client.LibvirtException where the host cannot be asked
     * @since 0.1
     */
    public PoolRestoreResult restore(PoolRestore request, ProgressListener listener) {
        return new PoolRestorer(domainStore(request.point().domain()), request).run(listener);
    }

    /**
     * Clears what runs left that died: jobs, checkpoints and scratch files on hosts, unfinished files here. Domains that
     * another run is writing right now are left alone.
     *
     * @param connect makes a connection to a libvirt URI that the journal holds, which this closes; what it throws of
     *     {@link dev.virtwire.client.LibvirtException} is reported, and the journal keeps what could not be cleared
     */
    public RecoverReport recover(Function<String, Libvirt> connect) {
        return new Recovery(store, connect).run();
    }

    /**
     * Removes the points of a domain that {@code retention} does not keep. Only points that can be restored from here
     * count for its rules; whatever a point that stays builds on stays too, and so do the newest that can be restored,
     * the one whose checkpoint the next increment starts from, what is damaged, and pushed points, whose images lie on
     * their host. A crash leaves a point as it was or gone; the next prune, backup or recovery finishes what was begun.
     * Reads manifests and the sizes of files, no image; waits for the disk.
     *
     * @param domain the domain's name, or that of its folder
     * @param dryRun whether only to say what would be done
     * @throws RepositoryException where there is no such domain, or another run writes it
     * @throws BackupException where something cannot be read or removed; points that stand in no report may be gone then
     */
    public PruneReport prune(String domain, Retention retention, boolean dryRun) {
        Pruner pruner = new Pruner(domainStore(domain), retention);
        return dryRun ? pruner.dryRun() : pruner.run();
    }

    /** The names of the folders of all domains that it holds something of, in order. */
    public List<String> domains() {
        return store.domains().stream().map(DomainStore::name).toList();
    }

    RepositoryStore store() {
        return store;
    }

    private static DomainPoints list(DomainStore domain) {
        DomainStore.Listing listing = domain.points();
        List<Finding> damage = new ArrayList<>(listing.damage());
        damage.addAll(domain.journal().damage());
        return new DomainPoints(
                domain.name(), listing.points(), damage, domain.journal().points());
    }

    private DomainStore domainStore(String domain) {
        for (DomainStore there : store.domains()) {
            if (there.name().equals(domain)) {
                return there;
            }
        }
        DomainStore byName = store.domain(domain);
        if (!byName.exists()) {
            throw new RepositoryException("repository " + folder() + " holds nothing of a domain " + domain);
        }
        return byName;
    }
}
