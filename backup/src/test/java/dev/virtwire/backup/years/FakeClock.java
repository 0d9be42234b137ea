// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.years;

import java.time.Instant;
import java.time.InstantSource;

/** A clock that is set to a moment, and goes from there. */
final class FakeClock implements InstantSource {
    private volatile Instant at;
    private volatile long since;

    /** Now is {@code at}. */
    FakeClock(Instant at) {
        set(at);
    }

    /** Now is {@code now}. */
    void set(Instant now) {
        at = now;
        since = System.nanoTime();
    }

    @Override
    public Instant instant() {
        return at.plusNanos(System.nanoTime() - since);
    }
}
