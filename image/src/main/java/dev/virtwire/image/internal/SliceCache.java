// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal;

import dev.virtwire.image.ImageException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads single entries of the tables in an image file, and keeps the pieces of tables that were used last. Tables are
 * never in memory as a whole, so that what a file claims cannot fill the memory. Safe for several threads.
 */
public final class SliceCache {
    /** Most look-ups are neighbours of the last one, and need no search for it. */
    private record Slice(long offset, ByteBuffer content) {}

    private final ImageFile file;
    private final SliceMemory memory;
    private final int sliceSize;
    private volatile @Nullable Slice last;

    /** A cache for tables that begin at multiples of the cluster size, with memory of its own. */
    public SliceCache(ImageFile file, int clusterSize) {
        this(file, clusterSize, SliceMemory.ofOneImage());
    }

    /** The same with memory that others use too. */
    public SliceCache(ImageFile file, int clusterSize, SliceMemory memory) {
        this.file = file;
        this.memory = memory;
        this.sliceSize = Math.min(clusterSize, memory.sliceSize());
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
        ByteBuffer slice = memory.find(this, sliceOffset);
        if (slice == null || slice.limit() < inSlice + Long.BYTES) {
            slice = ByteBuffer.allocate((int) Math.min(sliceSize, tableOffset + tableLength - sliceOffset));
            file.read(slice, sliceOffset, what);
            slice.flip();
            memory.keep(this, sliceOffset, slice);
        }
        last = new Slice(sliceOffset, slice);
        return slice.getLong((int) inSlice);
    }
}
