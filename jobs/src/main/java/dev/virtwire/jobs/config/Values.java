// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.config;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Amounts as the configuration file and the command line write them. Each method throws an
 * {@link IllegalArgumentException} whose message says what would be allowed, such as "a time such as 90s".
 *
 * @since 0.1
 */
public final class Values {
    private static final Pattern TIME = Pattern.compile("([0-9]{1,6})([smhdw])");
    private static final String ANY_TIME = "a time such as 90s, 10m, 2h, 8d or 2w";
    private static final String HOURS = "a time in hours, days or weeks, such as 36h, 14d or 8w";
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})([KMGT]?)(?:I?B)?");
    private static final Pattern A_SECOND = Pattern.compile("/[sS]$");
    private static final String UNITS = "KMGT";
    private static final int STEP_BITS = 10;

    private Values() {}

    /** A time: {@code 90s}, {@code 10m}, {@code 2h}, {@code 8d} or {@code 2w}. */
    public static Duration time(String text) {
        return some(timeOrNone(text), ANY_TIME);
    }

    /** A time, or {@code 0}. */
    public static Duration timeOrNone(String text) {
        return text.equals("0") ? Duration.ZERO : time(text, "smhdw", ANY_TIME);
    }

    /** A time in hours or more, which is what retention counts in: {@code 36h}, {@code 14d} or {@code 8w}. */
    public static Duration hours(String text) {
        return some(time(text, "hdw", HOURS), HOURS);
    }

    private static Duration some(Duration time, String what) {
        if (time.isZero()) {
            throw new IllegalArgumentException(what);
        }
        return time;
    }

    private static Duration time(String text, String units, String what) {
        Matcher matcher = TIME.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches() || !units.contains(matcher.group(2))) {
            throw new IllegalArgumentException(what);
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            case "h" -> Duration.ofHours(number);
            case "d" -> Duration.ofDays(number);
            default -> Duration.ofDays(7 * number);
        };
    }

    /** A size in bytes, such as {@code 512M} or {@code 20G}: each letter is 1024 times the one before. */
    public static long size(String text) {
        return bytes(text, "a size in bytes, such as 512M or 20G", "");
    }

    /** A size in bytes, or 0. */
    public static long sizeOrNone(String text) {
        return text.equals("0") ? 0 : size(text);
    }

    /** A rate in bytes a second, such as {@code 512K} or {@code 20M}. */
    public static long rate(String text) {
        return bytes(
                A_SECOND.matcher(text).replaceFirst(""), "a rate in bytes a second, such as 512K or 20M", " a second");
    }

    private static long bytes(String text, String what, String unit) {
        Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException(what);
        }
        long count = Long.parseLong(matcher.group(1));
        int bits = matcher.group(2).isEmpty() ? 0 : STEP_BITS * (UNITS.indexOf(matcher.group(2)) + 1);
        if (count == 0 || count > Long.MAX_VALUE >> bits) {
            throw new IllegalArgumentException("from 1 byte to 8 EiB" + unit);
        }
        return count << bits;
    }

    /** A time zone. */
    public static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("a time zone, such as Europe/Berlin or UTC", e);
        }
    }
}
