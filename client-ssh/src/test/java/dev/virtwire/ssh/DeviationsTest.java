// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.ssh;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DeviationsTest {
    /** Each is shown by a row, and that row fails when OpenSSH and we do the same. */
    @Test
    void thePageSaysWhereOursDiffersFromOpenSsh() {
        Set<String> shown = Stream.of("readings.txt", "logins.txt")
                .flatMap(table -> TableRow.of(table).stream())
                .flatMap(row -> row.deviation().stream())
                .collect(Collectors.toSet());
        assertThat(shown).isEqualTo(Deviations.documented());
    }

    @Test
    void thereAreManyRows() {
        assertThat(TableRow.of("readings.txt").size()
                        + TableRow.of("logins.txt").size())
                .isGreaterThan(400);
    }
}
