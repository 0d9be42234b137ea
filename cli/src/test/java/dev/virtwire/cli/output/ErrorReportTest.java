// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.backup.BackupException;
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
}
