// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads single entries of the tables in an image file, and keeps the pieces of tables that were used last. Tables are
 * never in memory as a whole, so that what a file claims cannot fill the memory. Safe for several threads.
 */
public final class SliceCache {
    private static final int MAX_SLICE = 64 << 10;
    private static final int MEMORY = 1 << 20;
    private static final int MIN_SLICES = 4;

    /** Most look-ups are neighbours of the last one, and need no search for it. */
    private record Slice(long offset, ByteBuffer content) {}

    private final ImageFile file;
    private final int sliceSize;
    private final Map<Long, ByteBuffer> slices;
    private volatile @Nullable Slice last;

    /** A cache for tables that begin at multiples of the cluster size. */
    public SliceCache(ImageFile file, int clusterSize) {
        this.file = file;
        this.sliceSize = Math.min(clusterSize, MAX_SLICE);
        int maxSlices = Math.max(MIN_SLICES, MEMORY / sliceSize);
        this.slices = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, ByteBuffer> eldest) {
                return size() > maxSlices;
            }
        };
    }

    /**
     * The entry {@code index} of a table.
     *
     * @param tableOffset where the table begins in the file
     * @param tableLength in bytes; no more is read
     * @param what the table is, for the error text
     */
    public long entry(long tableOffset, long tableLength, long index, String what) throws ImageException {
        long inTable = index * Long.BYTES;
        long inSlice = inTable % sliceSize;
        long sliceOffset = tableOffset + inTable - inSlice;
        Slice latest = last;
        if (latest != null && latest.offset() == sliceOffset && latest.content().limit() >= inSlice + Long.BYTES) {
            return latest.content().getLong((int) inSlice);
        }
        ByteBuffer slice;
        synchronized (slices) {
            slice = slices.get(sliceOffset);
        }
        if (slice == null || slice.limit() < inSlice + Long.BYTES) {
            slice = ByteBuffer.allocate((int) Math.min(sliceSize, tableOffset + tableLength - sliceOffset));
            file.read(slice, sliceOffset, what);
            slice.flip();
            synchronized (slices) {
                slices.put(sliceOffset, slice);
            }
        }
        last = new Slice(sliceOffset, slice);
        return slice.getLong((int) inSlice);
    }
}
