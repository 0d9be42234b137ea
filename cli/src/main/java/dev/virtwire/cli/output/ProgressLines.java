// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import dev.virtwire.repository.Progress;
import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A line now and then, for logs: at most one every few seconds, so that a short run has none. */
final class ProgressLines implements ProgressView {
    /** For tests, which compare what stands on stderr however long a run takes. */
    private static final String SECONDS = "virtwire.progress.seconds";

    private static final long INTERVAL =
            Duration.ofSeconds(Long.getLong(SECONDS, 5)).toNanos();
    private static final int WHOLE = 100;

    private final PrintStream err;
    private final String task;
    private final LongSupplier nanoTime;
    private long lastLine;
    private boolean closed;

    ProgressLines(PrintStream err, String task) {
        this(err, task, System::nanoTime);
    }

    ProgressLines(PrintStream err, String task, LongSupplier nanoTime) {
        this.err = err;
        this.task = task;
        this.nanoTime = nanoTime;
        this.lastLine = nanoTime.getAsLong();
    }

    @Override
    public synchronized void progressed(Progress progress) {
        long now = nanoTime.getAsLong();
        if (closed || now - lastLine < INTERVAL) {
            return;
        }
        lastLine = now;
        err.println(TerminalText.printable(task + ": " + describe(progress)));
    }

    private static String describe(Progress progress) {
        String phase = ProgressView.name(progress.phase());
        @Nullable String disk = progress.disk();
        if (progress.bytesTotal() == 0) {
            return phase;
        }
        long percent = (long) ((double) progress.bytesDone() / progress.bytesTotal() * WHOLE);
        return phase + (disk == null ? "" : " " + disk) + ", " + percent + "%, "
                + Amounts.bytes(progress.bytesDone()) + " of " + Amounts.bytes(progress.bytesTotal()) + ", "
                + Amounts.bytes(progress.bytesMoved()) + " of it data";
    }

    @Override
    public synchronized void close() {
        closed = true;
    }
}
