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

    /** Collects what a server sends. */
    static final class Builder {
        /**
         * More are dropped, as if the server's reply had been shorter, which the protocol allows: this bounds the memory
         * of a reply to 1 MiB a context. It is what 4 GiB in clusters of 64 KiB can come to.
         */
        static final int MAX_EXTENTS = 64 * 1024;

        private final long start;
        private final long limit;
        private long end;
        private long[] ends = new long[8];
        private long[] flags = new long[8];
        private int size;
        private boolean full;

        /** Extents from {@code start}; what lies beyond {@code limit}, the end of the export, is cut off. */
        Builder(long start, long limit) {
            this.start = start;
            this.limit = limit;
            this.end = start;
        }

        /** Appends an extent; {@code length} is unsigned. */
        void add(long length, long status) {
            long left = limit - end;
            long newEnd = end + (Long.compareUnsigned(length, left) < 0 ? length : left);
            if (newEnd == end || full) {
                return;
            }
            if (size > 0 && flags[size - 1] == status) {
                ends[size - 1] = newEnd;
            } else if (size == MAX_EXTENTS) {
                full = true;
                return;
            } else {
                if (size == ends.length) {
                    ends = Arrays.copyOf(ends, size * 2);
                    flags = Arrays.copyOf(flags, size * 2);
                }
                ends[size] = newEnd;
                flags[size] = status;
                size++;
            }
            end = newEnd;
        }

        ExtentList build() {
            return new ExtentList(start, Arrays.copyOf(ends, size), Arrays.copyOf(flags, size));
        }
    }
}
