// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.store;

import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.DurableFiles;
import dev.virtwire.repository.internal.journal.NewestPoint;
import dev.virtwire.repository.manifest.ParentLink;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Removes points of a domain. A point goes in one step, when its folder gets a hidden name; what is in it is deleted
 * after that. The empty folder stays as long as a manifest names the point as the one before, or the journal as the
 * newest: it says that the point was removed on purpose. Nothing is written, so that a full disk can be pruned. The
 * caller holds the domain's lock.
 */
public final class PointRemoval {
    private final DomainStore store;
    private final DurableFiles files;

    /** In this domain. */
    public PointRemoval(DomainStore store) {
        this.store = store;
        this.files = store.files();
    }

    /** Removes a point, on which nothing builds: the caller has seen to that. */
    public void remove(String id) throws IOException {
        files.rename(store.folder().resolve(id), store.removed(id));
        files.empty(store.removed(id));
    }

    /** Leaves what says that a point which got lost is not looked for any more; its folder is gone. */
    public void accept(String id) throws IOException {
        files.createFolder(store.removed(id));
    }

    /** Finishes removals in which a run died; returns the ids of the points of which something was left. */
    public List<String> finish() throws IOException {
        List<String> removed = store.removals();
        List<String> finished = new ArrayList<>();
        for (String id : removed) {
            if (!isEmpty(store.removed(id))) {
                files.empty(store.removed(id));
                finished.add(id);
            }
        }
        forget(removed);
        return finished;
    }

    /** Whether a point that is gone was removed on purpose. */
    public boolean isRemoved(String id) {
        return Files.isDirectory(store.removed(id), LinkOption.NOFOLLOW_LINKS);
    }

    /** The empty folders that nobody asks for any more; none while a manifest cannot be read. */
    private void forget(List<String> removed) throws IOException {
        if (removed.isEmpty()) {
            return;
        }
        Listing listing = store.points();
        if (!listing.damage().isEmpty()) {
            return;
        }
        Set<String> named = new HashSet<>();
        for (Point point : listing.points()) {
            ParentLink previous = point.manifest().previous();
            if (previous != null) {
                named.add(previous.point());
            }
        }
        NewestPoint newest = store.journal().newest();
        if (newest != null) {
            named.add(newest.point());
        }
        for (String id : removed) {
            if (!named.contains(id)) {
                files.delete(store.removed(id));
            }
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> list = Files.list(folder)) {
            return list.findAny().isEmpty();
        }
    }
}
