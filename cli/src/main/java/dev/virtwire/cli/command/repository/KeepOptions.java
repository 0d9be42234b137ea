// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.command.ValueConverter;
import dev.virtwire.cli.output.CommandException;
import dev.virtwire.jobs.config.Values;
import dev.virtwire.repository.Retention;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which points stay, by the rules of {@code prune} and {@code backup}. */
final class KeepOptions {
    /** Reads a duration, such as {@code 36h}, {@code 14d} or {@code 8w}. */
    static final class DurationConverter extends ValueConverter<Duration> {
        DurationConverter() {
            super(Values::hours);
        }
    }

    static final class ZoneConverter extends ValueConverter<ZoneId> {
        ZoneConverter() {
            super(Values::zone);
        }
    }

    @Option(names = "--keep-last", paramLabel = "N", description = "Keep the newest N points of each domain.")
    private @Nullable Integer last;

    @Option(
            names = "--keep-hourly",
            paramLabel = "N",
            description = "Keep the newest point of each of the newest N hours that have one.")
    private @Nullable Integer hourly;

    @Option(
            names = "--keep-daily",
            paramLabel = "N",
            description = "Keep the newest point of each of the newest N days that have one.")
    private @Nullable Integer daily;

    @Option(
            names = "--keep-weekly",
            paramLabel = "N",
            description =
                    "Keep the newest point of each of the newest N weeks (from Monday, as ISO counts them) that have"
                            + " one.")
    private @Nullable Integer weekly;

    @Option(
            names = "--keep-monthly",
            paramLabel = "N",
            description = "Keep the newest point of each of the newest N months that have one.")
    private @Nullable Integer monthly;

    @Option(
            names = "--keep-yearly",
            paramLabel = "N",
            description = "Keep the newest point of each of the newest N years that have one.")
    private @Nullable Integer yearly;

    @Option(
            names = "--keep-within",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Keep all points of so many hours, days or weeks before the newest one, such as 36h, 14d or"
                    + " 8w.")
    private @Nullable Duration within;

    @Option(
            names = "--time-zone",
            paramLabel = "ZONE",
            converter = ZoneConverter.class,
            description = "Whose hours, days, weeks, months and years count, such as Europe/Berlin. Default: UTC.")
    private @Nullable ZoneId zone;

    /** Whether there is any rule, also one that makes no sense. */
    boolean given() {
        return within != null || numbers().values().stream().anyMatch(Objects::nonNull);
    }

    /** Whether one of the options stands on the command line. */
    boolean mentioned() {
        return given() || zone != null;
    }

    /** Whether {@code --keep-last} is given. */
    boolean last() {
        return last != null;
    }

    /** The rules. */
    Retention retention() {
        return retention(number(last));
    }

    /**
     * The rules, with another number of newest points.
     *
     * @throws CommandException if a rule keeps less than one point: a 0 is more likely a mistake than a wish
     */
    Retention retention(int newLast) {
        numbers().forEach((option, number) -> {
            if (number != null && number < 1) {
                throw CommandException.usage(
                        option + " " + number + ": a rule keeps at least one point; leave it out to have no such rule",
                        null);
            }
        });
        return new Retention(
                newLast,
                number(hourly),
                number(daily),
                number(weekly),
                number(monthly),
                number(yearly),
                within,
                zone == null ? ZoneOffset.UTC : zone);
    }

    private Map<String, @Nullable Integer> numbers() {
        Map<String, @Nullable Integer> numbers = new LinkedHashMap<>();
        numbers.put("--keep-last", last);
        numbers.put("--keep-hourly", hourly);
        numbers.put("--keep-daily", daily);
        numbers.put("--keep-weekly", weekly);
        numbers.put("--keep-monthly", monthly);
        numbers.put("--keep-yearly", yearly);
        return numbers;
    }

    private static int number(@Nullable Integer number) {
        return number == null ? 0 : number;
    }
}
