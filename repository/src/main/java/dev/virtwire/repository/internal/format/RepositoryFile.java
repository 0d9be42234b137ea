// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;

/**
 * {@code virtwire.json}.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #FIRST_VERSION} in a new repository, up to {@value #VERSION}; raised when an older program
 *     must not touch the repository any more
 * @param id the repository's id, part of every checkpoint's name
 * @param created when, in UTC
 */
public record RepositoryFile(
        String format, @JsonProperty(required = true) int version, String id, Instant created) {
    /** What {@link #format} says. */
    public static final String FORMAT = "virtwire-repository";

    /** What every program reads: no point was merged into another, and none is held. */
    public static final int FIRST_VERSION = 1;

    /** The newest version that this program reads: see docs/format.md for what it adds. */
    public static final int VERSION = 2;

    /** Refuses a missing field. */
    public RepositoryFile {
        requireNonNull(format, "format");
        requireNonNull(id, "id");
        requireNonNull(created, "created");
    }
}
