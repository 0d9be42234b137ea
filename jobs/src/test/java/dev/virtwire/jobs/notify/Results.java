// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.notify;

import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.report.GuestResult;
import dev.virtwire.jobs.report.HookResult;
import dev.virtwire.jobs.report.JobResult;
import dev.virtwire.repository.Notice;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** Results of jobs that never ran. */
final class Results {
    private static final Instant BEGAN = Instant.parse("2026-12-01T03:00:00.250Z");

    private Results() {}

    static JobResult done() {
        return of(List.of(), List.of(), List.of());
    }

    static JobResult warned() {
        return of(List.of(), List.of(), List.of(Notice.warning("no guest has the tag 'gold'")));
    }

    static JobResult failed() {
        HookResult hook = new HookResult(
                Hook.BEFORE_GUEST, "wëb1", "failed with exit code 3", "line 1\nno room\n", Duration.ofSeconds(1));
        GuestResult guest = new GuestResult(
                "wëb1",
                null,
                "qemu:///system",
                null,
                null,
                "it was not backed up, because hook before-guest failed with exit code 3",
                null,
                List.of(hook),
                null,
                Duration.ofMillis(1500));
        return of(List.of(), List.of(guest), List.of());
    }

    static JobResult of(List<String> errors, List<GuestResult> guests, List<Notice> notices) {
        return new JobResult(
                "nightly",
                "backup1",
                Path.of("/backups"),
                List.of("qemu:///system"),
                BEGAN,
                Duration.ofMillis(62_750),
                BEGAN.minusSeconds(86_400),
                false,
                false,
                errors,
                guests,
                Map.of(),
                List.of(),
                List.of(),
                notices);
    }
}
