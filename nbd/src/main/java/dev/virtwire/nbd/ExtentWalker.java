// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.nbd;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Walks through the extents of an export, with the statuses of several contexts merged: each step is the longest run
 * over which the flags of every context stay the same. The runs follow each other without a gap.
 *
 * <p>A cursor, not an iterator, so that a walk over millions of extents makes no garbage. Holds few replies of the
 * server at a time, see {@link StatusAhead}. For one thread, which blocks in {@link #next()}, and not the connection's
 * reader thread.
 *
 * <pre>{@code
 * ExtentWalker walker = ExtentWalker.over(connection, List.of("base:allocation"));
 * while (walker.next()) {
 *     copyUnlessZero(walker.offset(), walker.length(), walker.flags(0));
 * }
 * }</pre>
 *
 * @since 0.1
 */
public final class ExtentWalker {
    private final StatusAhead ahead;
    private final List<String> contexts;
    private final long end;
    private ExtentList[] lists = new ExtentList[0];
    private final int[] indexes;
    private final long[] flags;
    private long offset;
    private long runEnd;

    private ExtentWalker(NbdReader connection, List<String> contexts, long start, long end) {
        this.ahead = new StatusAhead(connection, end);
        this.contexts = contexts;
        this.end = end;
        this.indexes = new int[contexts.size()];
        this.flags = new long[contexts.size()];
        this.offset = start;
        this.runEnd = start;
    }

    /**
     * Over the whole export.
     *
     * @throws NbdException when a context was not negotiated
     */
    public static ExtentWalker over(NbdReader connection, List<String> contexts) {
        return over(connection, contexts, 0, connection.export().size());
    }

    /**
     * Over a range, aligned as {@link NbdConnection#blockStatus(long, long)} wants it.
     *
     * @throws NbdException when a context was not negotiated or the range is not within the export
     */
    public static ExtentWalker over(NbdReader connection, List<String> contexts, long offset, long length) {
        StatusRange.require(connection, contexts, offset, length);
        return new ExtentWalker(connection, List.copyOf(contexts), offset, offset + length);
    }

    /**
     * Goes to the next run; blocks while the server is asked.
     *
     * @return false at the end of the range
     * @throws NbdException when the server could not be asked
     */
    public boolean next() {
        offset = runEnd;
        if (offset == end) {
            return false;
        }
        extend();
        while (runEnd < end && continues()) {
            extend();
        }
        return true;
    }

    /** The first byte of the run. */
    public long offset() {
        return offset;
    }

    /** The length of the run in bytes. */
    public long length() {
        return runEnd - offset;
    }

    /** The flags that a context has all over the run; {@code index} is the context's place in the list given. */
    public long flags(int index) {
        return flags[index];
    }

    /** Whether the run continues at its end. */
    private boolean continues() {
        load();
        for (int i = 0; i < flags.length; i++) {
            if (lists[i].flags(indexes[i]) != flags[i]) {
                return false;
            }
        }
        return true;
    }

    /** Takes what all contexts have in common at the end of the run into it. */
    private void extend() {
        load();
        long common = end;
        for (int i = 0; i < flags.length; i++) {
            flags[i] = lists[i].flags(indexes[i]);
            common = Math.min(common, lists[i].end(indexes[i]));
        }
        runEnd = common;
    }

    /** Makes every context's index point to the extent at the end of the run. */
    private void load() {
        boolean loaded = lists.length > 0;
        for (int i = 0; loaded && i < lists.length; i++) {
            loaded = runEnd < lists[i].end();
        }
        if (!loaded) {
            ask();
        }
        for (int i = 0; i < lists.length; i++) {
            while (lists[i].end(indexes[i]) <= runEnd) {
                indexes[i]++;
            }
        }
    }

    private void ask() {
        Map<String, ExtentList> answer = ahead.take(runEnd);
        lists = contexts.stream().map(answer::get).toArray(ExtentList[]::new);
        Arrays.fill(indexes, 0);
    }
}
