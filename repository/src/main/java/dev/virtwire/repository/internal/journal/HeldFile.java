// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.virtwire.repository.Hold;
import java.util.List;

/**
 * {@code .journal/held}.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}
 * @param points the points that are held, none twice
 */
record HeldFile(
        String format, @JsonProperty(required = true) int version, List<Hold> points) {
    static final String FORMAT = "virtwire-held";
    static final int VERSION = 1;

    /** Refuses a missing field. */
    HeldFile {
        requireNonNull(format, "format");
        points = List.copyOf(points);
    }

    /** One that this program writes. */
    static HeldFile of(List<Hold> points) {
        return new HeldFile(FORMAT, VERSION, points);
    }
}
