// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.gen.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class DeviationsTest {
    private static final String TABLE = UpstreamSample.TABLE.replace("receives stream", "exchanges stream");
    private static final String ENTRY = "far 4 Download2: stream: both, upstream receives\n";

    private final Checker.Result result = Checker.compare(UpstreamSample.tables(TABLE), UpstreamSample.upstream());

    @Test
    void aDifferenceThatIsMeantIsNotUnexpected() {
        Deviations deviations = Deviations.parse("d.txt", "# The reason.\n" + ENTRY);
        assertThat(result.differences()).hasSize(1);
        assertThat(deviations.unexpected(result.differences())).isEmpty();
        assertThat(deviations.stale(result)).isEmpty();
        assertThat(Deviations.parse("d.txt", "").unexpected(result.differences()))
                .hasSize(1);
    }

    @Test
    void anEntryThatMatchesNothingIsStale() {
        Deviations deviations =
                Deviations.parse("d.txt", "# The reason.\n" + ENTRY + "far 3 Upload: stream: both, upstream sends\n");
        assertThat(deviations.stale(result))
                .containsExactly(
                        "d.txt:3: stale, there is no such difference: far 3 Upload: stream: both, upstream sends");
    }

    @Test
    void anEntryOnAProgramThatWasNotComparedIsNotStale() {
        Deviations deviations = Deviations.parse("d.txt", "# The reason.\nnear 1 Call: priority: no, upstream yes\n");
        assertThat(deviations.stale(result)).isEmpty();
        assertThat(deviations.unexpected(List.of())).isEmpty();
    }

    @Test
    void anEntryNeedsAReasonAndStandsOnce() {
        assertThatThrownBy(() -> Deviations.parse("d.txt", ENTRY + "\n# The reason.\n" + ENTRY))
                .hasMessage("d.txt:1: no reason is given above: " + ENTRY.strip() + "\nd.txt:4: stands there twice: "
                        + ENTRY.strip());
    }
}
