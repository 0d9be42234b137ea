// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * An image that the hypervisor wrote on its own host.
 *
 * @param host the host's name
 * @param path the image's absolute path there
 * @param format its format, such as {@code qcow2}
 * @param verified whether its bytes were ever read back and found right: {@code yes} or {@code no}
 */
public record PushedImage(
        String host,
        String path,
        String format,
        @JsonProperty(required = true) String verified) {
    /** Refuses a missing field. */
    public PushedImage {
        requireNonNull(host, "host");
        requireNonNull(path, "path");
        requireNonNull(format, "format");
        requireNonNull(verified, "verified");
    }
}
