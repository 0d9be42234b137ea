// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.internal.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program that leads a process group of its own, so that all that it has started can be ended with it. The end of
 * what it writes is kept. Its standard output is part of that, or is kept apart and as a whole.
 */
public final class ChildProcess {
    /**
     * How it ended.
     *
     * @param exitCode its exit code, or null if it was ended here
     * @param tail the end of what it wrote; without its standard output if that is kept apart
     * @param output its standard output if that is kept apart, else empty
     * @param complete whether {@code output} has all of it
     */
    public record End(@Nullable Integer exitCode, String tail, Duration duration, String output, boolean complete) {}

    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);

    /** How many letters are kept of what it writes. */
    private static final int MOST = 16 << 10;

    /** How long a program may take to end when it was asked to. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** How long its output is waited for when it has ended: a program that it left behind may hold the pipe. */
    private static final Duration REST = Duration.ofSeconds(1);

    /** The same for output that is needed as a whole: a machine that is busy must not cut it. */
    private static final Duration REST_OF_WHOLE = Duration.ofSeconds(10);

    /** Where a process's group stands in what follows its name. */
    private static final int GROUP = 2;

    private static final Duration LOOK = Duration.ofMillis(50);

    /** What a stream brings. */
    private static final class Text {
        private final StringBuilder text = new StringBuilder();
        private final boolean keepsEnd;
        private boolean complete = true;

        Text(boolean keepsEnd) {
            this.keepsEnd = keepsEnd;
        }

        synchronized void add(char[] letters, int count) {
            text.append(letters, 0, count);
            int over = text.length() - MOST;
            if (over > 0) {
                complete = false;
                text.delete(keepsEnd ? 0 : MOST, keepsEnd ? over : text.length());
            }
        }

        synchronized boolean isComplete() {
            return complete;
        }

        @Override
        public synchronized String toString() {
            return text.toString();
        }
    }

    private final Process process;
    private final long began = System.nanoTime();
    private final boolean apart;
    private final Text tail = new Text(true);
    private final Text output = new Text(false);
    private final List<Thread> readers = new ArrayList<>();
    private volatile boolean ended;

    private ChildProcess(Process process, boolean apart) {
        this.process = process;
        this.apart = apart;
        read(process.getInputStream(), apart ? output : tail);
        if (apart) {
            read(process.getErrorStream(), tail);
        }
    }

    /**
     * Starts it, without anything on its standard input. Standard output and standard error are read together.
     *
     * @param words the program and its arguments
     * @param environment what is added to the environment of this process
     * @throws IOException if there is no such program, or it may not be run
     */
    public static ChildProcess start(List<String> words, Map<String, String> environment) throws IOException {
        return start(words, environment, false);
    }

    /** The same, but its standard output is kept apart from what else it says, from its beginning. */
    public static ChildProcess startForOutput(List<String> words, Map<String, String> environment) throws IOException {
        return start(words, environment, true);
    }

    private static ChildProcess start(List<String> words, Map<String, String> environment, boolean apart)
            throws IOException {
        List<String> all = new ArrayList<>(List.of("setsid"));
        all.addAll(words);
        requireProgram(words.get(0));
        ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(!apart);
        builder.environment().putAll(environment);
        ChildProcess child = new ChildProcess(builder.start(), apart);
        child.process.getOutputStream().close();
        return child;
    }

    /** What is missing would be said by setsid, and not by an exception. */
    private static void requireProgram(String program) throws IOException {
        java.io.File file = new java.io.File(program);
        if (program.contains("/") && !(file.isFile() && file.canExecute())) {
            throw new IOException(program + (file.exists() ? " may not be run" : ": no such program"));
        }
    }

    /** Waits for its end, at most so long; then it is ended, with all that it has started. */
    public End await(Duration limit) throws InterruptedException {
        try {
            if (!process.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                end();
            }
            process.waitFor();
        } catch (InterruptedException e) {
            end();
            throw e;
        }
        for (Thread reader : readers) {
            reader.join((apart ? REST_OF_WHOLE : REST).toMillis());
        }
        return new End(
                ended ? null : process.exitValue(),
                tail.toString(),
                Duration.ofNanos(System.nanoTime() - began),
                output.toString(),
                output.isComplete());
    }

    /**
     * Ends it and its process group: first by SIGTERM, then by SIGKILL. The leader may be gone long before its children
     * are, so the group is waited for. For any thread.
     */
    public void end() {
        ended = true;
        signal("TERM");
        boolean interrupted = false;
        try {
            long giveUp = System.nanoTime() + GRACE.toNanos();
            while ((process.isAlive() || isGroupThere()) && System.nanoTime() - giveUp < 0) {
                Thread.sleep(LOOK.toMillis());
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        // What ignored the first signal, the leader or one of its children.
        signal("KILL");
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether a process of the group still runs. What is dead and not yet reaped does not. */
    private boolean isGroupThere() {
        String group = Long.toString(process.pid());
        try (DirectoryStream<Path> all = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path each : all) {
                String[] fields = fields(each.resolve("stat"));
                if (fields.length > GROUP && fields[GROUP].equals(group) && !fields[0].matches("[ZX]")) {
                    return true;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("the processes are not known", e);
        }
        return false;
    }

    /** What follows the name of a process: its state, its parent, its group. */
    private static String[] fields(Path stat) {
        try {
            // The name has any bytes, and is in brackets.
            String text = Files.readString(stat, StandardCharsets.ISO_8859_1);
            int end = text.lastIndexOf(") ");
            return end < 0 ? new String[0] : text.substring(end + 2).split(" ", GROUP + 2);
        } catch (IOException e) {
            LOG.trace("{} has just ended", stat, e);
            return new String[0];
        }
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("/bin/sh", "-c", "kill -s \"$1\" -- \"-$2\"", "kill", name, Long.toString(process.pid()))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start()
                    .waitFor();
        } catch (IOException e) {
            LOG.warn("process group {} could not be ended: {}", process.pid(), e.getMessage());
            process.destroyForcibly();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private void read(InputStream stream, Text into) {
        Thread reader = new Thread(
                () -> {
                    char[] letters = new char[4096];
                    try (Reader text = new InputStreamReader(stream, StandardCharsets.UTF_8)) {
                        for (int count = text.read(letters); count >= 0; count = text.read(letters)) {
                            into.add(letters, count);
                        }
                    } catch (IOException e) {
                        LOG.debug("the output of {} ends early: {}", process.pid(), e.getMessage());
                    }
                },
                "virtwire output of " + process.pid());
        reader.setDaemon(true);
        reader.start();
        readers.add(reader);
    }
}
