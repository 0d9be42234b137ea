// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Progress;
import dev.virtwire.repository.Progress.Phase;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProgressLinesTest {
    private static final long MIB = 1 << 20;

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private long now;
    private final ProgressLines lines =
            new ProgressLines(new PrintStream(err, true, StandardCharsets.UTF_8), "backup web1", () -> now);

    private void after(long millis, Progress progress) {
        now += Duration.ofMillis(millis).toNanos();
        lines.progressed(progress);
    }

    private static Progress copying(long done) {
        return new Progress(Phase.COPYING, "vda", 0, 2, done * MIB, 1024 * MIB, done * MIB / 2);
    }

    @Test
    void aTerminalThatHasNoRoomForABarIsGivenLines() {
        PrintStream out = new PrintStream(err, true, StandardCharsets.UTF_8);
        Console terminal = new Console(out, out, true, Map.of(), Interruption.none(out));
        System.setProperty("virtwire.err.columns", "44");
        try (ProgressView narrow = ProgressView.of(terminal, "backup web1", false)) {
            assertThat(narrow).isInstanceOf(ProgressLines.class);
            System.setProperty("virtwire.err.columns", "45");
            try (ProgressView wide = ProgressView.of(terminal, "backup web1", false)) {
                assertThat(wide).isInstanceOf(ProgressBarView.class);
            }
        } finally {
            System.clearProperty("virtwire.err.columns");
        }
    }

    @Test
    void thereIsALineEveryFiveSecondsAndNotMoreOften() {
        after(100, copying(10));
        after(4800, copying(100));
        after(200, copying(512));
        after(4000, copying(600));
        after(1100, new Progress(Phase.COMMITTING, null, 2, 2, 1024 * MIB, 1024 * MIB, 512 * MIB));
        after(6000, new Progress(Phase.PREPARING, null, 0, 0, 0, 0, 0));
        lines.close();
        after(6000, copying(1));
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo("""
                backup web1: copying vda, 50%, 512 MiB of 1 GiB, 256 MiB of it data
                backup web1: committing, 100%, 1 GiB of 1 GiB, 512 MiB of it data
                backup web1: preparing
                """);
    }
}
