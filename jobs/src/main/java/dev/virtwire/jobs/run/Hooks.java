// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import dev.virtwire.jobs.config.HookSettings;
import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.internal.process.ChildProcess;
import dev.virtwire.jobs.report.HookResult;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Runs the hooks of a job. For any thread. */
final class Hooks {
    private final HookSettings settings;
    private final Set<ChildProcess> running = new HashSet<>();
    private boolean ended;

    Hooks(HookSettings settings) {
        this.settings = settings;
    }

    /**
     * Runs a hook and waits for its end.
     *
     * @param environment what it gets to know
     * @return how it went, or null if there is no such hook
     */
    @Nullable
    HookResult run(Hook hook, @Nullable String guest, Map<String, String> environment) {
        List<String> command = settings.commands().get(hook);
        if (command == null) {
            return null;
        }
        ChildProcess child;
        try {
            child = start(command, environment, hook.cleansUp());
        } catch (IOException e) {
            return new HookResult(hook, guest, "cannot be run: " + e.getMessage(), "", Duration.ZERO);
        }
        if (child == null) {
            return new HookResult(hook, guest, "was not run: the job was ended", "", Duration.ZERO);
        }
        try {
            ChildProcess.End end = child.await(settings.limit());
            return new HookResult(hook, guest, error(end), end.tail(), end.duration());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new HookResult(hook, guest, "was ended: the job was interrupted", "", Duration.ZERO);
        } finally {
            synchronized (this) {
                running.remove(child);
            }
        }
    }

    private synchronized @Nullable ChildProcess start(
            List<String> command, Map<String, String> environment, boolean cleansUp) throws IOException {
        if (ended && !cleansUp) {
            return null;
        }
        ChildProcess child = ChildProcess.start(command, environment);
        if (!cleansUp) {
            running.add(child);
        }
        return child;
    }

    private @Nullable String error(ChildProcess.End end) {
        Integer code = end.exitCode();
        if (code != null) {
            return code == 0 ? null : "failed with exit code " + code;
        }
        return end.duration().compareTo(settings.limit()) < 0
                ? "was ended with the job"
                : "took longer than " + settings.limit().toSeconds() + " s, and was ended with all that it had started";
    }

    /** Ends those that run, and starts no other but those that clean up. */
    void end() {
        List<ChildProcess> toEnd;
        synchronized (this) {
            ended = true;
            toEnd = List.copyOf(running);
        }
        // At the same time: each may take some seconds.
        List<Thread> enders = toEnd.stream()
                .map(child -> new Thread(child::end, "virtwire hook end"))
                .toList();
        enders.forEach(Thread::start);
        try {
            for (Thread ender : enders) {
                ender.join();
            }
        } catch (InterruptedException e) {
            // They end the rest by themselves.
            Thread.currentThread().interrupt();
        }
    }
}
