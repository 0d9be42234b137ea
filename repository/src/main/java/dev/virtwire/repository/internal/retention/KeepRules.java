// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.retention;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.Retention;
import java.time.Duration;
import java.time.Instant;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.IsoFields;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Which points a retention's rules keep, and by which rule. Points without disks count only if no point has
 * one; but the newest of all stays.
 * Nothing is read or written here.
 */
final class KeepRules {
    /** With the offset: where clocks are set back, two hours have one number. */
    private static final DateTimeFormatter HOUR = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HHXXX", Locale.ROOT);

    /** A time that is longer keeps every point there can be, and no calendar ends within it. */
    private static final Duration LONGEST = Duration.ofDays(3_650_000);

    private final Retention retention;
    private final @Nullable Candidate newest;
    private final List<Candidate> newestFirst = new ArrayList<>();
    private final Map<String, String> reasons = new HashMap<>();

    private KeepRules(List<Candidate> points, Retention retention) {
        this.retention = retention;
        newest = points.isEmpty() ? null : points.get(points.size() - 1);
        boolean disks = points.stream().anyMatch(point -> !point.disks().isEmpty());
        for (int i = points.size() - 1; i >= 0; i--) {
            // Nights on which the domain had no disk must not push out what it had on them.
            if (!disks || !points.get(i).disks().isEmpty()) {
                newestFirst.add(points.get(i));
            }
        }
    }

    /** The reason of each point that stays by a rule; {@code points} are in the order of their making, oldest first. */
    static Map<String, String> reasons(List<Candidate> points, Retention retention) {
        return new KeepRules(points, retention).apply();
    }

    private Map<String, String> apply() {
        if (newestFirst.isEmpty()) {
            return reasons;
        }
        keep(newestFirst.get(0), "the newest that can be restored");
        keep(requireNonNull(newest), "the newest, though it has no disk");
        for (int i = 0; i < Math.min(retention.last(), newestFirst.size()); i++) {
            keep(newestFirst.get(i), "one of the last " + retention.last());
        }
        newestOfEach(retention.hourly(), HOUR::format);
        newestOfEach(retention.daily(), time -> time.toLocalDate().toString());
        newestOfEach(retention.weekly(), KeepRules::week);
        newestOfEach(retention.monthly(), time -> YearMonth.from(time).toString());
        newestOfEach(retention.yearly(), time -> Year.from(time).toString());
        Duration within = retention.within();
        if (within != null) {
            keepWithin(within);
        }
        return reasons;
    }

    private void keep(Candidate point, String reason) {
        reasons.putIfAbsent(point.id(), reason);
    }

    private void newestOfEach(int periods, Function<ZonedDateTime, String> periodOf) {
        Set<String> seen = new HashSet<>();
        for (Candidate point : newestFirst) {
            String period = periodOf.apply(began(point));
            if (seen.size() < periods && seen.add(period)) {
                keep(point, "the newest of " + period);
            }
        }
    }

    /** Days by the calendar, so that a point of the same hour some days ago is within whatever the clocks did. */
    private void keepWithin(Duration within) {
        Duration time = within.compareTo(LONGEST) > 0 ? LONGEST : within;
        Instant first =
                began(newestFirst.get(0)).minusDays(time.toDays()).toInstant().minus(time.minusDays(time.toDays()));
        for (Candidate point : newestFirst) {
            if (!requireNonNull(point.began()).isBefore(first)) {
                keep(point, "began within " + words(time) + " of the newest");
            }
        }
    }

    private ZonedDateTime began(Candidate point) {
        return requireNonNull(point.began()).atZone(retention.zone());
    }

    private static String week(ZonedDateTime time) {
        return String.format(
                Locale.ROOT,
                "%d-W%02d",
                time.get(IsoFields.WEEK_BASED_YEAR),
                time.get(IsoFields.WEEK_OF_WEEK_BASED_YEAR));
    }

    private static String words(Duration time) {
        if (time.minusDays(time.toDays()).isZero()) {
            return time.toDays() + " d";
        }
        return time.minusHours(time.toHours()).isZero() ? time.toHours() + " h" : time.toSeconds() + " s";
    }
}
