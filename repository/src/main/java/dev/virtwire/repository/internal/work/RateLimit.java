// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.work;

import java.util.function.LongSupplier;

/**
 * Lets so many bytes a second through, over all threads that ask. What was not used is saved for at most
 * {@link #BURST_NANOS}, so that a pause is not made up for with a storm.
 */
public final class RateLimit {
    /** Lets everything through at once. */
    public static final long NONE = 0;

    private static final long SECOND = 1_000_000_000;
    private static final long BURST_NANOS = SECOND / 4;

    /** So that nobody sleeps for more than an hour where the rate is absurdly low, and nothing overflows. */
    private static final long LONGEST_NANOS = 3600 * SECOND;

    private final long bytesPerSecond;
    private final LongSupplier clock;
    private long paidUntil;
    private boolean lifted;

    /**
     * A limit.
     *
     * @param bytesPerSecond bytes a second, or {@link #NONE}
     */
    public RateLimit(long bytesPerSecond) {
        this(bytesPerSecond, System::nanoTime);
    }

    RateLimit(long bytesPerSecond, LongSupplier clock) {
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + bytesPerSecond + " bytes a second");
        }
        this.bytesPerSecond = bytesPerSecond;
        this.clock = clock;
        this.paidUntil = clock.getAsLong();
        this.lifted = bytesPerSecond == NONE;
    }

    /** Waits until {@code bytes} more may pass; for any thread. */
    public void acquire(long bytes) throws InterruptedException {
        synchronized (this) {
            long until = reserve(bytes);
            for (long left = until - clock.getAsLong(); left > 0 && !lifted; left = until - clock.getAsLong()) {
                wait(left / 1_000_000, (int) (left % 1_000_000));
            }
        }
    }

    /** Takes room for {@code bytes} and returns the time of the clock from which they may pass. */
    synchronized long reserve(long bytes) {
        long now = clock.getAsLong();
        if (lifted) {
            return now;
        }
        // Times of this clock may be negative and may wrap: only differences count.
        if (paidUntil - now < -BURST_NANOS) {
            paidUntil = now - BURST_NANOS;
        }
        double cost = (double) bytes / bytesPerSecond * SECOND;
        paidUntil += (long) Math.min(cost, LONGEST_NANOS);
        return paidUntil;
    }

    /** Ends the limit: who waits continues at once. */
    public synchronized void lift() {
        lifted = true;
        notifyAll();
    }
}
