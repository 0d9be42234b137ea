// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import java.util.Locale;

/** How the clusters of a point's images are compressed. Clusters that would not shrink stay as they are. */
public enum ImageCompression {
    /** Not at all. */
    NONE,
    /** Zstandard; QEMU 5.1 or later reads it. */
    ZSTD,
    /** Raw deflate, which every QEMU reads: slower than zstd, and a little larger. */
    DEFLATE;

    /** As the command line and the manifest name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
