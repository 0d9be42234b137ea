// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import dev.virtwire.client.Libvirt;
import dev.virtwire.client.LibvirtException;
import dev.virtwire.client.LibvirtUri;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.RepositoryException;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.KeptCheckpoints;
import dev.virtwire.repository.internal.store.PointRemoval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Clears what stands in a domain's journal. The caller holds the domain's lock. */
public final class Leftovers {
    private final DomainStore store;
    private final List<String> done = new ArrayList<>();
    private final List<String> left = new ArrayList<>();

    /** Of this domain. */
    public Leftovers(DomainStore store) {
        this.store = store;
    }

    /** What was cleared, each one sentence. */
    public List<String> done() {
        return done;
    }

    /** What could not be cleared, each with the reason. */
    public List<String> left() {
        return left;
    }

    /** Clears what a run left, on its host too where {@code libvirt} leads to that. */
    public void clearWhereItRan(JournalEntry entry, Libvirt libvirt) {
        String name;
        try {
            name = Waiting.await(libvirt.hostname());
        } catch (LibvirtException e) {
            clearHereOnly(entry, String.valueOf(e.getMessage()));
            return;
        }
        String path = libvirt.uri().path();
        if (!entry.host().name().equals(name)) {
            clearHereOnly(entry, "this is host " + name);
        } else if (!LibvirtUri.parse(entry.host().uri()).path().equals(path)) {
            clearHereOnly(entry, "it was made by " + entry.host().uri() + ", and this is " + path);
        } else if (!isCommitted(entry) || outlivesACrash(entry)) {
            clear(entry, libvirt, false, true);
        }
    }

    /** A run that could not sync the folder left that to us; until it is done, all that the point needs stays. */
    private boolean outlivesACrash(JournalEntry entry) {
        try {
            store.files().syncFolder(store.folder());
            return true;
        } catch (IOException e) {
            left.add("the name of point " + entry.point() + ", which may not outlive a crash: " + Problems.reason(e));
            return false;
        }
    }

    /** Clears what a run that has come to its end left on its host and here, and forgets the run if nothing remains. */
    public void clear(JournalEntry entry, Libvirt libvirt) {
        clear(entry, libvirt, false, false);
    }

    /**
     * As the other, for a run that has failed; with {@code goesOn}, where the host cannot be reached and so the job may still run, nothing is cleared
     * here either, for a run that goes on with it.
     *
     * @return whether that was so
     */
    boolean clear(JournalEntry entry, Libvirt libvirt, boolean goesOn) {
        return clear(entry, libvirt, goesOn, true);
    }

    private boolean clear(JournalEntry entry, Libvirt libvirt, boolean goesOn, boolean searching) {
        DomainStore.Listing listing = listing();
        HostCleanup host = new HostCleanup(libvirt, entry, searching);
        host.run(isCommitted(entry), mayDeleteOthers(listing, entry), keep(listing, entry));
        done.addAll(host.done());
        left.addAll(host.left());
        left.addAll(host.unknown());
        if (goesOn && host.isUnreachable()) {
            return true;
        }
        clearHere(entry, host.left().isEmpty());
        return false;
    }

    /** Where a manifest cannot be read, and in a run before the newest, nobody knows which checkpoints are needed. */
    private boolean mayDeleteOthers(DomainStore.@Nullable Listing listing, JournalEntry entry) {
        Point newest = listing == null || !listing.damage().isEmpty() ? null : listing.newest();
        return newest != null && newest.id().equals(entry.point());
    }

    /** The points, or null where the repository cannot be read: the host is not to pay for that. */
    private DomainStore.@Nullable Listing listing() {
        try {
            return store.points();
        } catch (RepositoryException e) {
            left.add("older checkpoints of domain " + store.name() + ": " + e.getMessage());
            return null;
        }
    }

    /** Clears what a run left here; what it left on its host stays in the journal. */
    public void clearHereOnly(JournalEntry entry, String reason) {
        left.add("what point " + entry.point() + " left on host " + entry.host().name() + ": " + reason);
        clearHere(entry, false);
    }

    private void clearHere(JournalEntry entry, boolean forget) {
        try {
            if (Files.exists(store.partial(entry.point()), LinkOption.NOFOLLOW_LINKS)) {
                store.discard(entry.point());
                done.add("deleted " + store.partial(entry.point()));
            }
            if (forget) {
                store.removeEntry(entry.point());
            }
        } catch (IOException e) {
            left.add(store.partial(entry.point()) + ": " + Problems.reason(e));
        }
    }

    /** Removes folders of points that no journal knows of, and what is left of points that were being removed. */
    public void clearUnknown() {
        try {
            store.journal().removeTorn();
            for (Path partial : store.partials()) {
                store.files().deleteTree(partial);
                done.add("deleted " + partial);
            }
            for (String point : new PointRemoval(store).finish()) {
                done.add("deleted the rest of point " + point + ", which was being removed");
            }
        } catch (IOException e) {
            left.add(store.folder() + ": " + Problems.reason(e));
        }
    }

    private boolean isCommitted(JournalEntry entry) {
        // Only where the file system says that there is no such folder; an error says nothing.
        return !Files.notExists(store.folder().resolve(entry.point()), LinkOption.NOFOLLOW_LINKS);
    }

    /** The checkpoints that later increments start from. */
    private Set<String> keep(DomainStore.@Nullable Listing listing, JournalEntry entry) {
        List<Point> points = listing == null ? List.of() : listing.points();
        Set<String> keep = KeptCheckpoints.names(points, entry.keepFullCheckpoint());
        if (isCommitted(entry) && entry.checkpoint() != null) {
            keep.add(entry.checkpoint());
        }
        return keep;
    }
}
