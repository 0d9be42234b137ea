// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How the backups of a domain stand at one moment.
 *
 * @param domain the name that was asked for
 * @param verdict whether all is well
 * @param reason why not, one sentence, or null if all is well
 * @param newest the newest point, or null if there is no point
 * @param newestGood the newest point that is not known to be damaged, with all that it builds on in its place, or null
 * @param age the time from the moment that {@code newestGood} holds until now, or null
 * @param verified the last verification of a point that is good, or null if it is not known that anybody has verified
 *     one since it became what it is
 * @param oldestUnverified the moment that the oldest point holds of those that were not complete when that
 *     verification began, or null if there is no such point
 * @param damage what is damaged or lost, one sentence, or null if nothing is known to be; the verdict may be another
 * @since 0.1
 */
public record DomainStatus(
        String domain,
        Verdict verdict,
        @Nullable String reason,
        @Nullable Point newest,
        @Nullable Point newestGood,
        @Nullable Duration age,
        @Nullable Verification verified,
        @Nullable Instant oldestUnverified,
        @Nullable String damage) {
    /**
     * What is to be thought of a domain's backups; each verdict is given only if those below it do not apply.
     *
     * @since 0.1
     */
    public enum Verdict {
        /** The newest good point is young enough, and so is the last verification if that was asked for. */
        OK("ok"),

        /** The newest good point is young enough, but not everything can be read here. */
        UNREADABLE("unreadable"),

        /** Something is damaged or lost. The newest good point is young enough, or no point is good. */
        DAMAGED("damaged"),

        /** The newest good point is young enough, but no good point was verified lately. */
        UNVERIFIED("unverified"),

        /** The newest good point is too old. */
        TOO_OLD("too old"),

        /** There is no point, or none that could be restored. */
        MISSING("missing");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        /** As the command prints it. */
        @Override
        public String toString() {
            return words;
        }
    }

    /**
     * A verification that found a point right, and all that it builds on.
     *
     * @param point the point
     * @param at when the verification began
     * @param depth how much was read: each byte of the files, or besides each byte of the disks
     * @since 0.1
     */
    public record Verification(Point point, Instant at, VerifyDepth depth) {
        /** Refuses a missing field. */
        public Verification {
            requireNonNull(point, "point");
            requireNonNull(at, "at");
            requireNonNull(depth, "depth");
        }
    }

    /** Refuses a missing field. */
    public DomainStatus {
        requireNonNull(domain, "domain");
        requireNonNull(verdict, "verdict");
    }

    /** Whether all is well. */
    public boolean ok() {
        return verdict == Verdict.OK;
    }
}
