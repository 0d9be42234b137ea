// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.repository.Notice;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a hook went.
 *
 * @param hook which it was
 * @param guest the guest that it ran for, or null
 * @param error why it failed, a sentence, or null
 * @param tail the end of what it wrote
 * @since 0.1
 */
public record HookResult(
        Hook hook, @Nullable String guest, @Nullable String error, String tail, Duration duration) {
    private static final int LAST_LINES = 5;

    /** Whether it did what it should. */
    public boolean succeeded() {
        return error == null;
    }

    /** That it failed, if the run is done although it did. */
    public List<Notice> notices() {
        return succeeded() || !hook.cleansUp() ? List.of() : List.of(Notice.warning("hook " + hook + " " + error));
    }

    /** The last lines that it wrote. */
    public List<String> lastLines() {
        List<String> lines = tail.lines().filter(line -> !line.isBlank()).toList();
        return lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size());
    }
}
