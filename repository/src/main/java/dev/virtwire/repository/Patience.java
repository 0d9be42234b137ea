// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * For how long to try again what another run or job is in the way of, such as pruning a domain while it is backed up.
 *
 * @param longest 0 to try once
 * @since 0.1
 */
public record Patience(Duration longest) {
    /** Tries once. */
    public static final Patience NONE = new Patience(Duration.ZERO);

    private static final Duration AGAIN = Duration.ofSeconds(1);

    /**
     * An exception that says who is in the way, so that the same may work later.
     *
     * @since 0.1
     */
    public interface Obstacle {
        /** Who is in the way: the message without advice. */
        String reason();

        /**
         * The same, with other advice.
         *
         * @param advice follows the reason in the message
         */
        RuntimeException withAdvice(String advice);
    }

    /** Refuses less than no time. */
    public Patience {
        if (requireNonNull(longest, "longest").isNegative()) {
            throw new IllegalArgumentException("a wait of " + longest + ", which is less than no time");
        }
    }

    /**
     * Does some work that begins nothing if somebody is in the way, and tries again until nobody is.
     *
     * @param tell is told once what is waited for, and for how long at most: a sentence
     * @throws RuntimeException the work's own, of which {@link Obstacle}s come after all of that time
     * @throws OperationCancelledException if this thread was interrupted while it waited
     */
    public <T> T whenFree(Supplier<T> work, Consumer<String> tell) {
        return whenFree(work, tell, Patience::sleep);
    }

    /**
     * As {@link #whenFree(Supplier, Consumer)}.
     *
     * @param pause lets that much time pass, or throws something if nobody wants the work any more
     */
    public <T> T whenFree(Supplier<T> work, Consumer<String> tell, Consumer<Duration> pause) {
        long began = System.nanoTime();
        for (boolean first = true; ; first = false) {
            try {
                return work.get();
            } catch (RuntimeException e) {
                if (!(e instanceof Obstacle obstacle)) {
                    throw e;
                }
                Duration left = longest.minusNanos(System.nanoTime() - began);
                if (left.isNegative() || left.isZero()) {
                    throw longest.isZero() ? e : obstacle.withAdvice(". It was waited for, " + text());
                }
                if (first) {
                    tell.accept("it waits for at most " + text() + ", because " + obstacle.reason());
                }
                pause.accept(left.compareTo(AGAIN) < 0 ? left : AGAIN);
            }
        }
    }

    private String text() {
        return longest.toSeconds() % 60 == 0 ? longest.toMinutes() + " min" : longest.toSeconds() + " s";
    }

    private static void sleep(Duration time) {
        try {
            Thread.sleep(time.toMillis() + 1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OperationCancelledException("interrupted while it waited for another run", e);
        }
    }
}
