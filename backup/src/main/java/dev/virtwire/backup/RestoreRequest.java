// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Set;

/**
 * What to restore where. Immutable: each method that changes something returns another request.
 *
 * @param point the point
 * @param destination the folder for the files, created where its parent exists: {@code vda.qcow2}, {@code domain.xml} …
 * @param format the images' format
 * @param disks the targets of the disks to restore; empty for all
 * @param replace whether files with the same names are replaced; otherwise they are an error
 */
public record RestoreRequest(Point point, Path destination, ImageFormat format, Set<String> disks, boolean replace) {
    /** Refuses a missing field. */
    public RestoreRequest {
        requireNonNull(point, "point");
        requireNonNull(destination, "destination");
        requireNonNull(format, "format");
        disks = Set.copyOf(disks);
    }

    /** All disks of {@code point} as qcow2 images, refusing to replace files. */
    public static RestoreRequest of(Point point, Path destination) {
        return new RestoreRequest(point, destination, ImageFormat.QCOW2, Set.of(), false);
    }

    /** With another image format. */
    public RestoreRequest withFormat(ImageFormat newFormat) {
        return new RestoreRequest(point, destination, newFormat, disks, replace);
    }

    /** With these disks only. */
    public RestoreRequest withDisks(Set<String> targets) {
        return new RestoreRequest(point, destination, format, targets, replace);
    }

    /** Replacing files of the same names. */
    public RestoreRequest replacing() {
        return new RestoreRequest(point, destination, format, disks, true);
    }
}
