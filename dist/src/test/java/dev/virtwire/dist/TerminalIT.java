// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.dist;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees: {@code script} gives each run a terminal of its own. */
class TerminalIT {
    private static final int COLUMNS = 60;
    private static final String COLOUR = "\u001b[";

    @TempDir
    Path folder;

    private String seen(Map<String, String> environment, String arguments) {
        String command = "stty cols " + COLUMNS + "; " + Launcher.script() + " " + arguments;
        return Shell.run(folder, environment, List.of("script", "-qc", command, "/dev/null"))
                .out()
                .replace("\r\n", "\n");
    }

    @Test
    void helpAndErrorsAreAsWideAsTheTerminal() {
        for (String arguments :
                List.of("help", "help backup", "backup web1", "points /no/such/folder", "uri qemu+tcp://h/s")) {
            assertThat(seen(Map.of("NO_COLOR", "1", "TERM", "xterm"), arguments).lines())
                    .as(arguments)
                    .isNotEmpty()
                    // Examples are to be copied, and stay in one piece.
                    .filteredOn(line -> !line.startsWith("  virtwire ") && !line.startsWith("  # "))
                    .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(COLUMNS));
        }
        assertThat(seen(Map.of("TERM", "xterm"), "backup web1"))
                .isEqualTo("error: backup needs a domain and the repository's folder,\n  or --all and the folder\n");
    }

    @Test
    void onlyTerminalsThatKnowColoursGetThem() {
        assertThat(seen(Map.of("TERM", "xterm"), "help hold")).contains(COLOUR);
        assertThat(seen(Map.of("TERM", "dumb"), "help hold")).doesNotContain(COLOUR);
        assertThat(seen(Map.of("TERM", "xterm", "NO_COLOR", "1"), "help hold")).doesNotContain(COLOUR);
        assertThat(seen(Map.of("TERM", "xterm"), "help hold | cat")).doesNotContain(COLOUR);
        // Without a command, help is an error, and goes to a stream that may be a file.
        assertThat(seen(Map.of("TERM", "xterm"), "2> errors; cat errors"))
                .startsWith("Usage: virtwire [")
                .doesNotContain(COLOUR);
    }

    @Test
    void inAPipeAnErrorIsOneLine() {
        assertThat(seen(Map.of("TERM", "xterm"), "backup web1 2>&1 | cat"))
                .isEqualTo("error: backup needs a domain and the repository's folder, or --all and the folder\n");
    }
}
