// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * What Ctrl-C and SIGTERM do: run the clean-up that stands at that moment, say how it went, and end the process with
 * {@link ExitCode#INTERRUPTED}. The thread that was at work has no say any more.
 */
public final class Interruption {
    /** Ends what is under way. */
    @FunctionalInterface
    public interface CleanUp {
        /** Returns when all is clean, with one sentence that says what was done, or an empty one to say nothing. */
        String run() throws Exception;
    }

    private final PrintStream err;
    private final CountDownLatch never = new CountDownLatch(1);
    private volatile boolean begun;
    private volatile boolean finished;
    private volatile boolean json;
    private volatile @Nullable CleanUp cleanUp;

    private Interruption(PrintStream err) {
        this.err = err;
    }

    /** One that nothing sets off. */
    public static Interruption none(PrintStream err) {
        return new Interruption(err);
    }

    /** One that this process's end by a signal sets off. */
    static Interruption install(PrintStream err) {
        Interruption interruption = new Interruption(err);
        Runtime.getRuntime().addShutdownHook(new Thread(interruption::run, "virtwire-interruption"));
        return interruption;
    }

    /** From now on, this is what there is to clean up; null for nothing. */
    public void cleanUpBy(@Nullable CleanUp newCleanUp) {
        cleanUp = newCleanUp;
    }

    /** Whether its message is to be JSON. */
    void asJson(boolean asJson) {
        json = asJson;
    }

    /** The command is done; the process may end without further ado. */
    public void finish() {
        finished = true;
    }

    /** Whether a signal has come. */
    boolean begun() {
        return begun;
    }

    /** Never returns if a signal has come: the clean-up ends the process. */
    public void awaitIfBegun() {
        while (begun) {
            try {
                never.await();
            } catch (InterruptedException e) {
                // The clean-up interrupts the thread that was at work, which still has to wait here.
            }
        }
    }

    private void run() {
        if (finished) {
            return;
        }
        begun = true;
        CleanUp current = cleanUp;
        String message = "interrupted";
        int code = ExitCode.INTERRUPTED;
        try {
            if (current != null) {
                message = current.run();
            }
        } catch (Exception e) {
            message = "interrupted, and cleaning up failed: " + ErrorReport.message(e);
        }
        if (!message.isEmpty()) {
            err.println(
                    json
                            ? ErrorReport.json("interrupted", message, code, null)
                            : TerminalText.sentence("error: " + message, Console.errColumns()));
            err.flush();
        }
        // Not exit(): the signal's own code would win, and SIGTERM's is another one.
        Runtime.getRuntime().halt(code);
    }
}
