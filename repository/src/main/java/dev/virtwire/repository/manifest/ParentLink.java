// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

/**
 * Another point of the domain, by its id and its manifest: the one that an increment builds on, or the one before.
 *
 * @param point its id, a folder beside this point's
 * @param manifestSha256 the SHA-256 of its {@code manifest.json}, in lower-case hexadecimal: a point that was replaced
 *     is found out
 * @since 0.1
 */
public record ParentLink(String point, String manifestSha256) {
    /** Refuses a missing field. */
    public ParentLink {
        requireNonNull(point, "point");
        requireNonNull(manifestSha256, "manifestSha256");
    }
}
