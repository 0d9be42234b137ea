// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import dev.virtwire.backup.internal.repository.DomainStore;
import dev.virtwire.backup.internal.repository.DurableFiles;
import dev.virtwire.backup.internal.repository.JournalEntry;
import dev.virtwire.backup.internal.repository.RepositoryStore;
import java.nio.file.Path;
import java.util.List;

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

    private static DomainPoints list(DomainStore domain) {
        DomainStore.Listing listing = domain.points();
        List<String> unfinished =
                domain.entries().stream().map(JournalEntry::point).toList();
        return new DomainPoints(domain.name(), listing.points(), listing.damage(), unfinished);
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
