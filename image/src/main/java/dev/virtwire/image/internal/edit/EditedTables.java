// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import dev.virtwire.image.ImageException;
import dev.virtwire.image.internal.Entries;
import dev.virtwire.image.internal.ImageFile;
import dev.virtwire.image.internal.Qcow2Header;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The second-level tables of an image that is being edited. Changed entries stay in memory until {@link #flush}, which
 * writes them when all that they refer to is durable. What an entry referred to before is not given away until the
 * change is durable too, so that no two entries ever refer to one cluster.
 *
 * <p>Not safe for several threads.
 */
final class EditedTables {
    private static final int MIN_TABLES = 2;
    /** So many entries that are to be dropped are remembered. */
    private static final int MAX_DROPPED = 1 << 19;

    private final ImageFile file;
    private final Qcow2Header header;
    private final FileRoom room;
    private final ChangedBlocks changed;
    private final ChangedBlocks doubtful;
    private final int clusterSize;
    private final int perTable;
    private final int maxTables;
    private final Map<Integer, Table> tables = new LinkedHashMap<>(16, 0.75f, true);
    /** The number of a table that does not exist, as the last look found. */
    private int missing = -1;

    private long[] dropped = new long[64];
    private int droppedCount;
    private long droppedBytes;

    /**
     * The tables of an image.
     *
     * @param memory what all tables in memory may take, in bytes; two are allowed in any case
     */
    EditedTables(
            ImageFile file,
            Qcow2Header header,
            FileRoom room,
            ChangedBlocks changed,
            ChangedBlocks doubtful,
            int memory) {
        this.file = file;
        this.header = header;
        this.room = room;
        this.changed = changed;
        this.doubtful = doubtful;
        this.clusterSize = header.clusterSize();
        this.perTable = Entries.perTable(clusterSize);
        this.maxTables = Math.max(MIN_TABLES, memory / clusterSize);
    }

    /** How many guest clusters a table describes. */
    int perTable() {
        return perTable;
    }

    /** Whether there is a table for a guest cluster. */
    boolean tableExists(long cluster) throws ImageException {
        return table(cluster, false) != null;
    }

    /** The entry of a guest cluster; 0 if there is no table for it. */
    long entry(long cluster) throws ImageException {
        Table table = table(cluster, false);
        return table == null ? 0 : table.content.getLong((int) (cluster % perTable) * Long.BYTES);
    }

    /** Changes the entry of a guest cluster. */
    void set(long cluster, long entry) throws ImageException {
        Table table = table(cluster, true);
        if (table == null) {
            throw new AssertionError("a table that does not exist is made");
        }
        int at = (int) (cluster % perTable) * Long.BYTES;
        // An earlier edit that died may have changed this very entry, so that it looks the same now.
        doubtful.add(table.offset + at, Long.BYTES);
        long before = table.content.getLong(at);
        if (before == entry) {
            return;
        }
        table.content.putLong(at, entry);
        table.dirtyFrom = Math.min(table.dirtyFrom, at);
        table.dirtyTo = Math.max(table.dirtyTo, at + Long.BYTES);
        long bytes = Entries.storedLength(before, header.clusterBits());
        if (bytes > 0) {
            drop(before, bytes);
        }
    }

    /** How many bytes will be unused when everything is flushed, and are not yet. */
    long droppedBytes() {
        return droppedBytes;
    }

    /** Returns when all that was set is in the file and durable. */
    void flush() throws ImageException {
        if (tables.values().stream().noneMatch(Table::isDirty)) {
            return;
        }
        for (Table table : tables.values()) {
            if (table.isNew) {
                write(table.content.duplicate().clear(), table.offset);
            }
        }
        file.sync();
        for (Map.Entry<Integer, Table> entry : tables.entrySet()) {
            Table table = entry.getValue();
            if (table.isNew) {
                ByteBuffer reference = ByteBuffer.allocate(Long.BYTES).putLong(table.offset | Entries.COPIED);
                write(reference.flip(), l1Offset(entry.getKey()));
            } else if (table.isDirty()) {
                write(
                        table.content.slice(table.dirtyFrom, table.dirtyTo - table.dirtyFrom),
                        table.offset + table.dirtyFrom);
            }
            table.written();
        }
        file.sync();
        for (int i = 0; i < droppedCount; i++) {
            room.drop(dropped[i], header.clusterBits());
        }
        droppedCount = 0;
        droppedBytes = 0;
    }

    private void drop(long entry, long bytes) throws ImageException {
        boolean compressed = (entry & Entries.COMPRESSED) != 0;
        long offset = compressed ? Entries.compressedOffset(entry, header.clusterBits()) : entry & Entries.OFFSET_MASK;
        doubtful.add(offset, compressed ? Entries.compressedLength(entry, header.clusterBits()) : clusterSize);
        if (droppedCount == MAX_DROPPED) {
            flush();
        }
        if (droppedCount == dropped.length) {
            dropped = Arrays.copyOf(dropped, dropped.length * 2);
        }
        dropped[droppedCount++] = entry;
        droppedBytes += bytes;
    }

    private @Nullable Table table(long cluster, boolean make) throws ImageException {
        int number = (int) (cluster / perTable);
        Table table = tables.get(number);
        if (table != null) {
            return table;
        }
        if (number == missing && !make) {
            return null;
        }
        ByteBuffer reference = ByteBuffer.allocate(Long.BYTES);
        file.read(reference, l1Offset(number), "the L1 table");
        long offset = reference.getLong(0) & Entries.OFFSET_MASK;
        if (offset == 0 && !make) {
            missing = number;
            return null;
        }
        missing = -1;
        makeRoom();
        boolean isNew = offset == 0;
        table = new Table(ByteBuffer.allocate(clusterSize), isNew ? room.forTable(1) * clusterSize : offset, isNew);
        if (!isNew) {
            file.read(table.content, offset, "L2 table " + number);
        }
        tables.put(number, table);
        return table;
    }

    private void makeRoom() throws ImageException {
        if (tables.size() < maxTables) {
            return;
        }
        Iterator<Table> eldest = tables.values().iterator();
        if (eldest.next().isDirty()) {
            flush();
            // The flush walked over the map, but in the order in which it stands.
            eldest = tables.values().iterator();
            eldest.next();
        }
        eldest.remove();
    }

    private long l1Offset(int number) {
        return header.l1Offset() + (long) number * Long.BYTES;
    }

    private void write(ByteBuffer bytes, long offset) throws ImageException {
        changed.add(offset, bytes.remaining());
        doubtful.add(offset, bytes.remaining());
        file.write(bytes, offset);
    }

    private static final class Table {
        final ByteBuffer content;
        final long offset;
        /** Whether the first-level table does not know it yet. */
        boolean isNew;

        int dirtyFrom;
        int dirtyTo;

        Table(ByteBuffer content, long offset, boolean isNew) {
            this.content = content;
            this.offset = offset;
            this.isNew = isNew;
            this.dirtyFrom = Integer.MAX_VALUE;
        }

        boolean isDirty() {
            return isNew || dirtyTo > 0;
        }

        void written() {
            isNew = false;
            dirtyFrom = Integer.MAX_VALUE;
            dirtyTo = 0;
        }
    }
}
