// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.image.internal.edit;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What each cluster of an image file is used for: nothing, one thing alone, or the compressed data of some guest
 * clusters. Takes half a byte for each cluster of the file, and four bytes where more than 13 compressed ones share
 * one: 128 MiB for a file of 16 TiB with clusters of 64 KiB.
 *
 * <p>Not safe for several threads.
 */
final class ClusterUses {
    static final int NOTHING = 0;
    /** One table, or one guest cluster that is not compressed. Other positive values count compressed ones. */
    static final int ALONE = -1;
    /** Kept for compressed data that is still to come. */
    static final int RESERVED = -2;

    /** In clusters. */
    static final int PAGE = 4096;

    private static final int NARROW_ALONE = 15;
    private static final int NARROW_RESERVED = 14;

    private final Map<Long, Page> pages = new HashMap<>();
    private long used;
    private long lastNumber = -1;
    private @Nullable Page last;

    /** How many clusters are used or reserved. */
    long used() {
        return used;
    }

    int get(long cluster) {
        Page page = page(cluster / PAGE);
        return page == null ? NOTHING : page.get((int) (cluster % PAGE));
    }

    void put(long cluster, int use) {
        long number = cluster / PAGE;
        Page page = page(number);
        if (page == null) {
            page = new Page();
            pages.put(number, page);
            last = page;
            lastNumber = number;
        }
        int index = (int) (cluster % PAGE);
        int change = (use == NOTHING ? 0 : 1) - (page.get(index) == NOTHING ? 0 : 1);
        page.put(index, use);
        page.used += change;
        used += change;
    }

    void put(long first, long count, int use) {
        for (long cluster = first; cluster < first + count; cluster++) {
            put(cluster, use);
        }
    }

    /** The first cluster from {@code from} on that nothing uses, or {@code to}. */
    long nextFree(long from, long to) {
        long cluster = from;
        while (cluster < to) {
            Page page = page(cluster / PAGE);
            if (page == null) {
                return cluster;
            }
            long pageEnd = Math.min(to, (cluster / PAGE + 1) * PAGE);
            if (page.used == PAGE) {
                cluster = pageEnd;
                continue;
            }
            for (; cluster < pageEnd; cluster++) {
                if (page.get((int) (cluster % PAGE)) == NOTHING) {
                    return cluster;
                }
            }
        }
        return to;
    }

    /** The first cluster from {@code from} on that something uses, or {@code to}. */
    long nextUsed(long from, long to) {
        long cluster = from;
        while (cluster < to) {
            Page page = page(cluster / PAGE);
            long pageEnd = Math.min(to, (cluster / PAGE + 1) * PAGE);
            if (page == null || page.used == 0) {
                cluster = pageEnd;
                continue;
            }
            for (; cluster < pageEnd; cluster++) {
                if (page.get((int) (cluster % PAGE)) != NOTHING) {
                    return cluster;
                }
            }
        }
        return to;
    }

    /** One more than the last cluster that something uses. */
    long end() {
        long end = 0;
        for (Map.Entry<Long, Page> entry : pages.entrySet()) {
            long first = entry.getKey() * PAGE;
            if (entry.getValue().used > 0 && first + PAGE > end) {
                int index = PAGE - 1;
                while (entry.getValue().get(index) == NOTHING) {
                    index--;
                }
                end = Math.max(end, first + index + 1);
            }
        }
        return end;
    }

    private @Nullable Page page(long number) {
        if (number != lastNumber) {
            last = pages.get(number);
            lastNumber = number;
        }
        return last;
    }

    private static final class Page {
        private byte[] narrow = new byte[PAGE / 2];
        private int @Nullable [] wide;
        int used;

        int get(int index) {
            int[] all = wide;
            if (all != null) {
                return all[index];
            }
            int value = (narrow[index / 2] >>> (index % 2 * 4)) & 15;
            return value == NARROW_ALONE ? ALONE : value == NARROW_RESERVED ? RESERVED : value;
        }

        void put(int index, int use) {
            int[] all = wide;
            if (all == null && use >= NARROW_RESERVED) {
                all = new int[PAGE];
                Arrays.setAll(all, this::get);
                wide = all;
                narrow = new byte[0];
            }
            if (all != null) {
                all[index] = use;
                return;
            }
            int value = use == ALONE ? NARROW_ALONE : use == RESERVED ? NARROW_RESERVED : use;
            int shift = index % 2 * 4;
            narrow[index / 2] = (byte) ((narrow[index / 2] & ~(15 << shift)) | (value << shift));
        }
    }
}
