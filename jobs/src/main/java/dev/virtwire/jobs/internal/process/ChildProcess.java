// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.internal.process;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program that leads a process group of its own, so that all that it has started can be ended with it. What it writes
 * to standard output and standard error is read together, and the end of it is kept.
 */
public final class ChildProcess {
    /**
     * How it ended.
     *
     * @param exitCode its exit code, or null if it was ended here
     * @param tail the end of what it wrote
     */
    public record End(@Nullable Integer exitCode, String tail, Duration duration) {}

    private static final Logger LOG = LoggerFactory.getLogger(ChildProcess.class);
    private static final int TAIL = 16 << 10;

    /** How long a program may take to end when it was asked to. */
    private static final Duration GRACE = Duration.ofSeconds(5);

    /** How long its output is waited for when it has ended: a program that it left behind may hold the pipe. */
    private static final Duration REST = Duration.ofSeconds(1);

    private final Process process;
    private final long began = System.nanoTime();
    private final StringBuilder output = new StringBuilder();
    private final Thread reader;
    private volatile boolean ended;

    private ChildProcess(Process process) {
        this.process = process;
        this.reader = new Thread(this::read, "virtwire output of " + process.pid());
    }

    /**
     * Starts it, without anything on its standard input.
     *
     * @param words the program and its arguments
     * @param environment what is added to the environment of this process
     * @throws IOException if there is no such program, or it may not be run
     */
    public static ChildProcess start(List<String> words, Map<String, String> environment) throws IOException {
        List<String> all = new ArrayList<>(List.of("setsid"));
        all.addAll(words);
        requireProgram(words.get(0));
        ProcessBuilder builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().putAll(environment);
        ChildProcess child = new ChildProcess(builder.start());
        child.process.getOutputStream().close();
        child.reader.setDaemon(true);
        child.reader.start();
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
        reader.join(REST.toMillis());
        String tail;
        synchronized (output) {
            tail = output.toString();
        }
        return new End(ended ? null : process.exitValue(), tail, Duration.ofNanos(System.nanoTime() - began));
    }

    /** Ends it and its process group: first by SIGTERM, then by SIGKILL. For any thread. */
    public void end() {
        ended = true;
        signal("TERM");
        boolean interrupted = false;
        try {
            process.waitFor(GRACE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        // What ignored the first signal, the leader or one of its children.
        signal("KILL");
        if (interrupted) {
            Thread.currentThread().interrupt();
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

    private void read() {
        byte[] buffer = new byte[4096];
        try (InputStream stream = process.getInputStream()) {
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                synchronized (output) {
                    output.append(new String(buffer, 0, count, StandardCharsets.UTF_8));
                    if (output.length() > TAIL) {
                        output.delete(0, output.length() - TAIL);
                    }
                }
            }
        } catch (IOException e) {
            LOG.debug("the output of {} ends early: {}", process.pid(), e.getMessage());
        }
    }
}
