// SPDX-License-Identifier: Apache-2.0
package dev.virtwire.repository.internal.digest;

import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The leaves of a whole disk, for who goes from one point to the next: each digest file is read once then, instead of
 * once for each point that builds on it. Zeros take no memory.
 */
public final class LeafMemory {
    /** Leaves in a page. */
    private static final int PAGE = 1024;

    /** A disk with more blocks is not kept: its pages alone would take too much. */
    private static final long MOST_BLOCKS = 1L << 26;

    /** How much the memories of several disks may take together. Not for two threads. */
    public static final class Room {
        private int pages;

        /** For the leaves of {@code bytes} of data. */
        public Room(long bytes) {
            this.pages = (int) Math.min(Integer.MAX_VALUE, bytes / BlockTree.BLOCK / PAGE);
        }

        private boolean take() {
            if (pages == 0) {
                return false;
            }
            pages--;
            return true;
        }
    }

    private final long count;
    private final byte[] @Nullable [] pages;
    private final Room room;

    private LeafMemory(long count, Room room) {
        this.count = count;
        this.pages = new byte[(int) ((count + PAGE - 1) / PAGE)][];
        this.room = room;
    }

    /** Those of a disk, or null if some are inherited or there is no room for them. */
    public static @Nullable LeafMemory of(Leaves whole, Room room) throws IOException {
        if (whole.count() > MOST_BLOCKS) {
            return null;
        }
        LeafMemory memory = new LeafMemory(whole.count(), room);
        if (memory.take(whole, false)) {
            return memory;
        }
        memory.free();
        return null;
    }

    /**
     * Puts the leaves of a point that builds on this one in the place of those that it does not inherit.
     *
     * @return whether there was room; otherwise this is of no use any more but to be freed
     */
    public boolean take(Leaves child) throws IOException {
        return take(child, true);
    }

    private boolean take(Leaves child, boolean inherits) throws IOException {
        byte[] digest = new byte[BlockTree.DIGEST];
        for (long index = 0; index < count; ) {
            child.seek(index);
            if (child.kind() == LeafKind.DATA) {
                child.digest(digest);
                if (!put(index, digest)) {
                    return false;
                }
                index++;
            } else {
                long end = Math.min(child.end(), count);
                if (child.kind() == LeafKind.ZERO) {
                    zeros(index, end);
                } else if (!inherits) {
                    return false;
                }
                index = end;
            }
        }
        return true;
    }

    private boolean put(long index, byte[] digest) {
        int number = (int) (index / PAGE);
        byte[] page = pages[number];
        if (page == null) {
            if (BlockTree.isZero(digest)) {
                return true;
            }
            if (!room.take()) {
                return false;
            }
            page = new byte[PAGE * BlockTree.DIGEST];
            pages[number] = page;
            zeros(page, 0, PAGE);
        }
        System.arraycopy(digest, 0, page, (int) (index % PAGE) * BlockTree.DIGEST, BlockTree.DIGEST);
        return true;
    }

    private void zeros(long begin, long end) {
        for (long at = begin; at < end; ) {
            int number = (int) (at / PAGE);
            long next = Math.min(end, (number + 1L) * PAGE);
            byte[] page = pages[number];
            if (page != null && next - at == PAGE) {
                pages[number] = null;
                room.pages++;
            } else if (page != null) {
                zeros(page, (int) (at % PAGE), (int) (at % PAGE + next - at));
            }
            at = next;
        }
    }

    private static void zeros(byte[] page, int begin, int end) {
        for (int i = begin; i < end; i++) {
            System.arraycopy(BlockTree.zeroLeaf(), 0, page, i * BlockTree.DIGEST, BlockTree.DIGEST);
        }
    }

    /** Gives the room back; this must not be used afterwards. */
    public void free() {
        for (int i = 0; i < pages.length; i++) {
            if (pages[i] != null) {
                pages[i] = null;
                room.pages++;
            }
        }
    }

    /** The leaves as they are now; several may be open at once, until a point is taken. */
    public Leaves leaves() {
        return new Walk();
    }

    private final class Walk implements Leaves {
        private long index;

        @Override
        public long count() {
            return count;
        }

        @Override
        public void seek(long target) {
            if (target < index || target >= count) {
                throw new IllegalArgumentException("leaf " + target + " of " + count + ", standing at " + index);
            }
            index = target;
        }

        @Override
        public LeafKind kind() {
            return isZero(index) ? LeafKind.ZERO : LeafKind.DATA;
        }

        @Override
        public long end() {
            boolean zero = isZero(index);
            long end = index;
            do {
                end = zero && pages[(int) (end / PAGE)] == null ? (end / PAGE + 1) * PAGE : end + 1;
            } while (end < count && zero && isZero(end));
            return Math.min(end, count);
        }

        private boolean isZero(long at) {
            byte[] page = pages[(int) (at / PAGE)];
            int begin = (int) (at % PAGE) * BlockTree.DIGEST;
            return page == null
                    || Arrays.equals(page, begin, begin + BlockTree.DIGEST, BlockTree.zeroLeaf(), 0, BlockTree.DIGEST);
        }

        @Override
        public void digest(byte[] target) {
            byte[] page = pages[(int) (index / PAGE)];
            if (page == null) {
                System.arraycopy(BlockTree.zeroLeaf(), 0, target, 0, BlockTree.DIGEST);
            } else {
                System.arraycopy(page, (int) (index % PAGE) * BlockTree.DIGEST, target, 0, BlockTree.DIGEST);
            }
        }
    }
}
