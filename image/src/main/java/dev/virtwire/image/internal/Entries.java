// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

/** The bits of first- and second-level table entries, and sizes that follow from the cluster size. */
public final class Entries {
    /** Host offset of a table or a cluster. */
    public static final long OFFSET_MASK = 0x00ff_ffff_ffff_fe00L;
    /** Bit 63: the refcount is exactly 1. */
    public static final long COPIED = 1L << 63;
    /** Bit 62 of a second-level entry: the cluster is compressed. */
    public static final long COMPRESSED = 1L << 62;
    /** Bit 0 of a second-level entry: the cluster reads as zeros. */
    public static final long ZERO = 1;
    /** What must be 0 in a first-level entry. */
    public static final long L1_RESERVED = ~(OFFSET_MASK | COPIED);
    /** What must be 0 in a second-level entry of a cluster that is not compressed. */
    public static final long L2_RESERVED = ~(OFFSET_MASK | COPIED | COMPRESSED | ZERO);

    private Entries() {}

    /** Compressed data begins at any byte and is counted in pieces of that many bytes. */
    public static final int SECTOR = 512;

    /** Where the data of a compressed cluster begins, from its second-level entry. */
    public static long compressedOffset(long entry, int clusterBits) {
        return entry & ((1L << compressedOffsetBits(clusterBits)) - 1);
    }

    /** The most bytes that the data of a compressed cluster can have: up to the end of its last sector. */
    public static int compressedLength(long entry, int clusterBits) {
        long additional = (entry & ~(COPIED | COMPRESSED)) >>> compressedOffsetBits(clusterBits);
        return (int) ((additional + 1) * SECTOR - compressedOffset(entry, clusterBits) % SECTOR);
    }

    /**
     * How many bytes the data of a compressed cluster has: the entry knows only its sectors, so that this is wrong by
     * up to a sector, but right on the average.
     */
    private static long likelyCompressedLength(long entry, int clusterBits) {
        long additional = (entry & ~(COPIED | COMPRESSED)) >>> compressedOffsetBits(clusterBits);
        return additional * SECTOR + 1;
    }

    /** About how many bytes of the file an entry of a second-level table stands for. */
    public static long storedLength(long entry, int clusterBits) {
        if ((entry & COMPRESSED) != 0) {
            return likelyCompressedLength(entry, clusterBits);
        }
        return (entry & OFFSET_MASK) == 0 ? 0 : 1L << clusterBits;
    }

    /** The second-level entry of a compressed cluster whose data begins and ends anywhere. */
    public static long compressedEntry(long offset, int length, int clusterBits) {
        long additional = (offset + length - 1) / SECTOR - offset / SECTOR;
        return COMPRESSED | additional << compressedOffsetBits(clusterBits) | offset;
    }

    private static int compressedOffsetBits(int clusterBits) {
        return 62 - (clusterBits - 8);
    }

    /** How many table entries a cluster holds. */
    public static int perTable(int clusterSize) {
        return clusterSize / Long.BYTES;
    }

    /** How many first-level entries a disk needs. */
    public static long l1Entries(long virtualSize, int clusterSize) {
        return ceilDiv(virtualSize, (long) clusterSize * perTable(clusterSize));
    }

    /** The quotient, rounded up, of two numbers that are not negative; does not overflow. */
    public static long ceilDiv(long dividend, long divisor) {
        return dividend / divisor + (dividend % divisor == 0 ? 0 : 1);
    }

    /** The next multiple of {@code unit}. */
    public static long alignUp(long value, long unit) {
        return ceilDiv(value, unit) * unit;
    }
}
