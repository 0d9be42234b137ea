// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a disk lay on its host.
 *
 * @param type libvirt's word for it: {@code file}, {@code block}, {@code network}, {@code volume} …
 * @param name the path, the pool and volume, or the network name; null where libvirt gives none
 * @param format the image format on the host, such as {@code qcow2} or {@code raw}
 * @param encryption how the disk was encrypted there, or null if it was not
 * @param hosts who served it on the network; empty if it was not there, or nobody said
 * @since 0.1
 */
public record DiskSource(
        String type,
        @Nullable String name,
        String format,
        @Nullable DiskEncryption encryption,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> hosts) {
    /** Refuses a missing field; earlier programs wrote no hosts. */
    public DiskSource {
        requireNonNull(type, "type");
        requireNonNull(format, "format");
        hosts = hosts == null ? List.of() : List.copyOf(hosts);
    }

    /** One that is not on the network. */
    public DiskSource(String type, @Nullable String name, String format, @Nullable DiskEncryption encryption) {
        this(type, name, format, encryption, List.of());
    }

    /**
     * Whether both name the same image, however it is encrypted: earlier programs did not write that down. Servers that
     * have one host in common are the same, because a cluster gets and loses some.
     */
    public boolean isSamePlace(DiskSource other) {
        return type.equals(other.type)
                && Objects.equals(name, other.name)
                && format.equals(other.format)
                && isSameServer(other);
    }

    private boolean isSameServer(DiskSource other) {
        return hosts.isEmpty() || other.hosts.isEmpty() || !Collections.disjoint(hosts, other.hosts);
    }

    /** The same; if it is encrypted, a copy that is not is allowed. */
    public DiskSource allowingPlain() {
        return encryption == null ? this : new DiskSource(type, name, format, encryption.allowingPlain(), hosts);
    }
}
