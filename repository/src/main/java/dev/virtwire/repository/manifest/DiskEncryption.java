// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * How a disk was encrypted on its host. What a point holds of it is not.
 *
 * @param format libvirt's word for it, such as {@code luks}
 * @param secret the libvirt secret that opens the disk, by UUID or {@code type:usage}; null if none is named
 * @param plainAllowed whether somebody allowed a copy that is not encrypted, for this point or an earlier one
 * @since 0.1
 */
public record DiskEncryption(
        String format,
        @Nullable String secret,
        @JsonProperty(required = true) boolean plainAllowed) {
    /** Refuses a missing field. */
    public DiskEncryption {
        requireNonNull(format, "format");
    }

    /** The same, of which a copy that is not encrypted is allowed. */
    public DiskEncryption allowingPlain() {
        return new DiskEncryption(format, secret, true);
    }
}
