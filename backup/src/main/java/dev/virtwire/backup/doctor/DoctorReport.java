// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.doctor;

import java.util.Comparator;
import java.util.List;

/**
 * What was found, in the order in which it was asked for: the host, the repository, then each domain.
 *
 * @param checks one for each question
 * @since 0.1
 */
public record DoctorReport(List<Check> checks) {
    /** Copies the list. */
    public DoctorReport {
        checks = List.copyOf(checks);
    }

    /** The worst result there is. */
    public Check.Result worst() {
        return checks.stream().map(Check::result).max(Comparator.naturalOrder()).orElse(Check.Result.OK);
    }
}
