// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.backup.internal.job;

import java.nio.ByteBuffer;

/**
 * A qcow2 image that is small enough to be read into memory, such as UEFI variables, while QEMU may write it. QEMU
 * writes data at once, and may keep tables of clusters in memory for as long as it runs. So what was read is all there
 * is only if no cluster can need another place: then QEMU writes each in its old one, and changes no table.
 */
final class SmallQcow2 {
    private static final int MAGIC = 0x514649fb;
    private static final int HEADER_V2 = 72;
    private static final int HEADER_V3 = 104;
    private static final long COPIED = 1L << 63;
    private static final long COMPRESSED = 1L << 62;
    private static final long ZERO = 1;
    private static final long OFFSET = 0x00fffffffffffe00L;

    private final ByteBuffer image;

    private SmallQcow2(byte[] image) {
        this.image = ByteBuffer.wrap(image);
    }

    /** Whether it is one. */
    static boolean isOne(byte[] image) {
        return image.length >= HEADER_V2 && ByteBuffer.wrap(image).getInt() == MAGIC;
    }

    /** Whether it needs another file. */
    static boolean hasBacking(byte[] image) {
        return ByteBuffer.wrap(image).getLong(8) != 0;
    }

    /** Whether all of its guest's clusters have their places, which nothing changes. */
    static boolean isSettled(byte[] image) {
        try {
            return new SmallQcow2(image).isSettled();
        } catch (IndexOutOfBoundsException e) {
            // A table that is behind the end of what was read.
            return false;
        }
    }

    private boolean isSettled() {
        int version = image.getInt(4);
        int clusterBits = image.getInt(20);
        long size = image.getLong(24);
        boolean encrypted = image.getInt(32) != 0;
        int snapshots = image.getInt(60);
        // Extended tables, a data file of its own and whatever else QEMU may learn.
        boolean plain = version == 2 || (version == 3 && image.limit() >= HEADER_V3 && image.getLong(72) == 0);
        if (!plain || encrypted || snapshots != 0 || clusterBits < 9 || clusterBits > 21 || size < 0) {
            return false;
        }
        int firstTable = place(image.getLong(40));
        int entriesOfTable = 1 << (clusterBits - 3);
        long clusters = ((size - 1) >> clusterBits) + 1;
        for (long cluster = 0; cluster < clusters; cluster++) {
            long table = entry(firstTable, (int) (cluster / entriesOfTable));
            if ((table & COPIED) == 0) {
                return false;
            }
            long data = entry(place(table & OFFSET), (int) (cluster % entriesOfTable));
            if ((data & COPIED) == 0 || (data & (COMPRESSED | ZERO)) != 0 || (data & OFFSET) == 0) {
                return false;
            }
        }
        return true;
    }

    private long entry(int table, int index) {
        return image.getLong(Math.addExact(table, 8 * index));
    }

    private static int place(long offset) {
        if (offset <= 0 || offset > Integer.MAX_VALUE) {
            throw new IndexOutOfBoundsException(String.valueOf(offset));
        }
        return (int) offset;
    }
}
