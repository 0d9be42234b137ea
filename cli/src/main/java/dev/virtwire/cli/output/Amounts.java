// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import dev.virtwire.jobs.report.JobText;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** Amounts as people read them. */
public final class Amounts {
    private static final int MOST_NAMES = 5;

    private Amounts() {}

    /** A number of bytes: {@code 512 B}, {@code 40.5 MiB}, {@code 8 GiB}. */
    public static String bytes(long bytes) {
        return JobText.bytes(bytes);
    }

    /** A duration: {@code 1.3 s}, {@code 2 min 05 s}, {@code 1 h 03 min}. */
    public static String duration(Duration duration) {
        long millis = duration.toMillis();
        long seconds = millis / 1000;
        if (seconds < 60) {
            return seconds + "." + millis % 1000 / 100 + " s";
        }
        if (seconds < 3600) {
            return seconds / 60 + " min " + twoDigits(seconds % 60) + " s";
        }
        return seconds / 3600 + " h " + twoDigits(seconds / 60 % 60) + " min";
    }

    /** Bytes a second; nothing if it took less than a tenth of a second. */
    public static String rate(long bytes, Duration duration) {
        long millis = duration.toMillis();
        return millis < 100 ? "" : bytes(Math.round(bytes * 1000.0 / millis)) + "/s";
    }

    /** A moment in UTC, to the second: {@code 2026-11-22 19:00:00Z}. */
    public static String instant(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString().replace('T', ' ');
    }

    /** A count with its noun, in the plural unless it is one. */
    public static String count(long count, String noun) {
        return count + " " + noun + (count == 1 ? "" : "s");
    }

    /** The first of many names, and how many more there are. */
    public static String few(List<String> names) {
        int more = names.size() - MOST_NAMES;
        return more <= 0
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, MOST_NAMES)) + " and " + more + " more";
    }

    private static String twoDigits(long number) {
        return number < 10 ? "0" + number : Long.toString(number);
    }
}
