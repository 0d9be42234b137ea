// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ErrorReportTest {
    @Test
    void whatAFailureLeftBehindIsSaidWithIt() {
        BackupException failure = new BackupException("the host does not accept domain web1");
        failure.addSuppressed(new BackupException("left behind: volume web1-vda.raw: permission denied"));
        failure.addSuppressed(new IllegalStateException("of no use to anybody"));

        assertThat(ErrorReport.message(failure))
                .isEqualTo("the host does not accept domain web1; left behind: volume web1-vda.raw: permission denied");
    }

    @Test
    void noTraceHoldsWhatATerminalWouldObey() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);
        new ErrorReport(new Console(err, err, false, Map.of(), Interruption.none(err)), false, true)
                .report(new BackupException("no domain '\u001b]0;owned\u0007'"));
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("\tat " + ErrorReportTest.class.getName())
                .doesNotContain("\u001b", "\u0007");
    }
}
