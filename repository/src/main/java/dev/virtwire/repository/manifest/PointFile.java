// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * A file in a point's folder that is neither an image nor its digests.
 *
 * @param role what it is: one of those below, what {@link #medium} says, or what a later program adds
 * @param file its file name
 * @param size its size in bytes
 * @param sha256 the SHA-256 of its bytes, in lower-case hexadecimal
 * @since 0.1
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

    /** The role of the XML of the domain as it ran. */
    public static final String LIVE = "live";

    /** The role of the state of an emulated TPM. */
    public static final String TPM = "tpm";

    /** The role of the descriptions of what the domain refers to: networks, filters, pools and secrets. */
    public static final String REFERENCES = "references";

    private static final String MEDIUM = "medium-";

    /** The role of the medium in the drive with this target. */
    public static String medium(String target) {
        return MEDIUM + target;
    }

    /** The target of the drive whose medium it is, or null if it is no medium. */
    public @Nullable String drive() {
        return role.startsWith(MEDIUM) ? role.substring(MEDIUM.length()) : null;
    }

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
