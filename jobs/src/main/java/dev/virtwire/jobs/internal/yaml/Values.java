// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.internal.yaml;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Amounts as the command line writes them. Each throws an {@link IllegalArgumentException} that says what is allowed,
 * for {@link Section#value}.
 */
public final class Values {
    private static final Pattern TIME = Pattern.compile("([0-9]{1,6})([smhdw])");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,15})([KMGT]?)(?:I?B)?");
    private static final Pattern A_SECOND = Pattern.compile("/[sS]$");
    private static final String UNITS = "KMGT";
    private static final int STEP_BITS = 10;

    private Values() {}

    /** A time, or none: {@code 90s}, {@code 10m}, {@code 2h}, {@code 8d}, {@code 2w} or {@code 0}. */
    public static Duration timeOrNone(String text) {
        return text.equals("0") ? Duration.ZERO : time(text);
    }

    /** A time: {@code 90s}, {@code 10m}, {@code 2h}, {@code 8d} or {@code 2w}. */
    public static Duration time(String text) {
        String what = "is a time such as 90s, 10m, 2h, 8d or 2w";
        Matcher matcher = TIME.matcher(text.toLowerCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException(what);
        }
        long number = Long.parseLong(matcher.group(1));
        Duration time =
                switch (matcher.group(2)) {
                    case "s" -> Duration.ofSeconds(number);
                    case "m" -> Duration.ofMinutes(number);
                    case "h" -> Duration.ofHours(number);
                    case "d" -> Duration.ofDays(number);
                    default -> Duration.ofDays(7 * number);
                };
        if (time.isZero()) {
            throw new IllegalArgumentException(what);
        }
        return time;
    }

    /** A time of whole hours: what retention counts in. */
    public static Duration hours(String text) {
        Duration time = time(text);
        if (time.toSeconds() % Duration.ofHours(1).toSeconds() != 0) {
            throw new IllegalArgumentException("is a time in hours, days or weeks, such as 36h, 14d or 8w");
        }
        return time;
    }

    /** A size in bytes, such as {@code 512M} or {@code 20G}: each letter is 1024 times the one before. */
    public static long size(String text) {
        return bytes(text, "is a size in bytes, such as 512M or 20G");
    }

    /** A size in bytes, or 0. */
    public static long sizeOrNone(String text) {
        return text.equals("0") ? 0 : size(text);
    }

    /** A rate in bytes a second, such as {@code 512K} or {@code 20M}. */
    public static long rate(String text) {
        return bytes(A_SECOND.matcher(text).replaceFirst(""), "is a rate in bytes a second, such as 512K or 20M");
    }

    /** A time zone. */
    public static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("is a time zone, such as Europe/Berlin or UTC", e);
        }
    }

    private static long bytes(String text, String what) {
        Matcher matcher = SIZE.matcher(text.toUpperCase(Locale.ROOT));
        if (!matcher.matches()) {
            throw new IllegalArgumentException(what);
        }
        long count = Long.parseLong(matcher.group(1));
        int bits = matcher.group(2).isEmpty() ? 0 : STEP_BITS * (UNITS.indexOf(matcher.group(2)) + 1);
        if (count == 0 || count > Long.MAX_VALUE >> bits) {
            throw new IllegalArgumentException(what);
        }
        return count << bits;
    }
}
