// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.RandomAccess;

/**
 * Consecutive extents of one context, without a gap, neighbours always with different flags. Kept in two arrays, 16
 * bytes an extent: a server may send more than a hundred thousand at once.
 *
 * <p>An unmodifiable list whose elements are made when they are asked for; loops that must not make garbage use
 * {@link #end(int)} and {@link #flags(int)}.
 *
 * @since 0.1
 */
public final class ExtentList extends AbstractList<Extent> implements RandomAccess {
    private final long start;
    private final long[] ends;
    private final long[] flags;

    private ExtentList(long start, long[] ends, long[] flags) {
        this.start = start;
        this.ends = ends;
        this.flags = flags;
    }

    /**
     * The first {@code size} extents that the arrays describe; they are copied.
     *
     * @param start the first byte of the first extent
     * @param ends the first byte after each extent, in rising order
     * @param flags of each extent
     */
    public static ExtentList of(long start, long[] ends, long[] flags, int size) {
        return new ExtentList(start, Arrays.copyOf(ends, size), Arrays.copyOf(flags, size));
    }

    /** The first byte of the first extent. */
    public long start() {
        return start;
    }

    /** The first byte after the last extent. */
    public long end() {
        return ends[ends.length - 1];
    }

    /** The first byte after extent {@code index}. */
    public long end(int index) {
        return ends[index];
    }

    /** The flags of extent {@code index}. */
    public long flags(int index) {
        return flags[index];
    }

    @Override
    public Extent get(int index) {
        long offset = index == 0 ? start : ends[index - 1];
        return new Extent(offset, ends[index] - offset, flags[index]);
    }

    @Override
    public int size() {
        return ends.length;
    }
}
