// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The process around a command: its streams, always in UTF-8, its environment, and what ends it early.
 *
 * @param out for what was asked for
 * @param err for errors, notes and progress
 * @param terminal whether {@code err} is a terminal
 * @param environment the environment's variables
 * @param interruption what Ctrl-C does
 */
public record Console(
        PrintStream out,
        PrintStream err,
        boolean terminal,
        Map<String, String> environment,
        Interruption interruption) {
    private static final int BUFFER = 8192;
    private static final int DEFAULT_COLUMNS = 80;

    /** The console of this process. */
    public static Console ofThisProcess() {
        PrintStream out = new StandardOutput(new FileOutputStream(FileDescriptor.out));
        PrintStream err = new PrintStream(
                new BufferedOutputStream(new FileOutputStream(FileDescriptor.err), BUFFER),
                true,
                StandardCharsets.UTF_8);
        // Libraries write there too.
        System.setErr(err);
        // Java 17 cannot ask whether one stream is a terminal, nor how wide it is; the launcher can.
        boolean terminal = Boolean.getBoolean("virtwire.terminal");
        return new Console(out, err, terminal, System.getenv(), Interruption.install(err));
    }

    /** How wide the terminal is that progress goes to. */
    int columns() {
        int columns = errColumns();
        return columns == 0 ? DEFAULT_COLUMNS : columns;
    }

    /** How wide the terminal is that {@link #out} goes to; 0 if it goes elsewhere, where nothing is to be cut. */
    public int outColumns() {
        return columns("virtwire.out.columns");
    }

    /** The same of {@link #err}. */
    static int errColumns() {
        return columns("virtwire.err.columns");
    }

    private static int columns(String property) {
        String told = System.getProperty(property);
        if (told == null) {
            return 0;
        }
        int columns = Integer.getInteger(property, DEFAULT_COLUMNS);
        // Some terminals say 0.
        return columns <= 0 ? DEFAULT_COLUMNS : columns;
    }

    /** Whether what goes to {@link #out} may be coloured. */
    public boolean colours() {
        return outColumns() > 0 && !environment.containsKey("NO_COLOR") && !"dumb".equals(environment.get("TERM"));
    }

    /** Tells people something beside the data; on a terminal it is wrapped. */
    public void tell(String sentence) {
        err.println(TerminalText.sentence(sentence, errColumns()));
    }

    /** {@link #out} for picocli. */
    public PrintWriter writer() {
        return new PrintWriter(out, true, StandardCharsets.UTF_8);
    }

    /** {@link #err} for picocli. */
    public PrintWriter errorWriter() {
        return new PrintWriter(err, true, StandardCharsets.UTF_8);
    }

    /** Whether {@link #out} lost something because nobody reads it any more. */
    public boolean readerGone() {
        return out instanceof StandardOutput standard && standard.readerGone();
    }

    /** Writes what is buffered; false if any of it was lost, now or before. */
    public boolean flush() {
        err.flush();
        return !out.checkError();
    }
}
