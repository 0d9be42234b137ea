// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;

/**
 * Counts how often each cluster of an image that is being written is used: 16 bits each, as QEMU does by default.
 *
 * <p>Not safe for several threads.
 */
final class Refcounts {
    /** Stands for 16 bits in the header. */
    static final int ORDER = 4;

    private static final int MAX_REFCOUNT = 0xffff;
    /** The largest refcount table that QEMU reads, in bytes. */
    private static final long MAX_TABLE_BYTES = 8 << 20;

    private final ImageFile file;
    private final int clusterSize;
    private final int perBlock;
    private final TableStore blocks;

    Refcounts(ImageFile file, int clusterSize, int maxInMemory, TableStore.Room room) {
        this.file = file;
        this.clusterSize = clusterSize;
        this.perBlock = clusterSize / Short.BYTES;
        this.blocks = new TableStore(file, "refcount block", clusterSize, maxInMemory, room);
    }

    /** Counts one use of every cluster that the range touches. */
    void add(long offset, long length) throws ImageException {
        long cluster = offset / clusterSize;
        long end = Entries.ceilDiv(offset + length, clusterSize);
        while (cluster < end) {
            ByteBuffer block = blocks.forUpdate((int) (cluster / perBlock));
            long blockEnd = Math.min(end, (cluster / perBlock + 1) * perBlock);
            for (; cluster < blockEnd; cluster++) {
                int at = (int) (cluster % perBlock) * Short.BYTES;
                int uses = Short.toUnsignedInt(block.getShort(at));
                if (uses == MAX_REFCOUNT) {
                    throw new ImageException(
                            file.path(),
                            "more than " + MAX_REFCOUNT + " compressed clusters share one",
                            cluster * clusterSize);
                }
                block.putShort(at, (short) (uses + 1));
            }
        }
    }

    /** Whether no use of any cluster that the range touches was counted. */
    boolean isFree(long offset, long length) throws ImageException {
        long end = Entries.ceilDiv(offset + length, clusterSize);
        for (long cluster = offset / clusterSize; cluster < end; cluster++) {
            ByteBuffer block = blocks.find((int) (cluster / perBlock));
            if (block != null && block.getShort((int) (cluster % perBlock) * Short.BYTES) != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Places the blocks and the table that lists them at the end of the file, counts them too, and writes them.
     * Everything else must have been counted before.
     */
    Table finish(HostSpace space) throws ImageException {
        int count = blocks.count();
        long tableClusters = 1;
        while (true) {
            long unplaced = 0;
            for (int i = 0; i < count; i++) {
                unplaced += blocks.offset(i) == 0 ? 1 : 0;
            }
            // Blocks and table have to count themselves, so their number depends on itself; it settles quickly.
            long end = space.end() / clusterSize + unplaced + tableClusters;
            long needed = Entries.ceilDiv(end, perBlock);
            long neededTable = Entries.ceilDiv(needed * Long.BYTES, clusterSize);
            if (needed <= count && neededTable <= tableClusters) {
                break;
            }
            count = (int) Math.max(count, needed);
            tableClusters = Math.max(tableClusters, neededTable);
        }
        if (tableClusters * clusterSize > Math.max(MAX_TABLE_BYTES, clusterSize)) {
            throw new ImageException(
                    file.path(), "grew larger than clusters of " + clusterSize + " can count: use larger clusters");
        }
        long tableOffset = space.allocateAtEnd(tableClusters * clusterSize);
        for (int i = 0; i < count; i++) {
            if (blocks.offset(i) == 0) {
                blocks.place(i, space.allocateAtEnd(clusterSize));
            }
        }
        for (int i = 0; i < count; i++) {
            add(blocks.offset(i), clusterSize);
            // An area that nothing was counted in still has a block, which must be on the disk as zeros.
            blocks.forUpdate(i);
        }
        add(tableOffset, tableClusters * clusterSize);
        blocks.flush();
        TableWriter table = new TableWriter(file, tableOffset, tableClusters * clusterSize);
        for (int i = 0; i < count; i++) {
            table.put(blocks.offset(i));
        }
        table.finish();
        return new Table(tableOffset, (int) tableClusters);
    }

    /** Where the refcount table lies in the file. */
    record Table(long offset, int clusters) {}
}
