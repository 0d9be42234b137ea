// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.unfinished;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.manifest.DiskSource;

/**
 * A disk of a point that is being made.
 *
 * @param target the guest's name for it
 * @param source where it lies on the host
 * @param incremental whether only what changed is stored
 * @param compared whether all of it is read for that, and compared with the parent
 * @param reason why it is copied so
 * @param tracked whether the point's checkpoint has a bitmap of it
 */
public record BegunDisk(
        String target,
        DiskSource source,
        @JsonProperty(required = true) boolean incremental,
        @JsonProperty(required = true) boolean compared,
        String reason,
        @JsonProperty(required = true) boolean tracked) {
    /** Refuses a missing field. */
    public BegunDisk {
        requireNonNull(target, "target");
        requireNonNull(source, "source");
        requireNonNull(reason, "reason");
    }
}
