// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A small file in a point's folder.
 *
 * @param file its file name
 * @param size its size in bytes
 * @param sha256 the SHA-256 of its bytes, in lower-case hexadecimal
 * @since 0.1
 */
public record StoredFile(
        String file, @JsonProperty(required = true) long size, String sha256) {
    /** Refuses a missing field. */
    public StoredFile {
        requireNonNull(file, "file");
        requireNonNull(sha256, "sha256");
        if (size < 0) {
            throw new IllegalArgumentException("size is negative: " + size);
        }
    }
}
