// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.jobs.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.virtwire.jobs.report.JobResult.Outcome;
import dev.virtwire.repository.DomainStatus;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JobResultTest {
    private static final Instant BEGAN = Instant.parse("2026-12-01T03:00:00Z");

    private static final Instant EARLIER = Instant.parse("2026-11-30T03:00:00Z");

    private static JobResult result(List<GuestResult> guests, Map<String, DomainStatus> remembered) {
        return result(guests, remembered, false);
    }

    private static JobResult result(List<GuestResult> guests, Map<String, DomainStatus> remembered, boolean dryRun) {
        return new JobResult(
                "nightly",
                "backup1",
                Path.of("/backups"),
                List.of("qemu:///system"),
                BEGAN,
                Duration.ofMinutes(1),
                EARLIER,
                dryRun,
                false,
                List.of(),
                guests,
                remembered,
                List.of(),
                List.of(),
                List.of());
    }

    private static DomainStatus damaged(String guest) {
        return new DomainStatus(
                guest,
                DomainStatus.Verdict.UNVERIFIED,
                "nobody has",
                null,
                null,
                null,
                null,
                null,
                "point p1: vda.qcow2 is not as it was written");
    }

    @Test
    void aRunThatDidSomethingAndDidNotFailIsTheLastSuccess() {
        assertThat(result(List.of(), Map.of()).lastSuccess()).isEqualTo(BEGAN);
        assertThat(result(List.of(GuestResult.failed("web1", null, "qemu:///system", "no")), Map.of())
                        .lastSuccess())
                .isEqualTo(EARLIER);
        assertThat(result(List.of(), Map.of(), true).lastSuccess()).isEqualTo(EARLIER);
    }

    /** A verification that was stopped has no report, but what it has found is known. */
    @Test
    void damageThatIsKnownOfAGuestIsDamageOfTheRun() {
        GuestResult guest = new GuestResult(
                "web1",
                null,
                "qemu:///system",
                null,
                null,
                null,
                null,
                List.of(),
                damaged("web1"),
                Duration.ofSeconds(1));
        JobResult result = result(List.of(guest), Map.of());
        assertThat(result.outcome()).isEqualTo(Outcome.DAMAGED);
        assertThat(result.failures()).containsExactly("web1: damaged: point p1: vda.qcow2 is not as it was written");
        assertThat(JobText.subject(result)).isEqualTo("job nightly on backup1 found damage: web1");
        assertThat(result.lastSuccess()).isEqualTo(EARLIER);
    }

    @Test
    void soIsDamageOfAGuestThatTheRunDidNotGetTo() {
        JobResult result = result(List.of(), Map.of("web2", damaged("web2")));
        assertThat(result.outcome()).isEqualTo(Outcome.DAMAGED);
        assertThat(result.failures()).hasSize(1);
        assertThat(JobText.subject(result)).endsWith("found damage: web2");
        assertThat(JobJson.of(result))
                .contains("\"remembered\":[{\"domain\":\"web2\",\"status\":{\"verdict\":\"unverified\"");
    }
}
