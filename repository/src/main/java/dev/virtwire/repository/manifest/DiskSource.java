// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Where a disk lay on its host.
 *
 * @param type libvirt's word for it: {@code file}, {@code block}, {@code network}, {@code volume} …
 * @param name the path, the pool and volume, or the network name; null where libvirt gives none
 * @param format the image format on the host, such as {@code qcow2} or {@code raw}
 */
public record DiskSource(String type, @Nullable String name, String format) {
    /** Refuses a missing field. */
    public DiskSource {
        requireNonNull(type, "type");
        requireNonNull(format, "format");
    }
}
