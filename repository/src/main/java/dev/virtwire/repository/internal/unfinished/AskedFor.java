// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.unfinished;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.image.Compression;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the user asked for, as far as a point differs by it: who asks for something else is not given this point.
 *
 * @param level how much is copied: {@code AUTO}, {@code FULL} or {@code INCREMENTAL}
 * @param since the point since which changes are copied, or null
 * @param keepFullCheckpoint whether the last full point's checkpoint stays on the host
 * @param disks the chosen disks, sorted; empty for all
 * @param excluded the disks to leave out, sorted
 * @param quiesce whether the guest was to be frozen
 * @param compression how the images are compressed
 * @param scratchFolder the host's folder for scratch files, or null
 * @param nbd where the export listens, or null
 */
public record AskedFor(
        String level,
        @Nullable String since,
        @JsonProperty(required = true) boolean keepFullCheckpoint,
        List<String> disks,
        List<String> excluded,
        @JsonProperty(required = true) boolean quiesce,
        Compression compression,
        @Nullable String scratchFolder,
        @Nullable String nbd) {
    /** Refuses a missing field. */
    public AskedFor {
        requireNonNull(level, "level");
        requireNonNull(compression, "compression");
        disks = List.copyOf(disks);
        excluded = List.copyOf(excluded);
    }
}
