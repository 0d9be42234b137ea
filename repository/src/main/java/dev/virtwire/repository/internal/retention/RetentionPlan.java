// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.PointVerdict;
import dev.virtwire.repository.Retention;
import dev.virtwire.repository.internal.store.PointPlace;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which points stay. Nothing is read or written here.
 *
 * @param verdicts what becomes of each point, in the order in which they were given
 * @param removals the ids of those to be removed, in an order in which no point is removed before one that builds on it
 */
record RetentionPlan(List<PointVerdict> verdicts, List<String> removals) {
    RetentionPlan {
        verdicts = List.copyOf(verdicts);
        removals = List.copyOf(removals);
    }

    /** Decides by {@code retention}; {@code points} are in the order of their making, oldest first. */
    static RetentionPlan of(List<Candidate> points, Retention retention) {
        return new Maker(points, retention).make();
    }

    private static final class Maker {
        private final List<Candidate> points;
        private final Retention retention;
        private final Map<String, String> reasons = new HashMap<>();
        private final Map<String, Candidate> remaining = new LinkedHashMap<>();
        private final Map<String, Set<String>> children = new HashMap<>();
        private final List<String> removals = new ArrayList<>();

        Maker(List<Candidate> points, Retention retention) {
            this.points = points;
            this.retention = retention;
            for (Candidate point : points) {
                remaining.put(point.id(), point);
                if (point.parent() != null) {
                    children.computeIfAbsent(point.parent(), id -> new HashSet<>())
                            .add(point.id());
                }
            }
        }

        RetentionPlan make() {
            applyRules();
            List<Candidate> unwanted = points.stream()
                    .filter(point -> !reasons.containsKey(point.id()))
                    .toList();
            boolean timeIsOrder = isOrdered(points, point -> null);
            int before;
            do {
                before = remaining.size();
                // Newest first: what builds on a point comes before it. What stayed for a clock's sake may go later.
                for (int i = unwanted.size() - 1; i >= 0; i--) {
                    remove(unwanted.get(i), timeIsOrder);
                }
            } while (remaining.size() < before);
            List<PointVerdict> verdicts = new ArrayList<>();
            for (Candidate point : points) {
                boolean kept = remaining.containsKey(point.id());
                String reason = kept ? requireNonNull(reasons.get(point.id())) : "no rule keeps it";
                verdicts.add(new PointVerdict(point.id(), kept, reason, point.stored()));
            }
            return new RetentionPlan(verdicts, removals);
        }

        private void remove(Candidate point, boolean timeIsOrder) {
            if (!remaining.containsKey(point.id())) {
                return;
            }
            Set<String> above = children.getOrDefault(point.id(), Set.of());
            if (!above.isEmpty()) {
                String child = above.stream().sorted().findFirst().orElseThrow();
                reasons.put(point.id(), child + " builds on it");
                return;
            }
            if (!timeIsOrder && isNeededForOrder(point)) {
                reasons.put(point.id(), "the clock was set back: without it nobody knows which point came first");
                return;
            }
            remaining.remove(point.id());
            removals.add(point.id());
            if (point.parent() != null && children.containsKey(point.parent())) {
                children.get(point.parent()).remove(point.id());
            }
        }

        private void applyRules() {
            List<Candidate> newestFirst = new ArrayList<>();
            for (int i = points.size() - 1; i >= 0; i--) {
                Candidate point = points.get(i);
                if (point.stays() != null) {
                    reasons.put(point.id(), point.stays());
                }
                if (point.good()) {
                    newestFirst.add(point);
                }
            }
            if (!newestFirst.isEmpty()) {
                reasons.putIfAbsent(newestFirst.get(0).id(), "the newest that can be restored");
            }
            for (int i = 0; i < Math.min(retention.last(), newestFirst.size()); i++) {
                reasons.putIfAbsent(newestFirst.get(i).id(), "one of the last " + retention.last());
            }
            newestOfEach(newestFirst, retention.daily(), RetentionPlan::day);
            newestOfEach(newestFirst, retention.weekly(), RetentionPlan::week);
            newestOfEach(newestFirst, retention.monthly(), RetentionPlan::month);
        }

        private void newestOfEach(List<Candidate> newestFirst, int periods, Function<Instant, String> periodOf) {
            Set<String> seen = new HashSet<>();
            for (Candidate point : newestFirst) {
                String period = periodOf.apply(requireNonNull(point.began()));
                if (seen.size() < periods && seen.add(period)) {
                    reasons.putIfAbsent(point.id(), "the newest of " + period);
                }
            }
        }

        private boolean isNeededForOrder(Candidate point) {
            List<Candidate> without = remaining.values().stream()
                    .filter(other -> !other.equals(point))
                    .toList();
            return !isOrdered(without, Candidate::previous);
        }
    }

    /** Whether a reader of these points alone would find them in this order by their links. */
    private static boolean isOrdered(List<Candidate> points, Function<Candidate, @Nullable String> previous) {
        List<Candidate> dated =
                points.stream().filter(point -> point.began() != null).toList();
        return PointPlace.inOrder(
                        dated,
                        point -> new PointPlace(point.id(), requireNonNull(point.began()), previous.apply(point)))
                .equals(dated);
    }

    private static String day(Instant time) {
        return date(time).toString();
    }

    private static String week(Instant time) {
        LocalDate date = date(time);
        return String.format(
                Locale.ROOT,
                "%d-W%02d",
                date.get(IsoFields.WEEK_BASED_YEAR),
                date.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
    }

    private static String month(Instant time) {
        return YearMonth.from(date(time)).toString();
    }

    private static LocalDate date(Instant time) {
        return LocalDate.ofInstant(time, ZoneOffset.UTC);
    }
}
