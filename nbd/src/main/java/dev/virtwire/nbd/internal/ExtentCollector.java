// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import dev.virtwire.nbd.ExtentList;
import java.util.Arrays;

/** Collects what a server sends. */
public final class ExtentCollector {
    /**
     * More are dropped, as if the server's reply had been shorter, which the protocol allows: this bounds the memory
     * of a reply to 1 MiB a context. It is what 4 GiB in clusters of 64 KiB can come to.
     */
    public static final int MAX_EXTENTS = 64 * 1024;

    private final long start;
    private final long limit;
    private long end;
    private long[] ends = new long[8];
    private long[] flags = new long[8];
    private int size;
    private boolean full;

    /** Extents from {@code start}; what lies beyond {@code limit}, the end of the export, is cut off. */
    public ExtentCollector(long start, long limit) {
        this.start = start;
        this.limit = limit;
        this.end = start;
    }

    /** Appends an extent; {@code length} is unsigned. */
    public void add(long length, long status) {
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

    public ExtentList build() {
        return ExtentList.of(start, ends, flags, size);
    }
}
