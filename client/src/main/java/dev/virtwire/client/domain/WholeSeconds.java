// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import java.time.Duration;

/** Durations for calls that count in seconds, and for which numbers below zero mean something else. */
final class WholeSeconds {
    private static final Duration LONGEST = Duration.ofSeconds(Integer.MAX_VALUE);

    private WholeSeconds() {}

    /**
     * As many as the duration has, and one more for a rest.
     *
     * @throws IllegalArgumentException if it is negative, or longer than the protocol can say
     */
    static int of(Duration duration, String name) {
        if (duration.isNegative() || duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException(
                    "%s: %s is not between 0 and %d seconds".formatted(name, duration, Integer.MAX_VALUE));
        }
        return (int) duration.plusNanos(999_999_999).toSeconds();
    }
}
