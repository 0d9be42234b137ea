// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import static java.util.Objects.requireNonNull;

import dev.virtwire.backup.BackupException;
import dev.virtwire.backup.BackupRequest;
import dev.virtwire.backup.internal.host.HostCheckpoints;
import dev.virtwire.backup.internal.host.HostFacts;
import dev.virtwire.repository.DamagedException;
import dev.virtwire.repository.Point;
import dev.virtwire.repository.internal.chain.ChainLimit;
import dev.virtwire.repository.internal.chain.DiskChain;
import dev.virtwire.repository.internal.damage.DamageRecord;
import dev.virtwire.repository.internal.format.Problems;
import dev.virtwire.repository.internal.store.DomainStore;
import dev.virtwire.repository.internal.store.Listing;
import dev.virtwire.repository.manifest.DiskSource;
import dev.virtwire.repository.manifest.Level;
import dev.virtwire.repository.manifest.ManifestDisk;
import dev.virtwire.repository.manifest.Mode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the point that a new one can build on. If a bitmap cannot be trusted for certain, all of the disk is read and
 * compared with the point; if the point cannot, the disk is copied in full. That costs time, and an increment on the
 * wrong ground costs the data.
 */
final class ParentSearch {
    /**
     * How a disk can build on a point.
     *
     * @param obstacle why it cannot, or null if it can
     * @param noBitmap why no bitmap tells what changed, or null if one does
     * @param limit why its chain is not made longer if it can, or null
     */
    private record Ground(
            @Nullable String obstacle,
            @Nullable String noBitmap,
            @Nullable String limit) {
        boolean isUsable() {
            return obstacle == null;
        }

        boolean isByBitmap() {
            return obstacle == null && noBitmap == null;
        }

        Ground without(String bitmap) {
            return new Ground(obstacle, noBitmap == null ? bitmap : noBitmap, limit);
        }
    }

    /** A point, and how each disk can build on it, by target. */
    private record Candidate(Point point, Map<String, Ground> grounds) {
        private static final Comparator<Candidate> BEST =
                Comparator.comparingLong(Candidate::byBitmap).thenComparing(Candidate::usable);

        /** Why the chain of one of the disks is not made longer, or null. */
        @Nullable
        String limit() {
            return grounds.values().stream()
                    .filter(Ground::isUsable)
                    .map(Ground::limit)
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(null);
        }

        long byBitmap() {
            return grounds.values().stream().filter(Ground::isByBitmap).count();
        }

        long usable() {
            return grounds.values().stream().filter(Ground::isUsable).count();
        }

        /** The same if its checkpoint turns out to be of no use. */
        Candidate withoutBitmaps(String reason) {
            Map<String, Ground> without = new LinkedHashMap<>();
            grounds.forEach((target, ground) -> without.put(target, ground.without(reason)));
            return new Candidate(point, without);
        }
    }

    private final BackupRequest plan;
    private final DomainStore store;
    private final HostFacts facts;
    private final List<ChosenDisk> disks;
    private final Map<String, Long> sizes = new HashMap<>();
    private @Nullable DamageRecord known;

    /** For these disks of a domain. */
    ParentSearch(BackupRequest plan, DomainStore store, HostFacts facts, List<ChosenDisk> disks) {
        this.plan = plan;
        this.store = store;
        this.facts = facts;
        this.disks = disks;
    }

    /**
     * Chooses.
     *
     * @param lost by target, why a disk's bitmap turned out to be of no use
     * @throws BackupException if the plan wants a parent and no point can be one
     */
    ParentChoice find(Map<String, String> lost) {
        String since = plan.since();
        return since == null ? newest(lost) : since(since, lost);
    }

    /** All of every disk, unless that was not asked for. */
    private ParentChoice full(ParentChoice choice) {
        if (plan.since() != null || plan.level() == Level.INCREMENTAL) {
            throw nothingToBuildOn(choice);
        }
        return choice;
    }

    private BackupException nothingToBuildOn(ParentChoice choice) {
        String ground =
                plan.since() == null ? "no point to build on" : "no disk that can build on point " + plan.since();
        StringBuilder text = new StringBuilder("domain " + facts.identity().name() + " has " + ground + ":");
        String separator = " ";
        for (ChosenDisk disk : disks) {
            text.append(separator).append(disk.target()).append(": ").append(choice.reasonOf(disk.target()));
            separator = "; ";
        }
        return new BackupException(text + ". Make a full backup, or let --level auto decide");
    }

    private ParentChoice since(String id, Map<String, String> lost) {
        Point point = store.point(id);
        String why = "point " + id + " cannot be built on: ";
        if (point.manifest().mode() == Mode.PUSH) {
            throw new BackupException(why + "it is a push, and its images are not in the repository");
        }
        Candidate candidate = candidate(point, lost);
        String gone =
                candidate.byBitmap() == 0 ? null : HostCheckpoints.of(facts).bringBack(point);
        Candidate found = gone == null ? candidate : candidate.withoutBitmaps(gone);
        return choice(found, found, Level.DIFFERENTIAL);
    }

    private ParentChoice newest(Map<String, String> lost) {
        Listing listing = store.points();
        if (listing.points().isEmpty()) {
            return full(ParentChoice.full(disks, "it is the first point of the domain"));
        }
        HostCheckpoints host = HostCheckpoints.of(facts);
        List<Candidate> candidates = candidates(listing, host, lost);
        if (candidates.isEmpty()) {
            return full(ParentChoice.full(disks, "no point before it has images of the disks here"));
        }
        while (true) {
            Candidate best = candidates.get(0);
            for (Candidate candidate : candidates) {
                // Of equal ones the newest.
                best = Candidate.BEST.compare(candidate, best) > 0 ? candidate : best;
            }
            String gone = best.byBitmap() == 0 ? null : host.bringBack(best.point());
            if (gone == null) {
                return choice(best, candidates.get(0), Level.INCREMENTAL);
            }
            candidates.set(candidates.indexOf(best), best.withoutBitmaps(gone));
        }
    }

    /** The points whose checkpoint may be there, and of each disk the newest that has it; the newest first. */
    private List<Candidate> candidates(Listing listing, HostCheckpoints host, Map<String, String> lost) {
        Set<String> expected = listing.keptCheckpoints(true);
        Set<String> wanted = new HashSet<>();
        disks.forEach(disk -> wanted.add(disk.target()));
        List<Candidate> candidates = new ArrayList<>();
        for (int i = listing.points().size() - 1; i >= 0; i--) {
            Point point = listing.points().get(i);
            String checkpoint = point.manifest().checkpoint();
            if (point.manifest().mode() == Mode.PUSH) {
                continue;
            }
            boolean isNewestOfSome = wanted.removeIf(target -> point.manifest().disk(target) != null);
            boolean mayHaveCheckpoint = checkpoint != null && (host.has(checkpoint) || expected.contains(checkpoint));
            if (isNewestOfSome || mayHaveCheckpoint) {
                candidates.add(candidate(point, lost));
            }
        }
        return candidates;
    }

    /**
     * If the chain of one disk is as long as it may be, all disks begin new ones.
     *
     * @param newest the newest point there is: what keeps a disk from building on it is why the disk is copied in full,
     *     not what an older point lacks that serves other disks
     */
    private ParentChoice choice(Candidate candidate, Candidate newest, Level level) {
        String limit = candidate.limit();
        Set<String> incremental = new LinkedHashSet<>();
        Set<String> compared = new LinkedHashSet<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        Point point = candidate.point();
        candidate.grounds().forEach((target, ground) -> {
            if (ground.obstacle() != null) {
                String ofNewest = requireNonNull(newest.grounds().get(target)).obstacle();
                reasons.put(target, ofNewest == null ? ground.obstacle() : ofNewest);
            } else if (ground.noBitmap() == null) {
                incremental.add(target);
                reasons.put(target, limit == null ? ParentChoice.changed(point) : ParentChoice.rebased(point, limit));
            } else if (limit == null) {
                incremental.add(target);
                compared.add(target);
                reasons.put(target, ParentChoice.compared(point, ground.noBitmap()));
            } else {
                reasons.put(target, ParentChoice.base(limit, ground.noBitmap()));
            }
        });
        if (incremental.isEmpty()) {
            ParentChoice all = new ParentChoice(Level.FULL, null, Set.of(), Set.of(), reasons);
            // With a limit there is something to build on: who asks for an increment gets the new base in its place.
            return limit == null ? full(all) : all;
        }
        return new ParentChoice(limit == null ? level : Level.FULL, point, incremental, compared, reasons);
    }

    private Candidate candidate(Point point, Map<String, String> lost) {
        Map<String, Ground> grounds = new LinkedHashMap<>();
        for (ChosenDisk disk : disks) {
            ManifestDisk before = point.manifest().disk(disk.target());
            String noBitmap = lost.get(disk.target());
            if (before == null) {
                grounds.put(disk.target(), new Ground("point " + point.id() + " does not have it", noBitmap, null));
            } else {
                grounds.put(
                        disk.target(),
                        ground(point, before, noBitmap == null ? noBitmap(point, before, disk) : noBitmap));
            }
        }
        return new Candidate(point, grounds);
    }

    private Ground ground(Point point, ManifestDisk before, @Nullable String noBitmap) {
        Long size = sizes.computeIfAbsent(before.target(), facts::sizeOf);
        // Of a size that nobody knows yet, the clone tells.
        if (size != null && before.virtualSize() != size) {
            String obstacle =
                    "it has " + size + " bytes now, and had " + before.virtualSize() + " at point " + point.id();
            return new Ground(obstacle, noBitmap, null);
        }
        String known = known().problem(point, before.target());
        if (known != null) {
            return new Ground("what it would build on is damaged: " + known, noBitmap, null);
        }
        try (DiskChain chain = DiskChain.openToBuildOn(store, point, before)) {
            String limit = ChainLimit.in(store.folder()).refusal(ChainLimit.Length.of(chain));
            return new Ground(null, noBitmap, limit);
        } catch (DamagedException e) {
            return new Ground("what it would build on is damaged: " + e.getMessage(), noBitmap, null);
        } catch (IOException e) {
            return new Ground("what it would build on cannot be read: " + Problems.reason(e), noBitmap, null);
        }
    }

    /** Why no bitmap can tell what changed since a point, or null. */
    private @Nullable String noBitmap(Point point, ManifestDisk before, ChosenDisk disk) {
        if (!disk.keepsBitmaps()) {
            return "its format is " + disk.source().format() + ", which keeps no bitmap of changes";
        }
        if (before.bitmap() == null) {
            return "point " + point.id() + " made no bitmap of it";
        }
        String owner = point.manifest().repository();
        if (!owner.equals(store.repositoryId())) {
            return "its checkpoint belongs to repository " + owner + ", of which this is a copy";
        }
        if (!before.source().isSamePlace(disk.source())) {
            return "it is " + describe(disk.source()) + " now, and was " + describe(before.source()) + " at point "
                    + point.id();
        }
        return null;
    }

    private DamageRecord known() {
        if (known == null) {
            known = DamageRecord.of(store);
        }
        return known;
    }

    private static String describe(DiskSource source) {
        return source.format() + " "
                + (source.name() == null ? source.type() : source.name())
                + (source.hosts().isEmpty() ? "" : " on " + String.join(", ", source.hosts()));
    }
}
