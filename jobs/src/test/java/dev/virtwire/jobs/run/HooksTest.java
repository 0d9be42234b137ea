// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.virtwire.jobs.config.HookSettings;
import dev.virtwire.jobs.config.HookSettings.Hook;
import dev.virtwire.jobs.report.HookResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HooksTest {
    private static final Duration SOON = Duration.ofMinutes(1);

    @TempDir
    Path folder;

    /** Each waits for the other's end to begin, which it never does if one is ended after the other. */
    @Test
    void hooksAreEndedAtTheSameTime() throws Exception {
        Path script = Files.writeString(folder.resolve("hook"), """
                cd %s
                trap 'echo > $ME-told; while [ ! -e $OTHER-told ]; do sleep 0.05; done; echo > $ME-done; exit' TERM
                echo > $ME-ready
                while :; do sleep 0.05; done
                """.formatted(folder));
        Hooks hooks = new Hooks(new HookSettings(
                Map.of(Hook.BEFORE_GUEST, List.of("/bin/sh", script.toString())), Duration.ofHours(1)));
        CompletableFuture<HookResult> a =
                CompletableFuture.supplyAsync(() -> hooks.run(Hook.BEFORE_GUEST, "a", Map.of("ME", "a", "OTHER", "b")));
        CompletableFuture<HookResult> b =
                CompletableFuture.supplyAsync(() -> hooks.run(Hook.BEFORE_GUEST, "b", Map.of("ME", "b", "OTHER", "a")));
        await().atMost(SOON)
                .until(() -> Files.exists(folder.resolve("a-ready")) && Files.exists(folder.resolve("b-ready")));

        hooks.end();

        assertThat(List.of(a.get(1, TimeUnit.MINUTES), b.get(1, TimeUnit.MINUTES)))
                .extracting(HookResult::error)
                .containsOnly("was ended with the job");
        assertThat(folder.resolve("a-done")).exists();
        assertThat(folder.resolve("b-done")).exists();
    }

    @Test
    void hooksThatCleanUpHaveTheirWholeTime() {
        Duration limit = Duration.ofMinutes(10);
        assertThat(HookSettings.NONE.cleanUp()).isEqualTo(Duration.ofMinutes(4));
        assertThat(new HookSettings(Map.of(Hook.BEFORE, List.of("x"), Hook.AFTER, List.of("x")), limit).cleanUp())
                .isEqualTo(Duration.ofMinutes(14));
        assertThat(new HookSettings(Map.of(Hook.AFTER_GUEST, List.of("x"), Hook.AFTER, List.of("x")), limit).cleanUp())
                .isEqualTo(Duration.ofMinutes(24));
    }
}
