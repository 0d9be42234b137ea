// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.journal;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;

/**
 * The newest point that was committed to a domain. No other point names it, so that nothing else would tell that it is
 * gone.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}
 * @param point its id
 * @param began when it began, in UTC
 */
public record NewestPoint(
        String format, @JsonProperty(required = true) int version, String point, Instant began) {
    static final String FORMAT = "virtwire-newest";
    static final int VERSION = 1;

    /** Refuses a missing field. */
    public NewestPoint {
        requireNonNull(format, "format");
        requireNonNull(point, "point");
        requireNonNull(began, "began");
    }

    /** That point. */
    public static NewestPoint of(String point, Instant began) {
        return new NewestPoint(FORMAT, VERSION, point, began);
    }
}
