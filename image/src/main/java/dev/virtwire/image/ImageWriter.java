// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

import java.io.Closeable;
import java.nio.ByteBuffer;

/**
 * Fills a new image. Data may come in any order and from several threads at once, as long as no two of them write the
 * same cluster; every cluster is written at most once. What is never written reads as the backing file's content, or as
 * zeros if there is no backing file.
 *
 * <p>The image exists only once {@link #finish()} has returned. After a failed write it cannot be finished any more.
 * Interrupting a thread in one of these methods closes the file and so fails the image.
 *
 * @since 0.1
 */
public interface ImageWriter extends Closeable {
    /** The disk's size as the guest sees it, in bytes. */
    long virtualSize();

    /** The unit in bytes at which data begins and ends. */
    int clusterSize();

    /**
     * Writes guest data.
     *
     * @param guestOffset where the data begins on the disk, in bytes; a multiple of {@link #clusterSize()}
     * @param data its remaining bytes are written and consumed: a multiple of the cluster size, or up to the end of
     *     the disk; at least one byte
     * @return the byte in the file where the data begins; it lies there in one piece. -1 if the file does not
     *     hold these bytes as they are, because they are compressed
     * @throws ImageException if the file cannot be written, with file and offset
     * @throws IllegalArgumentException if the range is not aligned or leaves the disk
     * @throws IllegalStateException if a cluster was written before, or the writer is finished, failed or closed
     */
    long write(long guestOffset, ByteBuffer data) throws ImageException;

    /**
     * Makes a range read as zeros, whatever a backing file holds there. Takes no room for data.
     *
     * @param guestOffset a multiple of {@link #clusterSize()}
     * @param length a multiple of the cluster size, or up to the end of the disk
     * @throws ImageException as for {@link #write}
     * @throws IllegalArgumentException as for {@link #write}
     * @throws IllegalStateException as for {@link #write}; zeros twice are allowed
     */
    void writeZeroes(long guestOffset, long length) throws ImageException;

    /**
     * Makes the image whole and durable: metadata, then a sync, then what makes it valid, then a sync. No write may
     * be under way.
     *
     * @throws ImageException if that fails; the file then holds no valid image
     * @throws IllegalStateException if a write failed or is under way, or the writer is finished or closed
     */
    void finish() throws ImageException;

    /** Releases the file. Without {@link #finish()} before it, what is left is no image that a reader accepts. */
    @Override
    void close() throws ImageException;
}
