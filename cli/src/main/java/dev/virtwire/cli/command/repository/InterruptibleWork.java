// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.command.repository;

import dev.virtwire.cli.output.Interruption;
import dev.virtwire.cli.output.ProgressView;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Blocking work that a signal ends by interrupting its thread, which then cleans up by itself: what reads and writes
 * files does so through channels, and those close when their thread is interrupted.
 */
final class InterruptibleWork implements AutoCloseable {
    /**
     * What there is to say after a signal.
     *
     * @param ended if it has ended the work, and all went well
     * @param tooLate what was done by then if the work was complete
     */
    record Outcome(String ended, String tooLate) {
        /** Of work that is all there is to do. */
        static Outcome of(String ended) {
            return new Outcome(ended, "all was done");
        }
    }

    private static final long CLEAN_UP_SECONDS = 60;

    private final Interruption interruption;
    private final Outcome outcome;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile @Nullable Throwable failure;

    private InterruptibleWork(Interruption interruption, Outcome outcome) {
        this.interruption = interruption;
        this.outcome = outcome;
    }

    /**
     * The work of this thread from now on.
     *
     * @param outcome what there is to say after a signal
     */
    static InterruptibleWork begin(Interruption interruption, ProgressView view, Outcome outcome) {
        InterruptibleWork work = new InterruptibleWork(interruption, outcome);
        Thread worker = Thread.currentThread();
        interruption.cleanUpBy(() -> {
            worker.interrupt();
            boolean ended = work.over.await(CLEAN_UP_SECONDS, TimeUnit.SECONDS);
            view.close();
            return ended ? work.outcome() : "interrupted; the clean-up is not done after " + CLEAN_UP_SECONDS + " s";
        });
        return work;
    }

    /** Runs it. */
    <T> T run(Supplier<T> task) {
        try {
            return task.get();
        } catch (RuntimeException | Error e) {
            failure = e;
            throw e;
        }
    }

    private String outcome() {
        Throwable ended = failure;
        if (ended == null) {
            return "interrupted when " + outcome.tooLate();
        }
        StringBuilder text = new StringBuilder("interrupted");
        for (Throwable left : ended.getSuppressed()) {
            text.append("; ").append(left.getMessage());
        }
        return ended.getSuppressed().length == 0
                ? text.append("; ").append(outcome.ended()).toString()
                : text.toString();
    }

    @Override
    public void close() {
        over.countDown();
        interruption.awaitIfBegun();
        interruption.cleanUpBy(null);
    }
}
