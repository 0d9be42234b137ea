// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd.internal;

import java.util.Arrays;

/**
 * Which bytes of a read have come, as sorted ranges that do not touch. Servers send chunks mostly in order, so there is
 * mostly one range.
 */
public final class Coverage {
    /** More separate ranges than chunks of 512 bytes can leave in 32 MiB. */
    private static final int MAX_RANGES = 64 * 1024;

    private long[] starts = new long[4];
    private long[] ends = new long[4];
    private int count;
    private long covered;

    public void reset() {
        count = 0;
        covered = 0;
    }

    /** The bytes that have come. */
    public long covered() {
        return covered;
    }

    /** Adds a range, not empty; false, and nothing added, when a byte of it had come before. */
    public boolean add(long start, long end) throws WireException {
        int next = count;
        // Looks from the end: a chunk in order belongs there.
        while (next > 0 && starts[next - 1] >= start) {
            next--;
        }
        boolean overlapsPrevious = next > 0 && ends[next - 1] > start;
        boolean overlapsNext = next < count && starts[next] < end;
        if (overlapsPrevious || overlapsNext) {
            return false;
        }
        covered += end - start;
        boolean joinsPrevious = next > 0 && ends[next - 1] == start;
        boolean joinsNext = next < count && starts[next] == end;
        if (joinsPrevious && joinsNext) {
            ends[next - 1] = ends[next];
            System.arraycopy(starts, next + 1, starts, next, count - next - 1);
            System.arraycopy(ends, next + 1, ends, next, count - next - 1);
            count--;
        } else if (joinsPrevious) {
            ends[next - 1] = end;
        } else if (joinsNext) {
            starts[next] = start;
        } else {
            insert(next, start, end);
        }
        return true;
    }

    private void insert(int at, long start, long end) throws WireException {
        if (count == MAX_RANGES) {
            throw WireException.protocol("the chunks of a reply leave more than " + MAX_RANGES + " gaps");
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            ends = Arrays.copyOf(ends, count * 2);
        }
        System.arraycopy(starts, at, starts, at + 1, count - at);
        System.arraycopy(ends, at, ends, at + 1, count - at);
        starts[at] = start;
        ends[at] = end;
        count++;
    }
}
