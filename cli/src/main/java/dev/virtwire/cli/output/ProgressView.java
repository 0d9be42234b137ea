// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import dev.virtwire.repository.Progress;
import dev.virtwire.repository.ProgressListener;

/** Shows on standard error how far something has come. Closing it ends the line; it shows nothing afterwards. */
public interface ProgressView extends ProgressListener, AutoCloseable {
    /** On a terminal that is narrower, a bar with its amounts and times would take several lines each time. */
    int LEAST_COLUMNS = 45;

    /**
     * The view that fits: a bar on a terminal that has room for one, plain lines elsewhere, nothing if it is to be
     * silent.
     *
     * @param task what is done, in a word or two
     * @param silent whether to show nothing
     */
    static ProgressView of(Console console, String task, boolean silent) {
        if (silent) {
            return new SilentProgress();
        }
        return console.terminal() && console.columns() >= LEAST_COLUMNS
                ? new ProgressBarView(console.err(), console.columns(), task)
                : new ProgressLines(console.err(), task);
    }

    @Override
    void progressed(Progress progress);

    @Override
    void close();

    /** What a phase is called. */
    static String name(Progress.Phase phase) {
        return switch (phase) {
            case PREPARING -> "preparing";
            case COPYING -> "copying";
            case VERIFYING -> "verifying";
            case COMMITTING -> "committing";
            case MERGING -> "merging";
            case REMOVING -> "removing";
            case CLEANING_UP -> "cleaning up";
            case DONE -> "done";
        };
    }
}
