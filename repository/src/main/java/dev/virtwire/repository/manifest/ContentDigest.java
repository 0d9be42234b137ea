// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

/**
 * The digest of what the guest sees on a disk, whatever image holds it.
 *
 * @param root the root of the tree over the SHA-256 of each 1 MiB block of the disk, in lower-case hexadecimal
 * @since 0.1
 */
public record ContentDigest(String root) {
    /** Refuses a missing field. */
    public ContentDigest {
        requireNonNull(root, "root");
    }
}
