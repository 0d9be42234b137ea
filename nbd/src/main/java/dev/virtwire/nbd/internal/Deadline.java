// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import java.nio.channels.Channel;
import java.time.Duration;

/** Closes a channel when the time is up, so that whoever waits on it stops. */
public final class Deadline implements Watchdog.Watched, AutoCloseable {
    private final Channel channel;
    private final long due;
    private volatile boolean passed;

    /** Begins to watch; {@link #close()} ends it. */
    public Deadline(Channel channel, Duration time) {
        this.channel = channel;
        this.due = System.nanoTime() + time.toNanos();
        Watchdog.add(this);
    }

    /** Whether the time was up and the channel was closed for it. */
    public boolean hasPassed() {
        return passed;
    }

    @Override
    public long check(long now) {
        if (now - due < 0) {
            return due - now;
        }
        if (!passed) {
            passed = true;
            Closing.close(channel);
        }
        return Long.MAX_VALUE;
    }

    @Override
    public void close() {
        Watchdog.remove(this);
    }

    /** A time as a person says it: {@code 60 s} or {@code 250 ms}. */
    public static String text(Duration time) {
        return time.toMillis() % 1000 == 0 ? time.toSeconds() + " s" : time.toMillis() + " ms";
    }
}
