// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * An image that the hypervisor wrote on its own host.
 *
 * @param host the host's name
 * @param path the image's absolute path there
 * @param format its format, such as {@code qcow2}
 * @param verified whether its bytes were ever read back and found right: {@code yes} or {@code no}
 * @param secret the libvirt secret that opens the image, which is encrypted (LUKS), by UUID or {@code type:usage}; null
 *     if it is not encrypted
 * @since 0.1
 */
public record PushedImage(
        String host,
        String path,
        String format,
        @JsonProperty(required = true) String verified,
        @Nullable String secret) {
    /** Refuses a missing field. */
    public PushedImage {
        requireNonNull(host, "host");
        requireNonNull(path, "path");
        requireNonNull(format, "format");
        requireNonNull(verified, "verified");
    }
}
