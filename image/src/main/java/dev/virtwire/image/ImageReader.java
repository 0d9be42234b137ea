// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads an image. Safe for several threads at once; memory is bounded whatever the file claims.
 *
 * @since 0.1
 */
public interface ImageReader extends Closeable {
    /**
     * Takes the runs of {@link #forEachExtent}, in ascending order.
     *
     * @since 0.1
     */
    @FunctionalInterface
    interface ExtentVisitor {
        /** Takes one run; an exception ends the walk. */
        void visit(ImageExtent extent) throws IOException;
    }

    /** The file that is read; of a chain, the topmost. */
    Path file();

    /** The disk's size as the guest sees it, in bytes. */
    long virtualSize();

    /** What this image names as its backing file; empty if none is needed to read it. */
    Optional<BackingFile> backing();

    /**
     * Fills the remaining bytes of {@code destination} from the disk. What this image leaves unallocated reads as
     * zeros here: an image with a backing file is read through an {@link ImageChain}.
     *
     * @param guestOffset in bytes, no alignment needed
     * @throws ImageException if the file cannot be read or is damaged there
     * @throws IllegalArgumentException if the range leaves the disk
     */
    void read(long guestOffset, ByteBuffer destination) throws ImageException;

    /**
     * Walks the longest runs of one kind in a range. They follow each other without gap or overlap and are cut at the
     * ends of the range. A walk over a whole sparse disk is cheap in time and memory.
     *
     * @throws IOException an {@link ImageException} if the file cannot be read or is damaged, or what the visitor
     *     threw
     * @throws IllegalArgumentException if the range leaves the disk
     */
    void forEachExtent(long guestOffset, long length, ExtentVisitor visitor) throws IOException;

    /**
     * The run that begins at an offset. It may be shorter than the longest run of its kind, but is never empty.
     *
     * @param length at least 1; the run is not longer
     * @throws ImageException if the file cannot be read or is damaged there
     * @throws IllegalArgumentException if the range leaves the disk
     */
    ImageExtent extentAt(long guestOffset, long length) throws ImageException;

    /** The runs of {@link #forEachExtent} as a list. For a range, not for a whole fragmented disk. */
    default List<ImageExtent> extents(long guestOffset, long length) throws IOException {
        List<ImageExtent> extents = new ArrayList<>();
        forEachExtent(guestOffset, length, extents::add);
        return List.copyOf(extents);
    }

    @Override
    void close() throws ImageException;
}
