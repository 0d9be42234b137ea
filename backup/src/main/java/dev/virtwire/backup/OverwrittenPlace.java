// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

/**
 * What a restore writes over.
 *
 * @param disk the target of the disk that goes there
 * @param diskSize the disk's size in bytes
 * @param place what is lost, in words: {@code device /dev/vg/web1}
 * @param placeSize its size in bytes, or -1 for a file that is not there
 * @since 0.1
 */
public record OverwrittenPlace(String disk, long diskSize, String place, long placeSize) {
    /** Refuses a missing field. */
    public OverwrittenPlace {
        requireNonNull(disk, "disk");
        requireNonNull(place, "place");
    }
}
