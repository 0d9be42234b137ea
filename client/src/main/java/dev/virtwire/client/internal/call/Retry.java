// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.internal.call;

import dev.virtwire.client.ReconnectPolicy;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** When a lost connection is tried again, and from when on no more. */
final class Retry {
    private final ReconnectPolicy policy;
    private final long longestDelay;
    private boolean begun;
    private long giveUpAt;
    private long delay;

    Retry(ReconnectPolicy policy) {
        this.policy = policy;
        this.longestDelay = policy.longestDelay().toNanos();
    }

    /**
     * A connection is lost. If it had stood for a moment only, this belongs to the loss before: a server that lets in
     * and hangs up is one that does not let in.
     *
     * @param openSince when the connection was made, in the time of {@code now}
     */
    void lost(long now, long openSince) {
        if (!begun || now - openSince >= 2 * longestDelay) {
            begun = true;
            giveUpAt = now + policy.giveUpAfter().toNanos();
            delay = policy.firstDelay().toNanos();
        }
    }

    /** How long after a loss it is tried. */
    Duration giveUpAfter() {
        return policy.giveUpAfter();
    }

    /** Nanoseconds until the next attempt, a random part less than the policy says; −1 if there is to be none. */
    long next(long now) {
        long left = giveUpAt - now;
        if (left <= 0) {
            return -1;
        }
        long most = Math.min(delay, left);
        delay = Math.min(2 * delay, longestDelay);
        return most / 2 + ThreadLocalRandom.current().nextLong(most / 2 + 1);
    }
}
