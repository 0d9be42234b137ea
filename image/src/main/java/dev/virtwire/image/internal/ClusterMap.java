// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;

/**
 * Looks up where the clusters of a qcow2 image lie. Every entry is checked before it is believed. Safe for several
 * threads.
 */
public final class ClusterMap {
    private final ImageFile file;
    private final Qcow2Header header;
    private volatile long fileSize;
    private final int clusterSize;
    private final int perTable;
    private final SliceCache l1;
    private final SliceCache tables;

    /** The active map of an image, not that of one of its snapshots. */
    public ClusterMap(ImageFile file, Qcow2Header header, long fileSize) {
        this(file, header, fileSize, SliceMemory.ofOneImage());
    }

    /** The same with memory that other images use too. */
    public ClusterMap(ImageFile file, Qcow2Header header, long fileSize, SliceMemory memory) {
        this.file = file;
        this.header = header;
        this.fileSize = fileSize;
        this.clusterSize = header.clusterSize();
        this.perTable = Entries.perTable(clusterSize);
        this.l1 = new SliceCache(file, clusterSize, memory);
        this.tables = new SliceCache(file, clusterSize, memory);
    }

    /** How many bytes of the disk one second-level table describes. */
    public long bytesPerTable() {
        return (long) clusterSize * perTable;
    }

    /** Where second-level table {@code number} lies in the file; 0 if there is no such table. */
    public long tableOffset(long number) throws ImageException {
        long entry = l1Entry(number);
        long at = header.l1Offset() + number * Long.BYTES;
        if ((entry & Entries.L1_RESERVED) != 0) {
            throw wrong(String.format("L1 entry %d is 0x%016x and has reserved bits set", number, entry), at);
        }
        long offset = entry & Entries.OFFSET_MASK;
        if (offset % clusterSize != 0 || (offset != 0 && isBeyond(offset + clusterSize))) {
            throw wrong(
                    "L1 entry " + number + " points to " + offset + ", which is no cluster of this file of " + fileSize
                            + " bytes",
                    at);
        }
        return offset;
    }

    /** Whether the first-level entry claims that nothing else uses the table. */
    public boolean tableIsCopied(long number) throws ImageException {
        return (l1Entry(number) & Entries.COPIED) != 0;
    }

    private long l1Entry(long number) throws ImageException {
        return l1.entry(header.l1Offset(), (long) header.l1Entries() * Long.BYTES, number, "the L1 table");
    }

    /**
     * The entry for the cluster at a guest offset, as it stands in the table: 0 if it is unallocated. Of a compressed
     * cluster at least the first byte is within the file.
     *
     * @param tableOffset what {@link #tableOffset} gave for the table that this offset falls into; not 0
     */
    public long entry(long tableOffset, long guestOffset) throws ImageException {
        long number = guestOffset / bytesPerTable();
        long index = guestOffset / clusterSize % perTable;
        // Without a text of its own for each table: this is called once a cluster.
        long entry = tables.entry(tableOffset, clusterSize, index, "an L2 table");
        long at = tableOffset + index * Long.BYTES;
        if ((entry & Entries.COMPRESSED) != 0) {
            long begin = Entries.compressedOffset(entry, header.clusterBits());
            if (begin == 0 || isBeyond(begin + 1) || (entry & Entries.COPIED) != 0) {
                throw wrong(
                        String.format(
                                "entry %d of L2 table %d is 0x%016x, which is no compressed data of this file of %d"
                                        + " bytes",
                                index, number, entry, fileSize),
                        at);
            }
            return entry;
        }
        if ((entry & Entries.L2_RESERVED) != 0 || (header.version() == 2 && (entry & Entries.ZERO) != 0)) {
            throw wrong(
                    String.format("entry %d of L2 table %d is 0x%016x and has reserved bits set", index, number, entry),
                    at);
        }
        long offset = entry & Entries.OFFSET_MASK;
        if (offset % clusterSize != 0 || isBeyond(offset + 1)) {
            throw wrong(
                    "entry " + index + " of L2 table " + number + " points to " + offset
                            + ", which is no cluster of this file of " + fileSize + " bytes",
                    at);
        }
        return entry;
    }

    /** Beyond the file's end; an editor may have moved that since it was looked at. */
    private boolean isBeyond(long end) throws ImageException {
        if (end > fileSize) {
            fileSize = file.sizeNow();
        }
        return end > fileSize;
    }

    private ImageException wrong(String text, long at) {
        return new ImageException(file.path(), text, at);
    }
}
