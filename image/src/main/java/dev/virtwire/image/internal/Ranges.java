// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

/** Checks what callers ask for; what they get wrong is theirs, not the image's. */
public final class Ranges {
    private Ranges() {}

    /** Refuses a range that is not within the disk. */
    public static void checkInside(long offset, long length, long virtualSize) {
        if (offset < 0 || length < 0 || offset > virtualSize - length) {
            throw new IllegalArgumentException(
                    length + " bytes at offset " + offset + " are not within a disk of " + virtualSize);
        }
    }

    /** As {@link #checkAligned}, and there must be data. */
    public static void checkData(long offset, long length, long virtualSize, int clusterSize) {
        if (length == 0) {
            throw new IllegalArgumentException("no data to write at offset " + offset);
        }
        checkAligned(offset, length, virtualSize, clusterSize);
    }

    /** Refuses a range that is not within the disk or not in whole clusters, the disk's last one apart. */
    public static void checkAligned(long offset, long length, long virtualSize, int clusterSize) {
        checkInside(offset, length, virtualSize);
        if (offset % clusterSize != 0 || (length % clusterSize != 0 && offset + length != virtualSize)) {
            throw new IllegalArgumentException(
                    length + " bytes at offset " + offset + " are not whole clusters of " + clusterSize);
        }
    }
}
