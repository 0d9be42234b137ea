// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

/**
 * A disk of the domain that is not in the point.
 *
 * @param target the guest's name for it
 * @param reason why, one sentence for people
 */
public record ExcludedDisk(String target, String reason) {
    /** Refuses a missing field. */
    public ExcludedDisk {
        requireNonNull(target, "target");
        requireNonNull(reason, "reason");
    }
}
