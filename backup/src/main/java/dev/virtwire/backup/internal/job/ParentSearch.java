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
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the point that a new one can build on. Any doubt about a disk makes that disk full: a full copy costs time, an
 * increment on the wrong ground costs the data.
 */
final class ParentSearch {
    /**
     * A point with a checkpoint.
     *
     * @param obstacles by target, why a disk cannot build on it, or null if it can
     * @param limits by target, why the chain of a disk that can is not made longer
     */
    private record Candidate(Point point, Map<String, @Nullable String> obstacles, Map<String, String> limits) {
        long usable() {
            return obstacles.values().stream()
                    .filter(obstacle -> obstacle == null)
                    .count();
        }
    }

    private final BackupRequest plan;
    private final DomainStore store;
    private final HostFacts facts;
    private final List<ChosenDisk> disks;
    private final Map<String, Long> sizes = new HashMap<>();

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
        ParentChoice choice = since == null ? newest(lost) : since(since, lost);
        if (choice.parent() == null && (since != null || plan.level() == Level.INCREMENTAL)) {
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
        if (point.manifest().checkpoint() == null) {
            throw new BackupException(
                    why + "no checkpoint was made with it (" + point.manifest().checkpointReason() + ")");
        }
        Candidate candidate = candidate(point, lost);
        String gone = HostCheckpoints.of(facts.domain()).bringBack(point);
        if (gone != null) {
            throw new BackupException(why + gone + ". To make differentials, make a full point and keep its checkpoint:"
                    + " --level full --keep-full-checkpoint, and the latter with each point after it");
        }
        return choice(candidate, Level.DIFFERENTIAL);
    }

    private ParentChoice newest(Map<String, String> lost) {
        Listing listing = store.points();
        List<Point> points = listing.points();
        if (points.isEmpty()) {
            return ParentChoice.full(disks, "it is the first point of the domain");
        }
        Set<String> expected = listing.keptCheckpoints(true);
        HostCheckpoints host = HostCheckpoints.of(facts.domain());
        List<Candidate> candidates = new ArrayList<>();
        for (int i = points.size() - 1; i >= 0; i--) {
            Point point = points.get(i);
            String checkpoint = point.manifest().checkpoint();
            if (point.manifest().mode() == Mode.PULL
                    && checkpoint != null
                    && (host.has(checkpoint) || expected.contains(checkpoint))) {
                candidates.add(candidate(point, lost));
            }
        }
        if (candidates.isEmpty()) {
            return ParentChoice.full(disks, "no point before it has a checkpoint");
        }
        // The newest of those that serve the most disks; the sort is stable.
        List<Candidate> best = new ArrayList<>(candidates);
        best.sort(Comparator.comparingLong(Candidate::usable).reversed());
        String refusal = null;
        for (Candidate candidate : best) {
            String gone = candidate.usable() == 0 ? null : host.bringBack(candidate.point());
            if (gone == null) {
                return choice(candidate, Level.INCREMENTAL);
            }
            refusal = refusal == null ? gone : refusal;
        }
        return ParentChoice.full(disks, requireNonNull(refusal));
    }

    /** If the chain of one disk is as long as it may be, all disks begin new ones. */
    private ParentChoice choice(Candidate candidate, Level level) {
        String limit = candidate.limits().values().stream().findFirst().orElse(null);
        Set<String> incremental = new LinkedHashSet<>();
        Map<String, String> reasons = new LinkedHashMap<>();
        candidate.obstacles().forEach((target, obstacle) -> {
            if (obstacle == null) {
                incremental.add(target);
            }
            String reason = limit == null
                    ? "what changed since point " + candidate.point().id()
                    : "a new base, made out of point " + candidate.point().id() + " and what changed since: " + limit;
            reasons.put(target, obstacle == null ? reason : obstacle);
        });
        return incremental.isEmpty()
                ? new ParentChoice(Level.FULL, null, Set.of(), reasons)
                : new ParentChoice(limit == null ? level : Level.FULL, candidate.point(), incremental, reasons);
    }

    private Candidate candidate(Point point, Map<String, String> lost) {
        Map<String, @Nullable String> obstacles = new LinkedHashMap<>();
        Map<String, String> limits = new LinkedHashMap<>();
        for (ChosenDisk disk : disks) {
            String reason = lost.get(disk.target());
            obstacles.put(disk.target(), reason != null ? reason : obstacle(point, disk, limits));
        }
        return new Candidate(point, obstacles, limits);
    }

    private @Nullable String obstacle(Point point, ChosenDisk disk, Map<String, String> limits) {
        if (!disk.keepsBitmaps()) {
            return "its format is " + disk.source().format() + ", which keeps no bitmap of changes";
        }
        ManifestDisk before = point.manifest().disk(disk.target());
        if (before == null) {
            return "point " + point.id() + " does not have it";
        }
        if (before.bitmap() == null) {
            return "point " + point.id() + " made no bitmap of it";
        }
        if (!before.source().equals(disk.source())) {
            return "it is " + describe(disk.source()) + " now, and was " + describe(before.source()) + " at point "
                    + point.id();
        }
        long size = sizes.computeIfAbsent(disk.target(), facts::sizeOf);
        if (before.virtualSize() != size) {
            return "it has " + size + " bytes now, and had " + before.virtualSize() + " at point " + point.id();
        }
        try (DiskChain chain = DiskChain.openToBuildOn(store, point, before)) {
            String limit = ChainLimit.in(store.folder()).refusal(ChainLimit.Length.of(chain));
            if (limit != null) {
                limits.put(disk.target(), limit);
            }
            return null;
        } catch (DamagedException e) {
            return "what it would build on is damaged: " + e.getMessage();
        } catch (IOException e) {
            return "what it would build on cannot be read: " + Problems.reason(e);
        }
    }

    private static String describe(DiskSource source) {
        return source.format() + " " + (source.name() == null ? source.type() : source.name());
    }
}
