// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import dev.virtwire.repository.Progress;
import java.io.PrintStream;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

/** A bar that moves, for a terminal. */
final class ProgressBarView implements ProgressView {
    private static final int UPDATE_MILLIS = 200;
    private static final long MIB = 1 << 20;
    /** A task with a longer name would leave the bar no room. */
    private static final int MOST_OF_TASK = 24;
    /** What the bar has besides task, amounts and message: {@code 100% [] (0:00:00 / 0:00:00) }. */
    private static final int FRAME = 31;

    private static final int LEAST_BAR = 10;

    private final PrintStream err;
    private final int columns;
    private final String task;
    private @Nullable ProgressBar bar;
    private boolean closed;

    ProgressBarView(PrintStream err, int columns, String task) {
        this.err = err;
        this.columns = columns;
        this.task = TerminalText.shortened(TerminalText.printable(task), MOST_OF_TASK);
    }

    @Override
    public synchronized void progressed(Progress progress) {
        if (closed || progress.bytesTotal() == 0) {
            return;
        }
        ProgressBar current = bar;
        if (current == null) {
            current = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(progress.bytesTotal())
                    .setUnit(" MiB", MIB)
                    .setUpdateIntervalMillis(UPDATE_MILLIS)
                    .setStyle(ProgressBarStyle.ASCII)
                    // Its width is given, because finding it out would load a terminal library.
                    .setConsumer(new ConsoleProgressBarConsumer(err, columns))
                    .build();
            bar = current;
        }
        current.maxHint(progress.bytesTotal());
        current.stepTo(progress.bytesDone());
        @Nullable String disk = progress.disk();
        String phase = ProgressView.name(progress.phase());
        current.setExtraMessage(" " + message(disk == null ? phase : phase + " " + disk, progress.bytesTotal() / MIB));
    }

    /** What of a message fits beside a bar that can still be seen to move. */
    private String message(String whole, long total) {
        int amounts = 2 * Long.toString(total).length() + "/ MiB ".length();
        int room = columns - TerminalText.width(task) - FRAME - amounts - LEAST_BAR;
        return room < LEAST_BAR ? "" : TerminalText.shortened(TerminalText.printable(whole), room);
    }

    @Override
    public synchronized void close() {
        closed = true;
        if (bar != null) {
            bar.close();
            bar = null;
        }
    }
}
