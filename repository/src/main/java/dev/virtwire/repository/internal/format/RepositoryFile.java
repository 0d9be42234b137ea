// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.format;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.time.Instant;

/**
 * {@code virtwire.json}.
 *
 * @param format always {@value #FORMAT}
 * @param version {@value #VERSION}; raised when an older program must not touch the repository
 * @param id the repository's id, part of every checkpoint's name
 * @param created when, in UTC
 */
public record RepositoryFile(
        String format, @JsonProperty(required = true) int version, String id, Instant created) {
    /** What {@link #format} says. */
    public static final String FORMAT = "virtwire-repository";

    /** The version that this program writes, and the newest that it reads. */
    public static final int VERSION = 1;

    /** Refuses a missing field. */
    public RepositoryFile {
        requireNonNull(format, "format");
        requireNonNull(id, "id");
        requireNonNull(created, "created");
    }
}
