// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The second-level tables or refcount blocks of an image that is being written: one cluster each, addressed by number.
 * Only a bounded number is in memory; the least recently used goes to the file, where its place is fixed from then on,
 * and is read again when needed.
 *
 * <p>Not safe for several threads.
 */
final class TableStore {
    /** Finds room in the file for one table. */
    @FunctionalInterface
    interface Room {
        long find();
    }

    private final ImageFile file;
    private final String what;
    private final int tableSize;
    private final int maxInMemory;
    private final Room room;
    private final Map<Integer, Table> inMemory = new LinkedHashMap<>(16, 0.75f, true);
    private final BitSet written = new BitSet();
    private long[] offsets = new long[16];
    private int count;

    /**
     * A store without tables.
     *
     * @param what a table is called in error texts
     * @param room where a table goes that has to leave memory before it was {@linkplain #place placed}
     */
    TableStore(ImageFile file, String what, int tableSize, int maxInMemory, Room room) {
        this.file = file;
        this.what = what;
        this.tableSize = tableSize;
        this.maxInMemory = maxInMemory;
        this.room = room;
    }

    /** One more than the highest number that was ever in use. */
    int count() {
        return count;
    }

    /** Whether table {@code number} was ever asked for with {@link #forUpdate}. */
    boolean exists(int number) {
        return number < count && (offsets[number] != 0 || inMemory.containsKey(number));
    }

    /** The table to be changed, made if it did not exist. Valid until the next call. */
    ByteBuffer forUpdate(int number) throws ImageException {
        Table table = inMemory.get(number);
        if (table == null) {
            table = bring(number);
        }
        table.dirty = true;
        return table.content;
    }

    /** The table to be looked at; null if it does not exist. Valid until the next call. */
    @Nullable
    ByteBuffer find(int number) throws ImageException {
        Table table = inMemory.get(number);
        if (table == null) {
            if (!exists(number)) {
                return null;
            }
            table = bring(number);
        }
        return table.content;
    }

    /** Where the table lies in the file; 0 if it was not placed yet. */
    long offset(int number) {
        return number < count ? offsets[number] : 0;
    }

    /** Fixes where the table will lie in the file. */
    void place(int number, long offset) {
        use(number);
        offsets[number] = offset;
    }

    /** Writes every table in memory that was changed; all of them must have been placed. */
    void flush() throws ImageException {
        for (Map.Entry<Integer, Table> entry : inMemory.entrySet()) {
            write(entry.getKey(), entry.getValue());
        }
    }

    private Table bring(int number) throws ImageException {
        if (inMemory.size() >= maxInMemory) {
            Iterator<Map.Entry<Integer, Table>> eldest = inMemory.entrySet().iterator();
            Map.Entry<Integer, Table> entry = eldest.next();
            if (offsets[entry.getKey()] == 0) {
                offsets[entry.getKey()] = room.find();
            }
            write(entry.getKey(), entry.getValue());
            eldest.remove();
        }
        // A place alone is no content: a table that was placed but never written begins with zeros.
        boolean wasWritten = number < count && written.get(number);
        use(number);
        Table table = new Table(ByteBuffer.allocate(tableSize));
        if (wasWritten) {
            file.read(table.content, offsets[number], what + " " + number);
            table.content.clear();
        }
        inMemory.put(number, table);
        return table;
    }

    private void write(int number, Table table) throws ImageException {
        if (table.dirty) {
            file.write(table.content.duplicate(), offsets[number]);
            written.set(number);
            table.dirty = false;
        }
    }

    private void use(int number) {
        if (number >= offsets.length) {
            offsets = Arrays.copyOf(offsets, Math.max(number + 1, offsets.length * 2));
        }
        count = Math.max(count, number + 1);
    }

    private static final class Table {
        final ByteBuffer content;
        boolean dirty;

        Table(ByteBuffer content) {
            this.content = content;
        }
    }
}
