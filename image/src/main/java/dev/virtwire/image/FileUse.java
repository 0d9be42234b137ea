// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image;

/**
 * What a run of bytes in a qcow2 file is for.
 *
 * @param fileOffset where the run begins in the file
 * @param length in bytes
 * @param kind what it is for
 * @param number which of its kind, counted from 0; 0 for what there is one of, and for data
 * @param guestOffset for data, where on the disk the run begins; for a second-level table, the first byte that it
 *     describes; otherwise 0. For compressed data it is the cluster that the run is a part of
 * @since 0.1
 */
public record FileUse(long fileOffset, long length, Kind kind, long number, long guestOffset) {
    /**
     * What bytes of a qcow2 file are for.
     *
     * @since 0.1
     */
    public enum Kind {
        /** The first cluster. */
        HEADER,
        /** Lists the second-level tables. */
        L1_TABLE,
        /** Lists clusters. */
        L2_TABLE,
        /** Lists the refcount blocks. */
        REFCOUNT_TABLE,
        /** Counts the uses of clusters. */
        REFCOUNT_BLOCK,
        /** The disk's content as it is. */
        DATA,
        /** The disk's content, compressed. */
        COMPRESSED_DATA,
        /** Nothing that the disk's content depends on. */
        UNUSED
    }

    /** The first byte after the run. */
    public long end() {
        return fileOffset + length;
    }

    /** What it is, as a person would say it: {@code L2 table 3}, or {@code data of guest offset 65536}. */
    @Override
    public String toString() {
        return switch (kind) {
            case HEADER -> "header";
            case L1_TABLE -> "L1 table";
            case L2_TABLE -> "L2 table " + number;
            case REFCOUNT_TABLE -> "refcount table";
            case REFCOUNT_BLOCK -> "refcount block " + number;
            case DATA -> "data of guest offset " + guestOffset;
            case COMPRESSED_DATA -> "compressed data of guest offset " + guestOffset;
            case UNUSED -> "unused";
        };
    }
}
