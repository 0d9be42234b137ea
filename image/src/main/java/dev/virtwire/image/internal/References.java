// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.FileUse.Kind;
import dev.virtwire.image.ImageException;

/** Walks everything in a qcow2 file that something refers to. */
public final class References {
    /** Takes what the walk meets. */
    public interface Visitor {
        /**
         * Something is used.
         *
         * @param kind for what
         * @param number which of its kind
         * @param fileOffset where it begins
         * @param length in bytes
         * @param guestOffset what it is on the disk, if that has a meaning
         * @param entryOffset where in the file the reference stands
         * @param copied whether the reference claims that the refcount is 1; false where it cannot
         */
        void use(
                Kind kind,
                long number,
                long fileOffset,
                long length,
                long guestOffset,
                long entryOffset,
                boolean copied)
                throws ImageException;

        /** A reference could not be followed. The walk continues behind it. */
        void broken(ImageException problem);
    }

    private final Qcow2Header header;
    private final long fileSize;
    private final ClusterMap map;
    private final RefcountReader refcounts;

    /** The references in an image whose header was checked. */
    public References(Qcow2Header header, long fileSize, ClusterMap map, RefcountReader refcounts) {
        this.header = header;
        this.fileSize = fileSize;
        this.map = map;
        this.refcounts = refcounts;
    }

    /**
     * Meets the header, the tables in the order of their numbers, and the data in the order of the disk. A table that
     * is named a second time, which no writer does, is met again, but what it refers to is not: a small file could name
     * one table so often that the walk would hardly end.
     */
    public void walk(Visitor visitor) throws ImageException {
        int clusterSize = header.clusterSize();
        visitor.use(Kind.HEADER, 0, 0, clusterSize, 0, 0, false);
        visitor.use(
                Kind.REFCOUNT_TABLE,
                0,
                header.refcountTableOffset(),
                (long) header.refcountTableClusters() * clusterSize,
                0,
                48,
                false);
        for (long i = 0; i < refcounts.blocks(); i++) {
            try {
                long block = refcounts.blockOffset(i);
                if (block != 0) {
                    visitor.use(Kind.REFCOUNT_BLOCK, i, block, clusterSize, 0, refcounts.entryOffset(i), false);
                }
            } catch (ImageException e) {
                visitor.broken(e);
            }
        }
        if (header.l1Entries() > 0) {
            visitor.use(Kind.L1_TABLE, 0, header.l1Offset(), (long) header.l1Entries() * Long.BYTES, 0, 40, false);
        }
        OffsetSet walked = new OffsetSet();
        for (int i = 0; i < header.l1Entries(); i++) {
            try {
                long table = map.tableOffset(i);
                if (table != 0) {
                    visitor.use(
                            Kind.L2_TABLE,
                            i,
                            table,
                            clusterSize,
                            i * map.bytesPerTable(),
                            header.l1Offset() + (long) i * Long.BYTES,
                            map.tableIsCopied(i));
                    if (walked.add(table)) {
                        walkTable(table, i * map.bytesPerTable(), visitor);
                    }
                }
            } catch (ImageException e) {
                visitor.broken(e);
            }
        }
    }

    private void walkTable(long table, long firstGuestOffset, Visitor visitor) throws ImageException {
        int clusterSize = header.clusterSize();
        for (int i = 0; i < Entries.perTable(clusterSize); i++) {
            long guestOffset = firstGuestOffset + (long) i * clusterSize;
            long entryOffset = table + (long) i * Long.BYTES;
            try {
                long entry = map.entry(table, guestOffset);
                if ((entry & Entries.COMPRESSED) != 0) {
                    long offset = Entries.compressedOffset(entry, header.clusterBits());
                    // The last sector may be cut short by the end of the file.
                    long length = Math.min(Entries.compressedLength(entry, header.clusterBits()), fileSize - offset);
                    visitor.use(Kind.COMPRESSED_DATA, 0, offset, length, guestOffset, entryOffset, false);
                } else if ((entry & Entries.OFFSET_MASK) != 0) {
                    visitor.use(
                            Kind.DATA,
                            0,
                            entry & Entries.OFFSET_MASK,
                            clusterSize,
                            guestOffset,
                            entryOffset,
                            (entry & Entries.COPIED) != 0);
                }
            } catch (ImageException e) {
                visitor.broken(e);
            }
        }
    }
}
