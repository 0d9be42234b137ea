// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a disk lay on its host.
 *
 * @param type libvirt's word for it: {@code file}, {@code block}, {@code network}, {@code volume} …
 * @param name the path, the pool and volume, or the network name; null where libvirt gives none
 * @param format the image format on the host, such as {@code qcow2} or {@code raw}
 * @param encryption how the disk was encrypted there, or null if it was not
 * @since 0.1
 */
public record DiskSource(
        String type,
        @Nullable String name,
        String format,
        @Nullable DiskEncryption encryption) {
    /** Refuses a missing field. */
    public DiskSource {
        requireNonNull(type, "type");
        requireNonNull(format, "format");
    }

    /** Whether both name the same image, however it is encrypted: earlier programs did not write that down. */
    public boolean isSamePlace(DiskSource other) {
        return type.equals(other.type) && Objects.equals(name, other.name) && format.equals(other.format);
    }

    /** The same; if it is encrypted, a copy that is not is allowed. */
    public DiskSource allowingPlain() {
        return encryption == null ? this : new DiskSource(type, name, format, encryption.allowingPlain());
    }
}
