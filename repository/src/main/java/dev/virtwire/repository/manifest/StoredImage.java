// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import org.jspecify.annotations.Nullable;

/**
 * A disk image in a point's folder.
 *
 * @param file its file name
 * @param format always {@code qcow2} so far
 * @param compression {@code none}, {@code zstd} or {@code deflate}: what its clusters are compressed with, if they
 *     shrink
 * @param size the file's size in bytes
 * @param blocksRoot the root over the SHA-256 of each 1 MiB block of the file, in lower-case hexadecimal
 * @param backing the image that it builds on, relative to the point's folder as the image itself names it, or null
 * @since 0.1
 */
public record StoredImage(
        String file,
        String format,
        String compression,
        @JsonProperty(required = true) long size,
        String blocksRoot,
        @Nullable String backing) {
    /** Refuses a missing field. */
    public StoredImage {
        requireNonNull(file, "file");
        requireNonNull(format, "format");
        requireNonNull(compression, "compression");
        requireNonNull(blocksRoot, "blocksRoot");
        if (size < 0) {
            throw new IllegalArgumentException("size is negative: " + size);
        }
    }
}
