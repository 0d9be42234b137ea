// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import dev.virtwire.backup.BackupResult;
import dev.virtwire.repository.Notice;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The result of a job for people.
 *
 * @since 0.1
 */
public final class JobText {
    private static final int MOST_NAMES = 3;
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    private static final int STEP = 1024;

    private JobText() {}

    /** One line: which job, how it ended, and of which guests something is wrong. */
    public static String subject(JobResult result) {
        String job = "job " + result.job() + " on " + result.machine();
        List<String> names = troubled(result);
        String of = names.isEmpty() ? "" : ": " + few(names);
        return switch (result.outcome()) {
            case DONE -> job + " is done";
            case WARNINGS -> job + " is done with warnings" + of;
            case DAMAGED -> job + " found damage" + of;
            case FAILED -> job + " failed" + of;
            case INTERRUPTED -> job + " was interrupted";
        };
    }

    private static List<String> troubled(JobResult result) {
        List<String> names = new ArrayList<>();
        for (GuestResult guest : result.guests()) {
            boolean warned = guest.notices().stream().anyMatch(Notice::isWarning);
            boolean bad = guest.hasFailed()
                    || !guest.damage().isEmpty()
                    || (guest.status() != null && guest.status().damage() != null)
                    || (result.outcome() == JobResult.Outcome.WARNINGS && warned)
                    || result.verified().stream()
                            .anyMatch(each ->
                                    each.guest().equals(guest.guest()) && (each.hasFailed() || each.foundDamage()));
            if (bad) {
                names.add(guest.guest());
            }
        }
        result.remembered().forEach((guest, status) -> {
            if (status.damage() != null) {
                names.add(guest);
            }
        });
        return names;
    }

    private static String few(List<String> names) {
        int more = names.size() - MOST_NAMES;
        return more <= 0
                ? String.join(", ", names)
                : String.join(", ", names.subList(0, MOST_NAMES)) + " and " + more + " more";
    }

    /** What was done, in lines; what is wrong comes first. */
    public static List<String> lines(JobResult result) {
        List<String> lines = new ArrayList<>();
        result.failures().forEach(failure -> lines.add("failed: " + failure));
        result.warnings().forEach(warning -> lines.add("warning: " + warning));
        lines.addAll(done(result));
        for (HookResult hook : hooks(result)) {
            if (!hook.succeeded()) {
                String of = hook.guest() == null ? "" : " of " + hook.guest();
                hook.lastLines().forEach(line -> lines.add("hook " + hook.hook() + of + ": " + line));
            }
        }
        return lines;
    }

    /** What was done, without what is wrong. */
    public static List<String> done(JobResult result) {
        List<String> lines = new ArrayList<>();
        for (GuestResult guest : result.guests()) {
            BackupResult backup = guest.backup();
            if (backup != null) {
                int removed =
                        guest.pruned() == null ? 0 : guest.pruned().removed().size();
                lines.add(backup.outcome() + ": " + guest.guest() + "@"
                        + backup.point().id() + ", "
                        + bytes(backup.bytesRead()) + " read, " + bytes(backup.bytesStored()) + " stored in "
                        + duration(guest.duration())
                        + (removed == 0 ? "" : "; " + removed + " older points removed or merged"));
            } else if (result.dryRun() && !guest.hasFailed()) {
                lines.add("would back up: " + guest.guest() + " on " + guest.host());
            }
        }
        for (VerifyResult each : result.verified()) {
            if (result.dryRun()) {
                lines.add("would verify: " + each.guest());
            } else if (each.stopped()) {
                lines.add("verification of " + each.guest() + " was stopped after " + duration(each.duration())
                        + ": the next run resumes it");
            } else if (each.report() != null && each.report().intact()) {
                lines.add("verified: " + each.guest() + ", "
                        + each.report().points().size() + " points, "
                        + bytes(each.report().bytes()) + " read in " + duration(each.duration()));
            }
        }
        lines.add(
                "began at " + result.began().truncatedTo(ChronoUnit.SECONDS) + ", took " + duration(result.duration()));
        return lines;
    }

    private static List<HookResult> hooks(JobResult result) {
        List<HookResult> hooks = new ArrayList<>(result.hooks());
        result.guests().forEach(guest -> hooks.addAll(guest.hooks()));
        return hooks;
    }

    /** A number of bytes, as people read it: {@code 512 B}, {@code 40.5 MiB}, {@code 8 GiB}. */
    public static String bytes(long bytes) {
        int unit = 0;
        long whole = bytes;
        long rest = 0;
        while (whole >= STEP && unit < UNITS.length - 1) {
            rest = whole % STEP;
            whole /= STEP;
            unit++;
        }
        // Cut off and not rounded, so that nothing looks complete before it is.
        long tenths = rest * 10 / STEP;
        return whole + (tenths == 0 ? "" : "." + tenths) + " " + UNITS[unit];
    }

    private static String duration(Duration duration) {
        long seconds = duration.toSeconds();
        return seconds < 120 ? seconds + " s" : seconds / 60 + " min " + seconds % 60 + " s";
    }
}
