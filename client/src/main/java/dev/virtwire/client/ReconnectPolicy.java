// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client;

import java.time.Duration;

/**
 * How a lost connection is made again. Between two attempts the time doubles, from {@code firstDelay} up to
 * {@code longestDelay}; each time a random part of up to a half is left out, so that not all clients of a host come at
 * the same moment.
 *
 * @param firstDelay from the loss to the first attempt
 * @param longestDelay from one attempt to the next at most
 * @param giveUpAfter from the loss; then the connection has ended for good
 * @see ConnectOptions.Builder#reconnect
 * @since 0.1
 */
public record ReconnectPolicy(Duration firstDelay, Duration longestDelay, Duration giveUpAfter) {
    private static final ReconnectPolicy USUAL =
            new ReconnectPolicy(Duration.ofMillis(200), Duration.ofSeconds(5), Duration.ofMinutes(2));

    /** Checks the values. */
    public ReconnectPolicy {
        if (firstDelay.isNegative() || firstDelay.isZero()) {
            throw new IllegalArgumentException("firstDelay: " + firstDelay + " is not positive");
        }
        if (longestDelay.compareTo(firstDelay) < 0) {
            throw new IllegalArgumentException(
                    "longestDelay: " + longestDelay + " is less than firstDelay, " + firstDelay);
        }
        if (giveUpAfter.compareTo(firstDelay) < 0) {
            throw new IllegalArgumentException(
                    "giveUpAfter: " + giveUpAfter + " is less than firstDelay, " + firstDelay);
        }
        firstDelay = bounded(firstDelay);
        longestDelay = bounded(longestDelay);
        giveUpAfter = bounded(giveUpAfter);
    }

    /** 200 ms, then up to 5 s, for 2 minutes. */
    public static ReconnectPolicy usual() {
        return USUAL;
    }

    private static Duration bounded(Duration time) {
        return time.compareTo(ConnectOptions.LONGEST) > 0 ? ConnectOptions.LONGEST : time;
    }

    /** Another time after which it gives up. */
    public ReconnectPolicy giveUpAfter(Duration time) {
        return new ReconnectPolicy(firstDelay, longestDelay, time);
    }
}
