// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import dev.virtwire.client.ConnectionLostException;
import dev.virtwire.repository.OperationCancelledException;
import dev.virtwire.repository.RepositoryBusyException;
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

    /** Each try waits until the connection is made again: so often in a row it fails only if that has ended. */
    private static final int LOST = 3;

    /** Refuses less than no time. */
    public Patience {
        if (requireNonNull(longest, "longest").isNegative()) {
            throw new IllegalArgumentException("a wait of " + longest + ", which is less than no time");
        }
    }

    /**
     * Does some work that begins nothing if somebody is in the way. If another run or job is, tries again until it is
     * not; and if the connection was lost while nothing was begun, when it is made again.
     *
     * @param tell is told once what is waited for, and for how long at most: a sentence
     * @throws RepositoryBusyException if another run is in the way, and was for so long
     * @throws DomainBusyException if another job is
     * @throws ConnectionLostException if the connection was lost for good, or there is no time to wait
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
        int lost = 0;
        for (boolean first = true; ; first = false) {
            String reason;
            try {
                return work.get();
            } catch (RepositoryBusyException e) {
                if (left(began).isNegative()) {
                    throw longest.isZero() ? e : new RepositoryBusyException(e.reason(), after());
                }
                reason = e.reason();
                lost = 0;
            } catch (DomainBusyException e) {
                if (left(began).isNegative()) {
                    throw longest.isZero() ? e : new DomainBusyException(e.reason(), after(), e.getCause());
                }
                reason = e.reason();
                lost = 0;
            } catch (ConnectionLostException e) {
                lost++;
                if (lost == LOST || left(began).isNegative()) {
                    throw e;
                }
                reason = String.valueOf(e.getMessage());
            }
            if (first) {
                tell.accept("it waits for at most " + text() + ", because " + reason);
            }
            Duration left = left(began);
            pause.accept(left.isNegative() ? Duration.ZERO : left.compareTo(AGAIN) < 0 ? left : AGAIN);
        }
    }

    private Duration left(long began) {
        return longest.minusNanos(System.nanoTime() - began);
    }

    private String after() {
        return ". It was waited for, " + text();
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
