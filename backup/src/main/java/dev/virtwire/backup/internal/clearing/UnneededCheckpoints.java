// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.clearing;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.internal.host.DomainBitmaps;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.format.Names;
import dev.virtwire.repository.internal.journal.JournalEntry;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.manifest.ManifestDisk;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Which of a repository's checkpoints and bitmaps of a domain nobody needs on a host, and which are needed. */
final class UnneededCheckpoints {
    private final JournalEntry entry;
    private final @Nullable Listing listing;
    private final Set<String> keep;

    /**
     * After the run of {@code entry}.
     *
     * @param listing the domain's points, or null if the repository cannot be read
     * @param committed whether the run's point stands
     */
    UnneededCheckpoints(JournalEntry entry, @Nullable Listing listing, boolean committed) {
        this.entry = entry;
        this.listing = listing;
        this.keep = listing == null ? new HashSet<>() : listing.keptCheckpoints(entry.keepFullCheckpoint());
        if (committed && entry.checkpoint() != null) {
            keep.add(entry.checkpoint());
        }
        if (listing != null) {
            unreadable(listing).forEach(point -> keep.add(Names.checkpoint(entry.repository(), point)));
        }
    }

    /**
     * Removes them.
     *
     * @param search whether the run's own bitmaps are looked for if nobody can see them
     */
    void remove(DomainBitmaps bitmaps, boolean search) {
        String own = entry.checkpoint();
        Set<String> names = bitmaps.names(isOf(entry.repository()));
        Listing others = others();
        if (others == null) {
            names.removeIf(name -> !name.equals(own));
        }
        names.removeAll(keep);
        names.forEach(bitmaps::removeEverywhere);
        if (others != null) {
            removeForgotten(bitmaps, others, names);
        }
        if (search && own != null && !keep.contains(own) && !names.contains(own)) {
            bitmaps.removeEverywhere(own);
        }
    }

    /** Brings those back that are needed beside the run's own, which libvirt forgets when a domain is undefined. */
    void bringBack(DomainBitmaps bitmaps) {
        if (listing == null) {
            return;
        }
        List<Point> needed = listing.keptPoints(entry.keepFullCheckpoint());
        // The oldest first: libvirt knows then what a later one comes after.
        for (int i = needed.size() - 1; i >= 0; i--) {
            if (!needed.get(i).id().equals(entry.point())) {
                bitmaps.bringBack(needed.get(i), targets(needed.get(i)));
            }
        }
    }

    /** The points, if they tell whose checkpoints are needed: in a run before the newest, nobody knows. */
    private @Nullable Listing others() {
        if (listing == null || unreadable(listing).size() < listing.damage().size()) {
            return null;
        }
        Point newest = listing.newest();
        return newest != null && newest.id().equals(entry.point()) ? listing : null;
    }

    /** Of each piece of damage the point that cannot be read: what checkpoint it made is needed, for all we know. */
    private static List<String> unreadable(Listing listing) {
        return listing.damage().stream()
                .map(finding -> String.valueOf(
                        requireNonNull(finding.file().getParent()).getFileName()))
                .filter(Names::isPoint)
                .toList();
    }

    /**
     * What was needed until the newest point came goes with it. libvirt may have forgotten that checkpoint, and on
     * another machine nobody sees the bitmaps.
     */
    private void removeForgotten(DomainBitmaps bitmaps, Listing others, Set<String> removed) {
        List<Point> points = others.points();
        Listing before = new Listing(points.subList(0, points.size() - 1), List.of());
        for (Point point : before.keptPoints(false)) {
            String checkpoint = requireNonNull(point.manifest().checkpoint());
            if (isOf(entry.repository()).test(checkpoint)
                    && !keep.contains(checkpoint)
                    && !removed.contains(checkpoint)) {
                bitmaps.remove(checkpoint, targets(point));
            }
        }
    }

    /**
     * Removes all that no later point of {@code repository} needs, when no run is under way and none has left anything.
     * If images cannot be looked into, the bitmaps of each point are looked for.
     */
    static void removeAll(DomainBitmaps bitmaps, String repository, Listing listing) {
        Set<String> keep = listing.keptCheckpoints(true);
        Set<String> names = bitmaps.names(isOf(repository));
        names.removeAll(keep);
        names.forEach(bitmaps::removeEverywhere);
        removeUnseen(
                bitmaps,
                listing,
                isOf(repository).and(checkpoint -> !keep.contains(checkpoint) && !names.contains(checkpoint)));
    }

    /** Looks for the bitmaps of those checkpoints, if images cannot be looked into. */
    static void removeUnseen(DomainBitmaps bitmaps, Listing listing, Predicate<String> meant) {
        if (bitmaps.isAllSeen()) {
            return;
        }
        for (Point point : listing.points()) {
            String checkpoint = point.manifest().checkpoint();
            if (checkpoint != null && meant.test(checkpoint)) {
                bitmaps.remove(checkpoint, targets(point));
            }
        }
    }

    /** Whether a checkpoint or bitmap has a name that only this repository gives. */
    static Predicate<String> isOf(String repository) {
        String prefix = Names.checkpointPrefix(repository);
        return name -> name.startsWith(prefix);
    }

    /** The disks of a point that have a bitmap. */
    private static List<String> targets(Point point) {
        return point.manifest().disks().stream()
                .filter(disk -> disk.bitmap() != null)
                .map(ManifestDisk::target)
                .toList();
    }
}
