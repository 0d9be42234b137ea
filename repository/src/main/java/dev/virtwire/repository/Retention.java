// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rules that say which points of a domain stay. A point stays if any rule keeps it. Only points that can be restored
 * count, each at the moment when it began; hours, days, ISO weeks, months and years are those of {@code zone}, and only
 * those with such a point count. 0 is no rule. Immutable: each method that adds a rule returns another retention.
 *
 * @param last the newest points, this many
 * @param hourly the newest point of each of this many newest hours; an hour that a clock repeats counts twice
 * @param daily the newest point of each of this many newest days
 * @param weekly the newest point of each of this many newest weeks
 * @param monthly the newest point of each of this many newest months
 * @param yearly the newest point of each of this many newest years
 * @param within all points that began at most so long before the newest one, or null for no such rule; its whole days
 *     are days of {@code zone}, which may have 23 or 25 hours
 * @param zone whose hours, days, weeks, months and years these are
 * @since 0.1
 */
public record Retention(
        int last,
        int hourly,
        int daily,
        int weekly,
        int monthly,
        int yearly,
        @Nullable Duration within,
        ZoneId zone) {
    /**
     * Refuses what keeps nothing.
     *
     * @throws RepositoryException if a number or {@code within} is negative, or there is no rule
     */
    public Retention {
        requireNonNull(zone, "zone");
        List<Integer> numbers = List.of(last, hourly, daily, weekly, monthly, yearly);
        if (Collections.min(numbers) < 0) {
            throw new RepositoryException("a retention keeps a number of points, not " + Collections.min(numbers));
        }
        if (within != null && (within.isZero() || within.isNegative())) {
            throw new RepositoryException("a retention keeps the points within a time, not within " + within);
        }
        if (Collections.max(numbers) == 0 && within == null) {
            throw new RepositoryException("a retention without any rule would keep nothing: name at least one");
        }
    }

    /** The newest {@code points} points. */
    public static Retention ofLast(int points) {
        return new Retention(points, 0, 0, 0, 0, 0, null, ZoneOffset.UTC);
    }

    /** The newest point of each of the newest {@code days} days of UTC. */
    public static Retention ofDaily(int days) {
        return new Retention(0, 0, days, 0, 0, 0, null, ZoneOffset.UTC);
    }

    /** All points of the time before the newest one. */
    public static Retention ofTime(Duration within) {
        return new Retention(0, 0, 0, 0, 0, 0, within, ZoneOffset.UTC);
    }

    /** And so many of the newest points. */
    public Retention withLast(int points) {
        return new Retention(points, hourly, daily, weekly, monthly, yearly, within, zone);
    }

    /** And the newest point of each of so many hours. */
    public Retention withHourly(int hours) {
        return new Retention(last, hours, daily, weekly, monthly, yearly, within, zone);
    }

    /** And the newest point of each of so many days. */
    public Retention withDaily(int days) {
        return new Retention(last, hourly, days, weekly, monthly, yearly, within, zone);
    }

    /** And the newest point of each of so many ISO weeks. */
    public Retention withWeekly(int weeks) {
        return new Retention(last, hourly, daily, weeks, monthly, yearly, within, zone);
    }

    /** And the newest point of each of so many months. */
    public Retention withMonthly(int months) {
        return new Retention(last, hourly, daily, weekly, months, yearly, within, zone);
    }

    /** And the newest point of each of so many years. */
    public Retention withYearly(int years) {
        return new Retention(last, hourly, daily, weekly, monthly, years, within, zone);
    }

    /** And all points of the time before the newest one. */
    public Retention withTime(Duration time) {
        return new Retention(last, hourly, daily, weekly, monthly, yearly, time, zone);
    }

    /** By the calendar and the clocks of that zone. */
    public Retention in(ZoneId newZone) {
        return new Retention(last, hourly, daily, weekly, monthly, yearly, within, newZone);
    }

    /** Its rules in words, such as {@code the last 3, 7 daily}. */
    @Override
    public String toString() {
        List<String> rules = new ArrayList<>();
        if (last > 0) {
            rules.add("the last " + last);
        }
        add(rules, hourly, "hourly");
        add(rules, daily, "daily");
        add(rules, weekly, "weekly");
        add(rules, monthly, "monthly");
        add(rules, yearly, "yearly");
        if (within != null) {
            rules.add("all within " + within);
        }
        return String.join(", ", rules) + (zone.equals(ZoneOffset.UTC) ? "" : " of " + zone);
    }

    private static void add(List<String> rules, int number, String period) {
        if (number > 0) {
            rules.add(number + " " + period);
        }
    }
}
