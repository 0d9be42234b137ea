// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;

/** Looks up refcounts of any width. */
public final class RefcountReader {
    private final ImageFile file;
    private final Qcow2Header header;
    private final long fileSize;
    private final int clusterSize;
    private final int bits;
    private final SliceCache table;
    private final SliceCache counts;

    /** The refcounts of an image whose header was checked. */
    public RefcountReader(ImageFile file, Qcow2Header header, long fileSize) {
        this.file = file;
        this.header = header;
        this.fileSize = fileSize;
        this.clusterSize = header.clusterSize();
        this.bits = 1 << header.refcountOrder();
        this.table = new SliceCache(file, clusterSize);
        this.counts = new SliceCache(file, clusterSize);
    }

    /** How many blocks the table has room for. */
    public long blocks() {
        return tableLength() / Long.BYTES;
    }

    /** How many clusters a block counts. */
    public long clustersPerBlock() {
        return (long) clusterSize * Byte.SIZE / bits;
    }

    /** Where block {@code number} lies in the file; 0 if there is no such block. */
    public long blockOffset(long number) throws ImageException {
        if (number >= blocks()) {
            return 0;
        }
        long entry = table.entry(header.refcountTableOffset(), tableLength(), number, "the refcount table");
        long reserved = Entries.SECTOR - 1;
        if ((entry & reserved) != 0 || entry < 0 || entry % clusterSize != 0 || entry > fileSize - clusterSize) {
            throw new ImageException(
                    file.path(),
                    String.format(
                            "refcount table entry %d is 0x%016x, which is no cluster of this file of %d bytes",
                            number, entry, fileSize),
                    entryOffset(number));
        }
        return entry;
    }

    /** Where the table's entry for block {@code number} lies in the file. */
    public long entryOffset(long number) {
        return header.refcountTableOffset() + number * Long.BYTES;
    }

    /** The refcount of a cluster, as an unsigned number; 0 if no block counts it. */
    public long refcount(long cluster) throws ImageException {
        long block = blockOffset(cluster / clustersPerBlock());
        if (block == 0) {
            return 0;
        }
        long firstBit = cluster % clustersPerBlock() * bits;
        long word = counts.entry(block, clusterSize, firstBit / Long.SIZE, "a refcount block");
        int inWord = (int) (firstBit % Long.SIZE);
        if (bits == Long.SIZE) {
            return word;
        }
        // Counts of a byte and more are big-endian; smaller ones begin at a byte's lowest bit.
        int shift = bits >= Byte.SIZE
                ? Long.SIZE - bits - inWord
                : Long.SIZE - Byte.SIZE - inWord / Byte.SIZE * Byte.SIZE + inWord % Byte.SIZE;
        return word >>> shift & ((1L << bits) - 1);
    }

    private long tableLength() {
        return (long) header.refcountTableClusters() * clusterSize;
    }
}
