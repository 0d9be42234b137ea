// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

/**
 * A run of the disk that is one thing.
 *
 * @param offset where it begins on the disk, in bytes
 * @param length in bytes, never 0
 * @param kind what it is
 * @param hostOffset for data, the byte in the file where it begins, in one piece; {@link #NO_HOST_OFFSET} for
 *     everything else, compressed data included
 * @param depth which file of the chain it comes from: 0 for the topmost
 * @since 0.1
 */
public record ImageExtent(long offset, long length, Kind kind, long hostOffset, int depth) {
    /** The file does not hold these bytes as they are. */
    public static final long NO_HOST_OFFSET = -1;

    /**
     * What a run is.
     *
     * @since 0.1
     */
    public enum Kind {
        /** Bytes in the file. */
        DATA,
        /** Zeros, whatever a backing file holds. */
        ZERO,
        /** Not in this image: the backing file's content, or zeros if there is no backing file. */
        UNALLOCATED
    }

    /** The first byte after the run. */
    public long end() {
        return offset + length;
    }

    /** Whether {@code next} begins where this run ends, on the disk and, for data, in the file. */
    public boolean isContinuedBy(ImageExtent next) {
        return next.offset == end()
                && next.kind == kind
                && next.depth == depth
                && (hostOffset == NO_HOST_OFFSET
                        ? next.hostOffset == NO_HOST_OFFSET
                        : next.hostOffset == hostOffset + length);
    }
}
