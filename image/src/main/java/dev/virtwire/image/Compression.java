// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.util.Locale;

/**
 * How the clusters of a qcow2 image are compressed. An image has one kind.
 *
 * @since 0.1
 */
public enum Compression {
    /** Not at all. */
    NONE,
    /** Raw deflate; every QEMU reads it. */
    DEFLATE,
    /** Zstandard; faster and smaller, QEMU 5.1 or later reads it. */
    ZSTD;

    /** As qemu-img, the command line and manifests name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
