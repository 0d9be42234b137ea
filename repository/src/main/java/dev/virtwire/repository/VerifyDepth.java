// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import java.util.Locale;

/**
 * How much of what is stored a verification reads. Each depth does what the one before it does, and more.
 *
 * @since 0.1
 */
public enum VerifyDepth {
    /**
     * Manifests and their sums, links between points, sizes of all files, small files and digest files whole, the
     * tables of the images. The disks' data is not read.
     */
    STRUCTURE,
    /** Every byte of every file, each block compared with its digest; and that the images hold what a guest wrote. */
    DIGESTS,
    /** Besides, every block of every disk as a restore of that point would read it, through all that it builds on. */
    FULL;

    /** As the command line has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
