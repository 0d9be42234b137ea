// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

/**
 * A range of a disk that cannot be given back as it was.
 *
 * @param disk the disk's target
 * @param offset the first byte of the range, as the guest sees the disk
 * @param length the range's length in bytes
 * @since 0.1
 */
public record LostRange(String disk, long offset, long length) {
    /** Refuses a missing field. */
    public LostRange {
        requireNonNull(disk, "disk");
    }

    /** Disk and range, for people. */
    @Override
    public String toString() {
        return "disk " + disk + ", bytes " + offset + " to " + (offset + length - 1);
    }
}
