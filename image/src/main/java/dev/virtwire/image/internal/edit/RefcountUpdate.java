// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.internal.Entries;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Qcow2Header;
import dev.virtwire.image.internal.RefcountReader;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Makes the reference counts of an image say how its clusters are used. Blocks change in place. The table moves if it
 * has to grow; the header names it when it is durable.
 */
final class RefcountUpdate {
    /** The largest refcount table that QEMU reads, in bytes. */
    private static final long MAX_TABLE_BYTES = 8 << 20;

    /** Where the header has the table's offset, and the number of its clusters behind it. */
    private static final int TABLE_FIELDS = 48;

    private final ImageFile file;
    private final Qcow2Header header;
    private final ClusterUses uses;
    private final FileRoom room;
    private final ChangedBlocks changed;
    private final int clusterSize;
    private final long perBlock;
    private long[] blocks;
    private int known;
    private long tableOffset;
    private long tableClusters;

    /** An update of an image whose blocks lie where {@code counts} says. */
    RefcountUpdate(
            ImageFile file,
            Qcow2Header header,
            ClusterUses uses,
            FileRoom room,
            ChangedBlocks changed,
            RefcountReader counts)
            throws ImageException {
        this.file = file;
        this.header = header;
        this.uses = uses;
        this.room = room;
        this.changed = changed;
        this.clusterSize = header.clusterSize();
        this.perBlock = counts.clustersPerBlock();
        this.tableOffset = header.refcountTableOffset();
        this.tableClusters = header.refcountTableClusters();
        this.blocks = new long[16];
        for (int i = 0; i < counts.blocks(); i++) {
            long offset = counts.blockOffset(i);
            if (offset != 0) {
                put(i, offset);
            }
        }
        this.known = blocks.length;
    }

    /** The most clusters that a table can count. */
    static long mostClusters(int clusterSize) {
        return MAX_TABLE_BYTES / Long.BYTES * (clusterSize / Short.BYTES);
    }

    /** Writes the counts, and returns when they are durable and the header knows them. */
    void run() throws ImageException {
        long[] before = Arrays.copyOf(blocks, known);
        findRoom();
        boolean moved = tableOffset != header.refcountTableOffset();
        if (moved) {
            room.dropTable(header.refcountTableOffset() / clusterSize, header.refcountTableClusters());
        }
        for (int i = 0; i < blocks.length; i++) {
            if (blocks[i] != 0) {
                writeBlock(i, i >= before.length || before[i] == 0);
            }
        }
        file.sync();
        if (moved) {
            writeTable();
            file.sync();
            ByteBuffer fields = ByteBuffer.allocate(Long.BYTES + Integer.BYTES);
            write(fields.putLong(tableOffset).putInt((int) tableClusters).flip(), TABLE_FIELDS);
        } else {
            for (int i = 0; i < blocks.length; i++) {
                if (blocks[i] != 0 && (i >= before.length || before[i] == 0)) {
                    write(
                            ByteBuffer.allocate(Long.BYTES).putLong(blocks[i]).flip(),
                            tableOffset + (long) i * Long.BYTES);
                }
            }
        }
        file.sync();
    }

    /** Finds room for missing blocks, and for a table that lists all; these need counts as well. */
    private void findRoom() throws ImageException {
        for (boolean complete = false; !complete; ) {
            complete = true;
            long end = uses.end();
            for (long i = 0; i * perBlock < end; i++) {
                boolean missing = i >= blocks.length || blocks[(int) i] == 0;
                if (missing && uses.nextUsed(i * perBlock, (i + 1) * perBlock) < (i + 1) * perBlock) {
                    put((int) i, room.forTable(1) * clusterSize);
                    complete = false;
                }
            }
            long needed = Entries.ceilDiv((long) last() * Long.BYTES, clusterSize);
            if (needed > tableClusters) {
                if (needed * clusterSize > Math.max(MAX_TABLE_BYTES, clusterSize)) {
                    throw new ImageException(
                            file.path(),
                            "grew larger than clusters of " + clusterSize + " can count: use larger clusters");
                }
                // The table that the header names stays as it is until the header names another.
                if (tableOffset != header.refcountTableOffset()) {
                    room.dropTable(tableOffset / clusterSize, tableClusters);
                }
                tableClusters = needed;
                tableOffset = room.forTable(needed) * clusterSize;
                complete = false;
            }
        }
    }

    private void writeBlock(int number, boolean isNew) throws ImageException {
        ByteBuffer counts = ByteBuffer.allocate(clusterSize);
        long first = number * perBlock;
        long end = first + perBlock;
        for (long cluster = uses.nextUsed(first, end); cluster < end; cluster = uses.nextUsed(cluster + 1, end)) {
            int use = uses.get(cluster);
            counts.putShort((int) (cluster - first) * Short.BYTES, (short) (use == ClusterUses.ALONE ? 1 : use));
        }
        if (!isNew) {
            ByteBuffer there = ByteBuffer.allocate(clusterSize);
            file.read(there, blocks[number], "refcount block " + number);
            if (there.flip().equals(counts)) {
                return;
            }
        }
        write(counts, blocks[number]);
    }

    private void writeTable() throws ImageException {
        ByteBuffer table = ByteBuffer.allocate((int) (tableClusters * clusterSize));
        table.asLongBuffer().put(blocks, 0, last());
        write(table, tableOffset);
    }

    /** One more than the number of the last block. */
    private int last() {
        int last = blocks.length;
        while (last > 0 && blocks[last - 1] == 0) {
            last--;
        }
        return last;
    }

    private void put(int number, long offset) {
        if (number >= blocks.length) {
            blocks = Arrays.copyOf(blocks, Math.max(number + 1, blocks.length * 2));
        }
        blocks[number] = offset;
    }

    private void write(ByteBuffer bytes, long offset) throws ImageException {
        changed.add(offset, bytes.remaining());
        file.write(bytes, offset);
    }
}
