// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * A file in a point's folder that is neither an image nor its digests.
 *
 * @param role what it is: {@link #DOMAIN}, {@link #NVRAM}, {@link #CHECKPOINT}, or what a later program adds
 * @param file its file name
 * @param size its size in bytes
 * @param sha256 the SHA-256 of its bytes, in lower-case hexadecimal
 */
public record PointFile(
        String role,
        String file,
        @JsonProperty(required = true) long size,
        String sha256) {
    /** The role of the domain XML; every point has it. */
    public static final String DOMAIN = "domain";

    /** The role of the UEFI variables. */
    public static final String NVRAM = "nvram";

    /** The role of libvirt's description of the checkpoint. */
    public static final String CHECKPOINT = "checkpoint";

    /** Refuses a missing field. */
    public PointFile {
        requireNonNull(role, "role");
        requireNonNull(file, "file");
        requireNonNull(sha256, "sha256");
        if (size < 0) {
            throw new IllegalArgumentException("size is negative: " + size);
        }
    }
}
