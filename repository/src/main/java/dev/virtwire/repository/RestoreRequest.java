// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Set;

/**
 * What to restore where. Immutable: each method that changes something returns another request.
 *
 * @param point the point
 * @param destination the folder for the files, created if its parent exists: {@code web1-vda.qcow2}, {@code
 *     web1-domain.xml} …
 * @param format the images' format
 * @param chained whether the images are copied as they are, each with all that it builds on, instead of flattened: then
 *     each point has a folder of its own, {@code web1/20261122T190000Z-full/vda.qcow2}
 * @param disks the targets of the disks to restore; empty for all
 * @param replace whether files with the same names are replaced; otherwise they are an error
 * @param salvage whether to write all that is right if not everything is, with zeros for the rest
 * @param bytesPerSecond how fast to read, in bytes a second; 0 for as fast as can be
 * @since 0.1
 */
public record RestoreRequest(
        Point point,
        Path destination,
        ImageFormat format,
        boolean chained,
        Set<String> disks,
        boolean replace,
        boolean salvage,
        long bytesPerSecond) {
    /** Refuses what makes no sense. */
    public RestoreRequest {
        requireNonNull(point, "point");
        requireNonNull(destination, "destination");
        requireNonNull(format, "format");
        disks = Set.copyOf(disks);
        if (chained && format != ImageFormat.QCOW2) {
            throw new IllegalArgumentException("a chain of images is qcow2, not " + format);
        }
        if (chained && salvage) {
            throw new IllegalArgumentException(
                    "what is salvaged is flattened: a chain would give wrong bytes for zeros");
        }
        if (bytesPerSecond < 0) {
            throw new IllegalArgumentException("a rate of " + bytesPerSecond + " bytes a second");
        }
    }

    /** All disks of {@code point} as qcow2 images, flattened, refusing to replace files. */
    public static RestoreRequest of(Point point, Path destination) {
        return new RestoreRequest(point, destination, ImageFormat.QCOW2, false, Set.of(), false, false, 0);
    }

    /** With another image format. */
    public RestoreRequest withFormat(ImageFormat newFormat) {
        return new RestoreRequest(point, destination, newFormat, chained, disks, replace, salvage, bytesPerSecond);
    }

    /** With the images as they are in the repository, and those that they build on. */
    public RestoreRequest asChain() {
        return new RestoreRequest(point, destination, format, true, disks, replace, salvage, bytesPerSecond);
    }

    /** With these disks only. */
    public RestoreRequest withDisks(Set<String> targets) {
        return new RestoreRequest(point, destination, format, chained, targets, replace, salvage, bytesPerSecond);
    }

    /** Replacing files of the same names. */
    public RestoreRequest replacing() {
        return new RestoreRequest(point, destination, format, chained, disks, true, salvage, bytesPerSecond);
    }

    /**
     * Writing all that is right even if not everything is: what is wrong stays zeros, a damaged small file is left out,
     * and the result names each.
     */
    public RestoreRequest salvaging() {
        return new RestoreRequest(point, destination, format, chained, disks, replace, true, bytesPerSecond);
    }

    /** Reading so many bytes a second at most; 0 for no limit. */
    public RestoreRequest limitedTo(long newBytesPerSecond) {
        return new RestoreRequest(point, destination, format, chained, disks, replace, salvage, newBytesPerSecond);
    }
}
