// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.repository.Notice;
import dev.virtwire.repository.Point;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A backup that is done: its point is durable, and the host is clean but for what {@code left} names.
 *
 * @param point the new point
 * @param outcome {@code completed}, or {@code completed, unverified} after a push
 * @param bytesRead bytes that were read from the host; 0 after a push
 * @param bytesStored the images' size in the repository, or on the host after a push
 * @param frozen how long the guest's file systems were frozen at most, or null if that was not asked for
 * @param duration from the first question to the host to the end
 * @param notices what the user should know, each one sentence: how disks were copied; and as warnings, what a restore
 *     of the point would miss
 * @param left what could not be cleared on the host or here, of this run or an earlier one, each with the reason; the
 *     next backup or recover tries again
 * @since 0.1
 */
public record BackupResult(
        Point point,
        String outcome,
        long bytesRead,
        long bytesStored,
        @Nullable Duration frozen,
        Duration duration,
        List<Notice> notices,
        List<String> left) {
    /** Refuses a missing field. */
    public BackupResult {
        requireNonNull(point, "point");
        requireNonNull(outcome, "outcome");
        requireNonNull(duration, "duration");
        notices = List.copyOf(notices);
        left = List.copyOf(left);
    }

    /** What a restore of this point would miss, or what a person has to do something about: no more than that. */
    public List<String> warnings() {
        return Notice.texts(notices, Notice.Severity.WARNING);
    }
}
