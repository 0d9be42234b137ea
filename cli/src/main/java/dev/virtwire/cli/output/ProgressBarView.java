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

    private final PrintStream err;
    private final int columns;
    private final String task;
    private @Nullable ProgressBar bar;
    private boolean closed;

    ProgressBarView(PrintStream err, int columns, String task) {
        this.err = err;
        this.columns = columns;
        this.task = task;
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
        current.setExtraMessage(" " + ProgressView.name(progress.phase()) + (disk == null ? "" : " " + disk));
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
