// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.Locale;

/**
 * What a restore writes.
 *
 * @since 0.1
 */
public enum ImageFormat {
    /** A qcow2 image without a backing file. */
    QCOW2,
    /** The disk's bytes, holes left out where the file system can. */
    RAW;

    /** As the command line and qemu-img name it; also what file names end with. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
