// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.repository.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** A bar that moves is one line of the terminal, and there is a bar in it. */
class ProgressBarViewTest {
    private static final int COLUMNS = 80;
    private static final long GIB = 1L << 30;
    private static final Pattern LINES = Pattern.compile("[\r\n]+");

    private static List<String> shown(String task, String disk) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        try (ProgressBarView view = new ProgressBarView(err, COLUMNS, task)) {
            view.progressed(new Progress(Progress.Phase.COPYING, disk, 0, 2, 10 * GIB, 20 * GIB, GIB));
        }
        return LINES.splitAsStream(bytes.toString(StandardCharsets.UTF_8))
                .filter(line -> !line.isBlank())
                .toList();
    }

    @Test
    void longNamesLeaveTheBarItsRoom() {
        List<String> lines = shown("backup a-very-long-domain-name-of-a-customer", "a-very-long-domain-name vda");
        assertThat(lines)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(TerminalText.width(line)).isLessThanOrEqualTo(COLUMNS));
        assertThat(lines.get(lines.size() - 1))
                .contains("backup a-very-long-dom.. ")
                .containsPattern("\\[=+ *\\]");
    }

    @Test
    void namesOfWideCharactersAreCutBetweenCharacters() {
        List<String> lines = shown("backup", "データベースデータベースデータベース vda");
        assertThat(lines)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(TerminalText.width(line)).isLessThanOrEqualTo(COLUMNS));
        assertThat(lines.get(lines.size() - 1)).contains("copying データ");
    }

    @Test
    void aTextIsCutAtSoManyColumns() {
        assertThat(TerminalText.shortened("web1", 4)).isEqualTo("web1");
        assertThat(TerminalText.shortened("web10", 4)).isEqualTo("we..");
        assertThat(TerminalText.shortened("データ", 5)).isEqualTo("デ..");
    }
}
