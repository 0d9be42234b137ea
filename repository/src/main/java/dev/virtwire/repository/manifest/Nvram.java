// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The UEFI variables of a domain that has them.
 *
 * @param path where they lay on the host
 * @param reason why they were not saved, or null if they were
 * @since 0.1
 */
public record Nvram(String path, @Nullable String reason) {
    /** Refuses a missing field. */
    public Nvram {
        requireNonNull(path, "path");
    }
}
