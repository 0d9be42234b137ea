// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.client.statistics;

import dev.virtwire.client.params.TypedParameters;
import java.time.Duration;
import java.util.Optional;

/**
 * The host's CPU time that a domain has used; each is empty if it is not told.
 *
 * @param total in all
 * @param user of that, in user space
 * @param system of that, in the kernel
 * @since 0.1
 */
public record CpuStatistics(Optional<Duration> total, Optional<Duration> user, Optional<Duration> system) {
    static CpuStatistics of(TypedParameters cpu) {
        return new CpuStatistics(
                Durations.read(cpu, "time"), Durations.read(cpu, "user"), Durations.read(cpu, "system"));
    }
}
