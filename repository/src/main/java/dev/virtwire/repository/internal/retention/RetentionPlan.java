// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.PointMerge;
import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.Retention;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Which points stay, and how the others go. A point stays by a rule, or because it is pinned or held; all others go,
 * whatever builds on them: what a point that stays needs of them is merged into it. Nothing is read or written here.
 *
 * <p>The rules are applied twice. Among the good points alone they choose what stays in any case, so that nothing
 * damaged ever takes the place of something good. Among all points they choose the damaged ones that stay as well: as
 * long as a good point in its place would, something may be wanted of it. A damaged point also stays while one of its
 * disks is in no good point that is newer and stays, and what a damaged point that stays builds on stays as it is.
 *
 * @param verdicts what becomes of each point, in the order in which they were given
 * @param removals the ids of those on which nothing builds, or only what goes before them: children before parents.
 *     They go first, since that needs no room
 * @param merges what is to be merged, in this order. Each is a point that stays, whose parent goes, with its run: the
 *     ancestors that go, newest first, up to the next that stays or to the chain's beginning. Runs over one branch have
 *     their oldest points in common. They follow each other, the one with the fewest bytes first: that one has to copy,
 *     and the last has its run for itself and merges in place, so that the most bytes stay where they are. Among groups
 *     of such runs, the one with the oldest point is first
 */
record RetentionPlan(List<PointVerdict> verdicts, List<String> removals, List<PointMerge> merges) {
    RetentionPlan {
        verdicts = List.copyOf(verdicts);
        removals = List.copyOf(removals);
        merges = List.copyOf(merges);
    }

    /**
     * Decides by {@code retention}; {@code points} are in the order of their making, oldest first, and parents lead to
     * one without a parent, or whose parent is not among them.
     */
    static RetentionPlan of(List<Candidate> points, Retention retention) {
        return new Maker(points, retention).make();
    }

    /** The same where some merges cannot be done: what the points build on into which they lead stays then. */
    RetentionPlan without(List<PointMerge> failed) {
        Map<String, TreeSet<String>> children = new HashMap<>();
        for (PointMerge merge : failed) {
            String child = merge.into();
            for (String point : merge.points()) {
                children.computeIfAbsent(point, id -> new TreeSet<>()).add(child);
                child = point;
            }
        }
        List<PointVerdict> without = new ArrayList<>();
        for (PointVerdict verdict : verdicts) {
            TreeSet<String> on = children.get(verdict.point());
            without.add(
                    on == null
                            ? verdict
                            : new PointVerdict(verdict.point(), true, on.first() + " builds on it", verdict.stored()));
        }
        return new RetentionPlan(
                without,
                removals,
                merges.stream().filter(merge -> !failed.contains(merge)).toList());
    }

    /** How many bytes of images there are fewer if all is done, at most: what merges keep of them, nobody knows yet. */
    long mostFreed() {
        return verdicts.stream()
                .filter(verdict -> !verdict.kept())
                .mapToLong(PointVerdict::stored)
                .sum();
    }

    /** A point that stays and whose parent goes, and the ancestors that go, newest first. */
    private record Run(Candidate into, List<Candidate> points) {
        Candidate oldest() {
            return points.get(points.size() - 1);
        }

        long bytes() {
            return into.stored() + points.stream().mapToLong(Candidate::stored).sum();
        }
    }

    private static final class Maker {
        private final List<Candidate> points;
        private final Map<String, Candidate> byId = new LinkedHashMap<>();
        private final Map<String, String> reasons = new HashMap<>();

        /** What is left, in its order, while points go. */
        private final Map<String, Candidate> remaining = new LinkedHashMap<>();

        private final Map<String, Set<String>> children = new HashMap<>();

        Maker(List<Candidate> points, Retention retention) {
            this.points = points;
            for (Candidate point : points) {
                byId.put(point.id(), point);
                if (point.stays() != null) {
                    reasons.put(point.id(), point.damage() != null ? point.damage() : point.stays());
                }
            }
            List<Candidate> good = points.stream().filter(Candidate::good).toList();
            KeepRules.reasons(good, retention).forEach(reasons::putIfAbsent);
            keepDamaged(retention);
            keepBelowDamaged();
            remaining.putAll(byId);
            for (Candidate point : points) {
                if (point.parent() != null) {
                    children.computeIfAbsent(point.parent(), id -> new HashSet<>())
                            .add(point.id());
                }
            }
        }

        RetentionPlan make() {
            List<String> removals = removals();
            setBack()
                    .needed()
                    .forEach(id -> reasons.putIfAbsent(
                            id, "the clock was set back: without it nobody knows which point came first"));
            keepBelowDamaged();
            List<PointMerge> merges = merges();
            return new RetentionPlan(verdicts(merges), removals, merges);
        }

        private void keepDamaged(Retention retention) {
            List<Candidate> readable = points.stream()
                    .filter(point -> point.good() || point.damage() != null)
                    .toList();
            Set<String> chosen = KeepRules.reasons(readable, retention).keySet();
            Set<String> newer = new HashSet<>();
            boolean any = false;
            for (int i = points.size() - 1; i >= 0; i--) {
                Candidate point = points.get(i);
                if (point.good() && !goes(point)) {
                    newer.addAll(point.disks());
                    any = true;
                } else if (point.damage() != null
                        && (chosen.contains(point.id()) || !any || !newer.containsAll(point.disks()))) {
                    reasons.putIfAbsent(point.id(), point.damage());
                }
            }
        }

        private void keepBelowDamaged() {
            points.stream().filter(point -> !point.good() && !goes(point)).forEach(this::keepBelow);
        }

        /** Of a point that cannot be restored, nothing is touched that it may need. */
        private void keepBelow(Candidate bad) {
            Set<String> walked = new HashSet<>();
            @Nullable Candidate point = parent(bad);
            while (point != null && walked.add(point.id())) {
                reasons.putIfAbsent(point.id(), bad.id() + ", which cannot be restored, builds on it");
                point = parent(point);
            }
        }

        private @Nullable Candidate parent(Candidate point) {
            return point.parent() == null ? null : byId.get(point.parent());
        }

        private boolean goes(Candidate point) {
            return !reasons.containsKey(point.id());
        }

        /** Newest first, and again for what stayed for a clock's sake: it may go when older ones are gone. */
        private List<String> removals() {
            boolean clocksAreRight = new SetBackClocks(points).needed().isEmpty();
            List<String> removals = new ArrayList<>();
            int before;
            do {
                before = removals.size();
                for (int i = points.size() - 1; i >= 0; i--) {
                    Candidate point = points.get(i);
                    if (goes(point)
                            && remaining.containsKey(point.id())
                            && childrenOf(point.id()).isEmpty()
                            && (clocksAreRight || !setBack().needed().contains(point.id()))) {
                        takeOut(point);
                        removals.add(point.id());
                    }
                }
            } while (removals.size() > before);
            return removals;
        }

        private SetBackClocks setBack() {
            return new SetBackClocks(List.copyOf(remaining.values()));
        }

        private Set<String> childrenOf(String id) {
            return children.getOrDefault(id, Set.of());
        }

        private void takeOut(Candidate point) {
            remaining.remove(point.id());
            detach(point);
        }

        private void detach(Candidate point) {
            if (point.parent() != null && children.containsKey(point.parent())) {
                children.get(point.parent()).remove(point.id());
            }
        }

        private List<Run> runs() {
            List<Run> runs = new ArrayList<>();
            for (Candidate point : remaining.values()) {
                List<Candidate> run = new ArrayList<>();
                @Nullable Candidate at = parent(point);
                while (!goes(point) && at != null && goes(at)) {
                    run.add(at);
                    at = parent(at);
                }
                if (!run.isEmpty()) {
                    runs.add(new Run(point, run));
                }
            }
            return runs;
        }

        private List<PointMerge> merges() {
            Map<String, Integer> places = new HashMap<>();
            points.forEach(point -> places.put(point.id(), places.size()));
            return runs().stream()
                    .sorted(Comparator.comparing(
                                    (Run run) -> places.get(run.oldest().id()))
                            .thenComparing(Run::bytes)
                            .thenComparing(run -> places.get(run.into().id())))
                    .map(this::merge)
                    .toList();
        }

        /** What the merge reads if all before it are done; what it leaves without a child is gone then. */
        private PointMerge merge(Run run) {
            boolean inPlace = run.points().stream()
                    .allMatch(point -> childrenOf(point.id()).size() == 1);
            long read = run.bytes() - (inPlace ? run.oldest().stored() : 0);
            detach(run.into());
            for (Candidate point : run.points()) {
                if (childrenOf(point.id()).isEmpty()) {
                    detach(point);
                }
            }
            List<String> ids = run.points().stream().map(Candidate::id).toList();
            return new PointMerge(run.into().id(), ids, read, read);
        }

        private List<PointVerdict> verdicts(List<PointMerge> merges) {
            Map<String, TreeSet<String>> into = new HashMap<>();
            for (PointMerge merge : merges) {
                merge.points()
                        .forEach(point -> into.computeIfAbsent(point, id -> new TreeSet<>())
                                .add(merge.into()));
            }
            List<PointVerdict> verdicts = new ArrayList<>();
            for (Candidate point : points) {
                String reason = reasons.get(point.id());
                boolean kept = reason != null;
                TreeSet<String> others = into.get(point.id());
                if (reason == null) {
                    reason = "no rule keeps it" + (others == null ? "" : ": merged into " + String.join(", ", others));
                }
                verdicts.add(new PointVerdict(point.id(), kept, reason, point.stored()));
            }
            return verdicts;
        }
    }

    /**
     * The points without which others could not be told apart by age. Each point names the one before it, and if that
     * is gone, the clock decides. So a point may go if the one before it began earlier than all that come after it. If
     * that holds for each of several points, they may go in any order.
     */
    private static final class SetBackClocks {
        private final Set<String> needed = new HashSet<>();

        SetBackClocks(List<Candidate> remaining) {
            List<Candidate> dated =
                    remaining.stream().filter(point -> point.began() != null).toList();
            Candidate earliestAfter = null;
            for (int i = dated.size() - 1; i > 0; i--) {
                if (earliestAfter != null && isBefore(earliestAfter, dated.get(i - 1))) {
                    needed.add(dated.get(i).id());
                }
                if (earliestAfter == null || isBefore(dated.get(i), earliestAfter)) {
                    earliestAfter = dated.get(i);
                }
            }
        }

        private static boolean isBefore(Candidate one, Candidate other) {
            Instant began = requireNonNull(one.began());
            int order = began.compareTo(requireNonNull(other.began()));
            return order < 0 || (order == 0 && one.id().compareTo(other.id()) < 0);
        }

        Set<String> needed() {
            return needed;
        }
    }
}
