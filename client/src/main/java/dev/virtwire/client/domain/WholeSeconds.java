// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.domain;

import java.time.Duration;

/** Durations for calls that count in seconds, and for which numbers below zero mean something else. */
final class WholeSeconds {
    private WholeSeconds() {}

    /**
     * As many as the duration has, and one more for a rest.
     *
     * @throws IllegalArgumentException if it is negative, or longer than the protocol can say
     */
    static int of(Duration duration, String name) {
        Duration up = duration.plusNanos(999_999_999);
        if (duration.isNegative() || up.toSeconds() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "%s: %s is not between 0 and %d seconds".formatted(name, duration, Integer.MAX_VALUE));
        }
        return (int) up.toSeconds();
    }
}
